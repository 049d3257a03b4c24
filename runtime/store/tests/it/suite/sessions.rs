use amprule_domain::effect::Effect;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::timeline::TariffClock;
use amprule_domain::token::{Budget, BudgetPeriod, IdToken, TokenRecord};
use amprule_domain::{Currency, Decimal, Energy, Mark, SessionNo, TransactionId};

use super::Backend;
use super::build::{at, ended, id, pin, priced, put, readings, session, token};

pub(crate) async fn a_session_is_read_back_after_every_change(store: &dyn Backend) {
    let mut changing = session(7, "cs-1", "tag");
    changing.state = SessionState::Parked;
    changing.token = None;
    let clock = TariffClock::new(jiff::tz::TimeZone::UTC, &[]);
    let check = async |session: &_| {
        store.commit(vec![put(session)]).await.unwrap();
        assert_eq!(store.session(id(7)).await.unwrap().as_ref(), Some(session));
    };
    check(&changing).await;
    changing.state = SessionState::Active;
    changing.token = Some(IdToken::new("tag", "Central"));
    changing.started_at = at(1);
    check(&changing).await;
    for step in 1..40 {
        changing.timeline.read(at(step * 60), Energy::from_mwh(step * 1_234), &clock);
        changing.seen.insert(step as u32 * 2);
        check(&changing).await;
    }
    changing = priced(changing, "3.10", "EUR");
    changing.marks.add(Mark::OFFLINE);
    check(&changing).await;
    check(&ended(changing)).await;
    assert_eq!(store.session(id(8)).await.unwrap(), None);
    assert_eq!(store.last_session_no().unwrap(), SessionNo(7));
}

pub(crate) async fn a_station_knows_its_live_sessions_and_its_latest_ended_ones(store: &dyn Backend) {
    assert_eq!(store.last_session_no().unwrap(), SessionNo(0));
    let mut parked = session(2, "cs-1", "a");
    parked.state = SessionState::Parked;
    let sessions = [
        ended(session(1, "cs-1", "a")),
        parked,
        ended(session(3, "cs-1", "a")),
        session(4, "cs-1", "a"),
        ended(session(5, "cs-1", "a")),
        session(6, "cs-2", "a"),
    ];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    for (count, numbers) in [(0, &[2, 4][..]), (1, &[2, 4, 5]), (2, &[2, 3, 4, 5]), (9, &[1, 2, 3, 4, 5])] {
        let found: Vec<_> =
            store.live_sessions(&"cs-1".into(), count).await.unwrap().iter().map(|one| one.no.0).collect();
        assert_eq!(found, numbers, "with {count} ended ones");
    }
}

pub(crate) async fn a_token_has_spent_the_totals_of_its_sessions_since_a_time(store: &dyn Backend) {
    let mut parked = session(5, "cs-1", "tag");
    parked.state = SessionState::Parked;
    let sessions = [
        ended(priced(session(1, "cs-1", "tag"), "1000.01", "EUR")),
        ended(priced(session(2, "cs-2", "TAG"), "0.10", "EUR")),
        priced(session(3, "cs-3", "Tag"), "0.20", "EUR"),
        priced(session(4, "cs-4", "tag"), "7", "SEK"),
        parked,
        priced(session(6, "cs-1", "other"), "50.00", "EUR"),
    ];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    let spent = async |since| store.spent("TAG", Currency::EUR, at(since)).await.unwrap();
    for (since, total) in [(0, "1000.31"), (1, "1000.31"), (2, "0.30"), (3, "0.20"), (4, "0")] {
        assert_eq!(spent(since).await, total.parse::<Decimal>().unwrap(), "since {since}");
    }
    assert_eq!(store.open_sessions("TAG").await.unwrap(), 2);
    assert_eq!(store.open_sessions("NOBODY").await.unwrap(), 0);
    store.commit(vec![put(&priced(session(3, "cs-3", "Tag"), "0.25", "EUR"))]).await.unwrap();
    assert_eq!(spent(3).await, "0.25".parse::<Decimal>().unwrap());
    store.commit(vec![put(&ended(sessions[2].clone()))]).await.unwrap();
    assert_eq!(store.open_sessions("TAG").await.unwrap(), 1);
}

pub(crate) async fn a_budget_counts_the_same_sessions_whenever_it_was_given(store: &dyn Backend) {
    let mut sessions: Vec<_> = (1..=60)
        .map(|no| {
            let tag = if no % 5 == 0 { "other" } else { "tag" };
            let mut session = ended(priced(session(no, "cs-1", tag), &format!("{no}.01"), "EUR"));
            session.started_at = at(no * 9_137);
            session
        })
        .collect();
    let check = async |sessions: &[Session], when: &str| {
        for since in (0..62).map(|no| at(no * 9_137)).chain([at(3_600), at(86_400), at(86_399), at(172_801)]) {
            let of_token = |session: &&Session| session.token.as_ref().is_some_and(|token| token.id_token == "tag");
            let counted = sessions.iter().filter(of_token).filter(|session| session.started_at >= since);
            let expect: Decimal = counted.filter_map(|session| Some(session.price.as_ref()?.total)).sum();
            assert_eq!(store.spent("TAG", Currency::EUR, since).await.unwrap(), expect, "{when}, since {since}");
        }
    };
    let (first, rest) = sessions.split_at(30);
    store.commit(first.iter().map(put).collect()).await.unwrap();
    check(first, "without a budget").await;
    let budget = Budget { amount: Decimal::TEN, currency: Currency::EUR, period: BudgetPeriod::Month };
    let with = TokenRecord { budget: Some(budget), ..token("tag") };
    store.commit(vec![Effect::Token(Box::new(with.clone()))]).await.unwrap();
    check(first, "as soon as it has one").await;
    store.commit(rest.iter().map(put).collect()).await.unwrap();
    check(&sessions, "with it").await;
    sessions[6] = priced(sessions[6].clone(), "0.05", "EUR");
    sessions[7].token = Some(IdToken::new("other", "ISO14443"));
    sessions[9].token = Some(IdToken::new("tag", "ISO14443"));
    sessions[10].price = None;
    sessions[11].started_at = at(7);
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    check(&sessions, "when sessions change").await;
    store.commit(vec![Effect::Token(Box::new(token("tag"))), put(&sessions[3])]).await.unwrap();
    check(&sessions, "without it again").await;
    store.commit(vec![Effect::Token(Box::new(with)), Effect::TokenGone("tag".to_owned())]).await.unwrap();
    check(&sessions, "without the token").await;
}

