use amprule_domain::Mark;
use amprule_domain::decision::Hook;
use amprule_domain::doors::{DecisionSpan, Listed, Page, SessionFilter, StoreResult};
use amprule_domain::effect::{Effect, KeptMessage};
use amprule_domain::ports::BoxFuture;
use amprule_domain::session::SessionState;

use super::Backend;
use super::build::{at, decision, ended, id, kept, page, put, session, station, token};

/// Reads a whole list in pages of `limit`.
async fn pages<'a, T>(limit: usize, list: impl Fn(Page) -> BoxFuture<'a, StoreResult<Listed<T>>>) -> Vec<T> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let listed = list(Page { after, limit }).await.unwrap();
        assert!(listed.items.len() <= limit);
        assert!(listed.next.is_none() || listed.items.len() == limit, "only the last page is short");
        all.extend(listed.items);
        after = listed.next;
        if after.is_none() {
            return all;
        }
    }
}

pub(crate) async fn stations_and_tokens_are_listed_by_their_ids(store: &dyn Backend) {
    let ids = ["a", "b", "c-1", "d", "e"];
    for name in ["d", "b", "e", "a", "c-1"] {
        let effects = vec![Effect::Station(Box::new(station(name))), Effect::Token(Box::new(token(name)))];
        store.commit(effects).await.unwrap();
    }
    for limit in 1..=6 {
        let stations = pages(limit, |page| store.stations(&page)).await;
        assert_eq!(stations.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ids);
        let tokens = pages(limit, |page| store.tokens(&page)).await;
        assert_eq!(tokens.iter().map(|one| one.id_token.as_str()).collect::<Vec<_>>(), ids);
    }
}

pub(crate) async fn sessions_are_listed_newest_first_and_filtered(store: &dyn Backend) {
    let mut late = session(6, "cs-1", "a");
    late.started_at = at(2);
    let mut marked = session(3, "cs-2", "b");
    marked.marks.add(Mark::OFFLINE);
    marked.location = Some("Depot".to_owned());
    let sessions = [session(1, "cs-1", "a"), ended(session(2, "cs-1", "B")), marked, session(4, "cs-1", "b"), late];
    store.commit(sessions.iter().map(put).collect()).await.unwrap();

    let none = SessionFilter::default();
    let cases = [
        (none.clone(), &[4, 3, 6, 2, 1][..]),
        (SessionFilter { station: Some("cs-1".into()), ..none.clone() }, &[4, 6, 2, 1]),
        (SessionFilter { token: Some("b".to_owned()), ..none.clone() }, &[4, 3, 2]),
        (SessionFilter { state: Some(SessionState::Ended), ..none.clone() }, &[2]),
        (SessionFilter { transaction: Some("3".to_owned()), ..none.clone() }, &[3]),
        (SessionFilter { from: Some(at(2)), until: Some(at(4)), ..none.clone() }, &[3, 6, 2]),
        (SessionFilter { mark: Some("offline".to_owned()), ..none.clone() }, &[3]),
        (SessionFilter { location: Some("Depot".to_owned()), ..none.clone() }, &[3]),
        (SessionFilter { state: Some(SessionState::Active), ..none.clone() }, &[4, 3, 6, 1]),
        (SessionFilter { mark: Some("off".to_owned()), ..none.clone() }, &[]),
        (SessionFilter { station: Some("cs-2".into()), state: Some(SessionState::Ended), ..none }, &[]),
    ];
    for (filter, expect) in cases {
        for limit in 1..=6 {
            let found = pages(limit, |page| store.sessions(&filter, &page)).await;
            assert_eq!(found.iter().map(|one| one.no.0).collect::<Vec<_>>(), expect, "{filter:?} by {limit}");
        }
    }
}

/// Lists elsewhere told a session twice, or never, where many had begun at the same second.
pub(crate) async fn sessions_that_began_together_are_each_listed_once(store: &dyn Backend) {
    let together: Vec<_> = (1..=20)
        .map(|no| {
            let mut session = session(no, "cs-1", "a");
            session.started_at = at(0);
            session.location = Some("Depot".to_owned());
            session.marks.add(Mark::OFFLINE);
            if no % 3 == 0 { ended(session) } else { session }
        })
        .collect();
    store.commit(together.iter().map(put).collect()).await.unwrap();
    let none = SessionFilter::default();
    let mark = Some("offline".to_owned());
    for filter in [
        none.clone(),
        SessionFilter { mark: mark.clone(), ..none.clone() },
        SessionFilter { location: Some("Depot".to_owned()), ..none.clone() },
        SessionFilter { state: Some(SessionState::Active), ..none.clone() },
        SessionFilter { mark, state: Some(SessionState::Ended), ..none },
    ] {
        let fits = |one: &&amprule_domain::session::Session| filter.state.is_none_or(|state| state == one.state);
        let expect: Vec<_> = together.iter().rev().filter(fits).map(|one| one.no).collect();
        for limit in [1, 3, 7, 20] {
            let found = pages(limit, |page| store.sessions(&filter, &page)).await;
            assert_eq!(found.iter().map(|one| one.no).collect::<Vec<_>>(), expect, "{filter:?} by {limit}");
        }
    }
}

