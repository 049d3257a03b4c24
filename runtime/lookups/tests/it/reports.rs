//! What hurt others who asked another system while somebody waited: one small case of each kind that public reports tell of.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use amprule_domain::lookup::LookupAnswer;
use amprule_lookups::Binding;
use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::support::{active, ask, binding, forgetful, hasty, last_known, later, lookups, standing, unavailable};
use crate::system::{Reply, System, bytes, row, status};

/// Kind: the station gives an authorization up while its backend still asks a roaming partner. What was bound as a deadline
/// holds for questions that wait behind others too.
#[tokio::test]
async fn nobody_waits_longer_than_the_deadline_however_long_the_queue() {
    let system = System::new(|_| Reply::Stuck(Vec::new()));
    let lookups = lookups(hasty(&system.url()));
    let keys: Vec<String> = (0..100).map(|key| key.to_string()).collect();
    let begun = Instant::now();
    join_all(keys.iter().map(|key| unavailable(&lookups, key))).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Kind: the driver is known for years, the partner's system is down this minute. There is an old answer to fall back to.
#[tokio::test]
async fn a_member_who_was_known_yesterday_is_known_while_the_system_is_down() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let system = System::new(move |_| if down.load(SeqCst) { status(503) } else { row(r#"{"active":true}"#) });
    let lookups = lookups(binding(&system.url()));
    ask(&lookups, "member").await;
    is_down.store(true, SeqCst);
    later(86_400).await;
    for _ in 0..7 {
        unavailable(&lookups, "member").await;
    }
    assert_eq!(last_known(&lookups, "member"), Some(active()), "also while it is left alone");
    assert_eq!(last_known(&lookups, "stranger"), None);
}

/// Kind: a connection that was kept is closed by the other side's idle time just when it is used again (5 s at some servers,
/// less than what clients believe). It is asked once more over a new one.
#[tokio::test]
async fn a_connection_that_was_closed_while_it_rested_costs_no_answer() {
    let system = System::new(|_| Reply::Last(bytes(200, "connection: keep-alive\r\n", r#"{"active":true}"#)));
    let lookups = lookups(forgetful(&system.url()));
    for key in ["a", "b", "c", "d"] {
        assert_eq!(ask(&lookups, key).await, active());
    }
}

/// Kind: the same, but it closes with the question already on its way. All that were kept are as old, so the second try has
/// a new one; and a new one that breaks is not tried again.
#[tokio::test]
async fn a_question_that_is_lost_on_a_kept_connection_is_asked_once_more() {
    let system = System::new(|heard| match (heard.connection, heard.target()) {
        (0, "/cards/b") => Reply::Last(Vec::new()),
        (_, "/cards/lost") => Reply::Last(Vec::new()),
        _ => row(r#"{"active":true}"#),
    });
    let lookups = lookups(forgetful(&system.url()));
    assert_eq!(ask(&lookups, "a").await, active());
    assert_eq!(ask(&lookups, "b").await, active());
    let asked: Vec<usize> = system.heard().iter().map(|heard| heard.connection).collect();
    assert_eq!(asked, [0, 0, 1]);
    unavailable(&lookups, "lost").await;
    assert_eq!(system.heard().len(), 5, "once on the kept one, once on a new one");
}

/// Kind: something between forgets an idle connection without a word, and each question over it hangs until its end. One is
/// lost; the next has a new connection.
#[tokio::test]
async fn a_connection_that_went_dumb_is_not_used_twice() {
    let system = System::new(|heard| match (heard.connection, heard.target()) {
        (0, "/cards/a") => row(r#"{"active":true}"#),
        (0, _) => Reply::Stuck(Vec::new()),
        _ => row(r#"{"active":true}"#),
    });
    let lookups = lookups(Binding { cache: Duration::ZERO, ..hasty(&system.url()) });
    assert_eq!(ask(&lookups, "a").await, active());
    assert!(unavailable(&lookups, "b").await.contains("waiting for the answer"));
    assert_eq!(ask(&lookups, "b").await, active());
}

/// Kind: time-outs that do not hold for the resolver. A name that does not exist ends within the deadline, as a failure.
#[tokio::test]
async fn a_name_that_is_not_resolved_ends_in_time() {
    let lookups = lookups(hasty("https://nobody.invalid/{key}"));
    let begun = Instant::now();
    let why = unavailable(&lookups, "a").await;
    assert!(why.contains("the name nobody.invalid is not resolved") || why.contains("over connecting"), "{why}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

/// Kind: everybody tries again, at once and for ever, so that a system that is down stays down.
#[tokio::test]
async fn an_outage_brings_no_storm() {
    let system = System::new(|_| status(503));
    let lookups = lookups(forgetful(&system.url()));
    for round in 0..500 {
        unavailable(&lookups, &round.to_string()).await;
    }
    assert_eq!(system.heard().len(), 5);
    for _ in 0..3 {
        later(10).await;
        let keys: Vec<String> = (0..50).map(|key| key.to_string()).collect();
        join_all(keys.iter().map(|key| unavailable(&lookups, key))).await;
    }
    assert_eq!(system.heard().len(), 8, "one question each time");
}

/// Kind: the same, with a queue: what waited before the way was closed is let out into the outage.
#[tokio::test]
async fn what_waits_when_the_way_is_closed_does_not_go() {
    let system = System::new(|_| status(500));
    let lookups = lookups(forgetful(&system.url()));
    let keys: Vec<String> = (0..100).map(|key| key.to_string()).collect();
    let why = join_all(keys.iter().map(|key| unavailable(&lookups, key))).await;
    assert!(why.iter().any(|why| why.contains("failed meanwhile and is left alone: it is in trouble itself (500)")));
    assert!(system.heard().len() <= 5 + 8, "{}", system.heard().len());
    assert_eq!(standing(&lookups).unavailable, 100);
}

/// Kind: the one question that tests whether it is well again is lost, and the way stays closed until a restart. Here whoever
/// asked it leaves, and it is refused as well.
#[tokio::test]
async fn the_question_that_goes_first_may_be_given_up_or_refused() {
    let said = Arc::new(Notify::new());
    let (when, count) = (Arc::clone(&said), AtomicUsize::new(0));
    let system = System::new(move |_| match count.fetch_add(1, SeqCst) {
        0..5 => status(500),
        5 => Reply::When(Arc::clone(&when), bytes(422, "", "")),
        _ => row(r#"{"active":true}"#),
    });
    let lookups = lookups(forgetful(&system.url()));
    for _ in 0..5 {
        unavailable(&lookups, "a").await;
    }
    later(10).await;
    let first = timeout(Duration::from_millis(50), ask(&lookups, "a")).await;
    assert!(first.is_err(), "its driver left");
    assert!(unavailable(&lookups, "b").await.contains("left alone"));
    said.notify_one();
    assert!(unavailable(&lookups, "a").await.contains("(422)"), "it went on without");
    assert_eq!(ask(&lookups, "b").await, active());
}

/// Kind: one who asked first leaves, and all who waited for the same answer get the cancellation.
#[tokio::test]
async fn who_leaves_takes_no_answer_along() {
    let said = Arc::new(Notify::new());
    let when = Arc::clone(&said);
    let system = System::new(move |_| Reply::When(Arc::clone(&when), bytes(200, "", r#"{"active":true}"#)));
    let lookups = lookups(binding(&system.url()));
    let first = timeout(Duration::from_millis(50), ask(&lookups, "a"));
    let (first, second, ()) = tokio::join!(first, ask(&lookups, "a"), async {
        system.heard_of(1).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        said.notify_one();
    });
    assert!(first.is_err());
    assert_eq!(second, active());
    assert_eq!(system.heard().len(), 1);
}

/// Kind: an answer comes after whoever asked has left, and is thrown away, so that the second try at the reader is as slow
/// as the first.
#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_remembered() {
    let said = Arc::new(Notify::new());
    let when = Arc::clone(&said);
    let system = System::new(move |_| Reply::When(Arc::clone(&when), bytes(200, "", r#"{"active":true}"#)));
    let lookups = lookups(binding(&system.url()));
    assert!(timeout(Duration::from_millis(50), ask(&lookups, "a")).await.is_err());
    said.notify_one();
    assert_eq!(ask(&lookups, "a").await, active());
    assert_eq!(system.heard().len(), 1);
}

/// Kind: an answer that everybody wants grows old, and everybody asks for it at once.
#[tokio::test]
async fn an_answer_that_grew_old_is_asked_for_once() {
    let system = System::friendly();
    let lookups = lookups(binding(&system.url()));
    ask(&lookups, "depot").await;
    later(61).await;
    join_all((0..100).map(|_| ask(&lookups, "depot"))).await;
    assert_eq!(system.heard().len(), 2);
}

/// Kind: a failure is remembered like an answer, and people stay locked out when the system is well again.
#[tokio::test]
async fn a_failure_is_never_remembered() {
    for failure in [bytes(500, "", ""), bytes(401, "", ""), bytes(200, "", "[]"), bytes(204, "", "")] {
        let count = AtomicUsize::new(0);
        let system = System::new(move |_| match count.fetch_add(1, SeqCst) {
            0 => Reply::Last(failure.clone()),
            _ => row(r#"{"active":true}"#),
        });
        let lookups = lookups(binding(&system.url()));
        unavailable(&lookups, "a").await;
        assert_eq!(ask(&lookups, "a").await, active());
    }
}

/// Kind: a proxy, a captive portal or a page for maintenance answers 200 with HTML, which is taken for an answer and kept.
#[tokio::test]
async fn a_page_for_maintenance_poisons_nothing() {
    let count = AtomicUsize::new(0);
    let system = System::new(move |_| match count.fetch_add(1, SeqCst) {
        1 => Reply::Raw(bytes(200, "content-type: text/html\r\n", "<html>We are back soon</html>")),
        _ => row(r#"{"active":true}"#),
    });
    let lookups = lookups(forgetful(&system.url()));
    assert_eq!(ask(&lookups, "a").await, active());
    let why = unavailable(&lookups, "a").await;
    assert!(why.contains("a web page instead of JSON"), "{why}");
    assert_eq!(last_known(&lookups, "a"), Some(active()));
}

/// Kind: a time-out holds for each read only, so an answer that comes byte by byte never ends.
#[tokio::test]
async fn an_answer_that_drips_is_left() {
    let whole = bytes(200, "", r#"{"active":true}"#);
    for drips in [whole.clone(), whole[whole.len() - 15..].to_vec()] {
        let head = if drips.len() == 15 { "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n" } else { "" };
        let drips = [head.as_bytes(), &drips].concat();
        let system = System::new(move |_| Reply::Drip(drips.clone(), Duration::from_millis(30)));
        let begun = Instant::now();
        unavailable(&lookups(hasty(&system.url())), "a").await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}

/// Kind: a redirect carries credentials to another host.
#[tokio::test]
async fn a_redirect_leads_nobody_away() {
    let other = System::friendly();
    let to = format!("location: http://{}/cards/a\r\n", other.addr);
    let system = System::new(move |_| Reply::Raw(bytes(307, &to, "")));
    let why = unavailable(&lookups(binding(&system.url())), "a").await;
    assert!(why.contains("307, which is not followed") && !why.contains("/cards/a"), "{why}");
    assert!(other.heard().is_empty());
}

/// Kind: one person's strange card is refused (400) again and again, and the way is closed for all.
#[tokio::test]
async fn one_strange_card_closes_the_way_for_nobody() {
    let system = System::new(|heard| match heard.target() {
        "/cards/strange" => status(400),
        _ => row(r#"{"active":true}"#),
    });
    let lookups = lookups(forgetful(&system.url()));
    for _ in 0..20 {
        unavailable(&lookups, "strange").await;
    }
    assert_eq!(ask(&lookups, "member").await, active());
}

/// Kind: thousands of made-up cards drive the members out of the memory before the outage.
#[tokio::test]
async fn made_up_cards_drive_no_member_out() {
    let system = System::new(|heard| match heard.target() {
        "/cards/member" => row(r#"{"active":true}"#),
        _ => status(404),
    });
    let lookups = lookups(Binding { most_per_s: 1_000, ..binding(&system.url()) });
    ask(&lookups, "member").await;
    for round in 0..11 {
        for key in 0..950 {
            assert_eq!(ask(&lookups, &format!("{round}-{key}")).await, LookupAnswer::Nothing);
        }
        later(1).await;
    }
    assert_eq!(standing(&lookups).known, 10_000);
    assert_eq!(last_known(&lookups, "member"), Some(active()));
}