pub(crate) async fn a_refused_session_that_never_stops_is_not_counted_as_open(store: &dyn Backend) {
    let mut refused = session(1, "cs-1", "tag");
    refused.marks.add(Mark::UNAUTHORIZED);
    let mut named = session(2, "cs-2", "tag");
    named.stop_reason = Some(Mark::UNAUTHORIZED.as_str().to_owned());
    store.commit([refused, named, session(3, "cs-3", "tag")].iter().map(put).collect()).await.unwrap();
    assert_eq!(store.open_sessions("TAG").await.unwrap(), 2, "only the mark is meant, not the word");
}

pub(crate) async fn a_transaction_is_found_by_its_station_and_name(store: &dyn Backend) {
    let named = |no, station: &str| Session { transaction: TransactionId::from("1"), ..session(no, station, "a") };
    let sessions = [ended(named(1, "cs-1")), ended(named(2, "cs-1")), named(3, "cs-2"), session(4, "cs-1", "a")];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    for (station, name, no) in [
        ("cs-1", "1", Some(2)),
        ("cs-2", "1", Some(3)),
        ("cs-1", "4", Some(4)),
        ("cs-2", "4", None),
        ("cs-3", "1", None),
    ] {
        let found = store.transaction(&station.into(), &name.into()).await.unwrap();
        assert_eq!(found.map(|session| session.no.0), no, "{station} {name}");
    }
}

pub(crate) async fn sessions_are_found_by_the_moment_of_their_start(store: &dyn Backend) {
    let begun = |no, station: &str, second| Session { started_at: at(second), ..session(no, station, "a") };
    let sessions = [begun(1, "cs-1", 5), ended(begun(2, "cs-1", 5)), begun(3, "cs-1", 6), begun(4, "cs-2", 5)];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    let found = async |most| -> Vec<i64> {
        store.begun_at(&"cs-1".into(), at(5), most).await.unwrap().iter().map(|session| session.no.0).collect()
    };
    assert_eq!((found(9).await, found(1).await), (vec![1, 2], vec![1]));
}

pub(crate) async fn units_of_ended_sessions_are_no_longer_pinned(store: &dyn Backend) {
    let pinned = |no, hash| {
        let mut session = session(no, "cs-1", "a");
        session.pin = Some(pin(hash).into());
        session
    };
    let sessions = [pinned(1, "aa"), pinned(2, "aa"), pinned(3, "bb"), ended(pinned(4, "cc")), session(5, "cs-1", "a")];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();
    let mut pins = store.pinned_hashes().unwrap();
    pins.sort_by(|one, other| one.hash.cmp(&other.hash));
    assert_eq!(pins, [pin("aa"), pin("bb")]);
}

pub(crate) async fn a_refused_commit_leaves_nothing_behind(store: &dyn Backend) {
    store.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    let mut usurper = session(1, "cs-2", "b");
    usurper.id = id(99);
    let effects = vec![put(&session(2, "cs-2", "b")), readings(1, "m", &[5]), put(&usurper)];
    let error = store.commit(effects).await.unwrap_err();
    assert!(error.message.contains("session number 1 of station cs-2"), "{error}");
    assert_eq!(store.session(id(1)).await.unwrap(), Some(session(1, "cs-1", "a")));
    assert_eq!(store.session(id(2)).await.unwrap(), None);
    assert!(store.readings(SessionNo(1), &super::build::page(9)).await.unwrap().items.is_empty());
}

pub(crate) async fn a_commit_that_is_refused_does_not_harm_those_beside_it(store: &dyn Backend) {
    let commits = (1..=300).map(|no| {
        let mut session = session(no, "cs-1", "a");
        if no % 50 == 0 {
            session.id = id(1);
        }
        store.commit(vec![put(&session), readings(no, "m", &[no])])
    });
    let results = all(commits).await;
    for (no, result) in (1..=300).zip(results) {
        assert_eq!(result.is_ok(), no % 50 != 0, "{no}");
        let readings = store.readings(SessionNo(no), &super::build::page(9)).await.unwrap().items.len();
        assert_eq!(readings, usize::from(result.is_ok()), "{no}");
    }
}

/// All at once, so that they share transactions.
async fn all<F: Future + Unpin>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<(F, Option<F::Output>)> = futures.map(|future| (future, None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in waiting.iter_mut().filter(|(_, output)| output.is_none()) {
            if let std::task::Poll::Ready(value) = std::pin::Pin::new(future).poll(context) {
                *output = Some(value);
            }
        }
        let done = waiting.iter().all(|(_, output)| output.is_some());
        if done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}