pub(crate) async fn decisions_are_listed_newest_first(store: &dyn Backend) {
    let decisions: Vec<_> = (0..5).map(|n| decision(n, (n % 2 == 0).then(|| id(1)))).collect();
    for decision in &decisions {
        store.commit(vec![Effect::Decision(Box::new(decision.clone()))]).await.unwrap();
    }
    for limit in 1..=6 {
        let all = pages(limit, |page| store.decisions(None, &page)).await;
        assert!(all.iter().eq(decisions.iter().rev()));
        let of_session = pages(limit, |page| store.decisions(Some(id(1)), &page)).await;
        assert!(of_session.iter().eq(decisions.iter().rev().step_by(2)));
    }
    assert_eq!(store.decision(decisions[3].id).await.unwrap().as_ref(), Some(&decisions[3]));
    assert_eq!(store.decision(decision(9, None).id).await.unwrap(), None);
}

pub(crate) async fn decisions_are_read_oldest_first_within_a_span(store: &dyn Backend) {
    let decisions: Vec<_> = (0..9).map(|n| decision(n, None)).collect();
    for decision in &decisions {
        store.commit(vec![Effect::Decision(Box::new(decision.clone()))]).await.unwrap();
    }
    let none = DecisionSpan::default();
    let cases = [
        (none.clone(), 0..9),
        (DecisionSpan { from: Some(at(3)), until: Some(at(6)), ..none.clone() }, 3..6),
        (DecisionSpan { hook: Some(Hook::Authorization), ..none.clone() }, 0..0),
        (DecisionSpan { unit: Some("flat".to_owned()), from: Some(at(8)), ..none }, 8..9),
    ];
    for (span, expect) in cases {
        let mut after = None;
        let mut found = Vec::new();
        loop {
            let listed = store.decisions_between(&span, &Page { after, limit: 2 }).await.unwrap();
            found.extend(listed.items);
            after = listed.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, decisions[expect], "{span:?}");
    }
}

pub(crate) async fn kept_messages_are_bounded_for_each_station_and_reason(store: &dyn Backend) {
    let evidence = KeptMessage { why: "no-start", ..kept("cs-1", -1) };
    let effects: Vec<_> = (0..3_000).map(|n| Effect::Kept(kept("cs-1", n))).collect();
    store.commit(vec![Effect::Kept(kept("cs-2", 1)), Effect::Kept(evidence.clone())]).await.unwrap();
    for effects in effects.chunks(500) {
        store.commit(effects.to_vec()).await.unwrap();
    }
    let mut all = pages(300, |page| store.kept(&"cs-1".into(), &page)).await;
    assert_eq!(all.pop(), Some(evidence), "many reports do not push out what a transaction left behind");
    assert!((100..3_000).contains(&all.len()), "{}", all.len());
    assert!(all.iter().eq((0..3_000).rev().map(|n| kept("cs-1", n)).take(all.len()).collect::<Vec<_>>().iter()));
    assert_eq!(store.kept(&"cs-2".into(), &page(9)).await.unwrap().items, [kept("cs-2", 1)]);
}

pub(crate) async fn kept_messages_are_bounded_in_bytes_too(store: &dyn Backend) {
    let evidence = KeptMessage { why: "no-start", ..kept("cs-1", -1) };
    let large = |n: i64| KeptMessage { payload: n.to_string().repeat(300_000).into(), ..kept("cs-1", n) };
    store.commit(vec![Effect::Kept(evidence.clone())]).await.unwrap();
    for n in 1..=9 {
        for effects in [vec![Effect::Kept(kept("cs-1", n))], vec![Effect::Kept(large(n)), Effect::Kept(large(n))]] {
            store.commit(effects).await.unwrap();
        }
        let mut all = pages(300, |page| store.kept(&"cs-1".into(), &page)).await;
        assert_eq!(all.pop().as_ref(), Some(&evidence), "it has a reason of its own");
        let bytes: usize = all.iter().map(|message| message.payload.len()).sum();
        assert!(bytes <= 4 << 20, "{bytes} bytes");
        let expect: Vec<_> =
            (1..=n).rev().flat_map(|n| [large(n), large(n), kept("cs-1", n)]).take(all.len()).collect();
        assert_eq!(all, expect, "the newest stay");
        assert!(all.len() >= 13.min(expect.len()), "no more goes than must");
    }
    let huge = KeptMessage { payload: "x".repeat(5 << 20).into(), ..kept("cs-1", 10) };
    store.commit(vec![Effect::Kept(huge.clone())]).await.unwrap();
    let all = pages(300, |page| store.kept(&"cs-1".into(), &page)).await;
    assert!(all.iter().eq([&huge, &evidence]), "a message that is larger than the bound is kept alone");
}

pub(crate) async fn a_cursor_that_is_none_is_explained(store: &dyn Backend) {
    let wrong = Page { after: Some("nonsense".to_owned()), limit: 5 };
    let error = store.sessions(&SessionFilter::default(), &wrong).await.unwrap_err();
    assert!(error.message.contains("\"nonsense\" is not a place in this list"), "{error}");
    assert!(store.decisions(None, &wrong).await.is_err());
}
