use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use amprule_lookups::Binding;

use crate::support::{NOW, active, ask, forgetful, later, lookups, standing, unavailable};
use crate::system::{Reply, System, bytes, row, status};

#[tokio::test]
async fn after_five_failures_in_a_row_it_is_left_alone_and_then_one_question_goes() {
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    let system = System::new(move |_| if well.load(SeqCst) { row(r#"{"active":true}"#) } else { status(500) });
    let lookups = lookups(forgetful(&system.url()));
    for _ in 0..5 {
        assert!(unavailable(&lookups, "a").await.contains("(500)"));
    }
    let why = unavailable(&lookups, "a").await;
    assert!(why.contains("left alone for 10 s more: it is in trouble itself (500)"), "{why}");
    assert_eq!(system.heard().len(), 5);
    assert_eq!(standing(&lookups).left_alone_until.unwrap().as_second(), NOW + 9, "and some milliseconds");

    later(10).await;
    assert!(unavailable(&lookups, "a").await.starts_with("it is in trouble itself"), "the trial");
    assert!(unavailable(&lookups, "a").await.contains("left alone"), "it failed");
    assert_eq!(system.heard().len(), 6);

    is_well.store(true, SeqCst);
    later(10).await;
    assert_eq!(ask(&lookups, "a").await, active());
    assert_eq!(ask(&lookups, "b").await, active());
    let standing = standing(&lookups);
    assert_eq!(standing.left_alone_until, None);
    assert!(standing.trouble.is_some(), "the last one is still told");
}

#[tokio::test]
async fn four_failures_and_an_answer_do_not_count() {
    let mut count = 0;
    let system = System::new(move |_| {
        count += 1;
        if count % 5 == 0 { status(404) } else { status(502) }
    });
    let lookups = lookups(forgetful(&system.url()));
    for _ in 0..25 {
        ask(&lookups, "a").await;
    }
    assert_eq!(system.heard().len(), 25);
}

#[tokio::test]
async fn no_more_than_so_many_a_second_are_asked_and_what_is_remembered_is_answered() {
    let system = System::friendly();
    let lookups = lookups(Binding { most_per_s: 3, ..crate::support::binding(&system.url()) });
    for key in ["a", "b", "c"] {
        assert_eq!(ask(&lookups, key).await, active());
    }
    let why = unavailable(&lookups, "d").await;
    assert!(why.contains("most_per_s"), "{why}");
    assert_eq!(ask(&lookups, "a").await, active());
    let standing_then = standing(&lookups);
    assert_eq!((standing_then.turned_away, standing_then.requests), (1, 3));
    assert_eq!(standing_then.left_alone_until, None, "that is no failure of theirs");
    later(1).await;
    assert_eq!(ask(&lookups, "d").await, active());
}

#[tokio::test]
async fn a_system_that_asks_for_a_rest_has_it() {
    let system = System::new(|_| Reply::Raw(bytes(429, "retry-after: 3\r\n", "")));
    let lookups = lookups(forgetful(&system.url()));
    assert!(unavailable(&lookups, "a").await.contains("asked too often (429)"));
    assert!(unavailable(&lookups, "b").await.contains("left alone for 3 s"));
    later(3).await;
    assert!(unavailable(&lookups, "b").await.contains("asked too often (429)"));
    assert_eq!(system.heard().len(), 2);
}
