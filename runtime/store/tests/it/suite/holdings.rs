//! What stations hold, as it is changed.

use amprule_domain::doors::Page;
use amprule_domain::effect::Effect;
use amprule_domain::holding::{Change, HoldingFilter, Kind, Like};
use amprule_domain::{StationId, Timestamp};
use serde_json::{Value, json};

use super::Backend;
use super::build::at;

fn effect(station: &str, change: Change) -> Effect {
    Effect::Holding { station: station.into(), at: at(0), change: Box::new(change) }
}

fn put(key: &str, body: Value) -> Change {
    Change::Put { kind: Kind::Profile, key: key.to_owned(), body }
}

async fn change(store: &dyn Backend, change: Change) {
    store.commit(vec![effect("cs-1", change)]).await.unwrap();
}

fn put_alert(n: u32, state: &str) -> Change {
    Change::Put { kind: Kind::Alert, key: n.to_string(), body: json!({"state": state}) }
}

/// Keys and bodies of a station's, newest first.
async fn held(store: &dyn Backend, station: &str, kind: Kind) -> Vec<(String, Value)> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let filter = HoldingFilter { kind, station: Some(station.into()), find: None };
        let listed = store.holdings(&filter, &Page { after, limit: 150 }).await.unwrap();
        found.extend(listed.items.into_iter().map(|(_, holding)| (holding.key, holding.body)));
        after = listed.next;
        if after.is_none() {
            return found;
        }
    }
}

pub(crate) async fn a_holding_is_put_merged_and_gone(store: &dyn Backend) {
    let all =
        |pairs: &[(&str, Value)]| pairs.iter().map(|(key, body)| ((*key).to_owned(), body.clone())).collect::<Vec<_>>();
    change(store, put("a", json!({"x": 1, "none": null, "deep": {"y": [1, 2]}}))).await;
    change(store, put("b", json!({"x": 2}))).await;
    let merge = |body| Change::Merge { kind: Kind::Profile, key: "a".to_owned(), body };
    change(store, merge(json!({"deep": {"z": "ä\"1"}, "x": null}))).await;
    let expect = [("b", json!({"x": 2})), ("a", json!({"deep": {"y": [1, 2], "z": "ä\"1"}}))];
    assert_eq!(held(store, "cs-1", Kind::Profile).await, all(&expect));
    change(store, put("a", json!({"x": 3}))).await;
    let newest = held(store, "cs-1", Kind::Profile).await.remove(0);
    assert_eq!(newest, ("a".to_owned(), json!({"x": 3})), "nothing of the old one is left");
    store.commit(vec![effect("cs-2", put("a", json!({})))]).await.unwrap();
    change(store, Change::gone(Kind::Profile, "a")).await;
    assert_eq!(held(store, "cs-1", Kind::Profile).await.len(), 1);
    assert_eq!(held(store, "cs-2", Kind::Profile).await.len(), 1, "another station's stays");
}

pub(crate) async fn a_job_goes_on_until_it_is_over(store: &dyn Backend) {
    let job = |state: &str| json!({"state": state, "steps": {}});
    let advance = |key: Option<&str>, state: &str, step: &str| Change::Advance {
        kind: Kind::LogJob,
        key: key.map(str::to_owned),
        body: json!({"state": state, "steps": {step: 1}}),
    };
    change(store, advance(None, "running", "a")).await;
    assert!(held(store, "cs-1", Kind::LogJob).await.is_empty(), "nobody knows which");
    for key in ["1", "2"] {
        change(store, Change::Put { kind: Kind::LogJob, key: key.to_owned(), body: job("asked") }).await;
    }
    change(store, advance(Some("2"), "ended", "b")).await;
    change(store, advance(None, "running", "c")).await;
    change(store, advance(Some("2"), "running", "late")).await;
    change(store, advance(Some("3"), "running", "d")).await;
    let is = held(store, "cs-1", Kind::LogJob).await;
    let expect = [
        ("3", json!({"state": "running", "steps": {"d": 1}})),
        ("2", json!({"state": "ended", "steps": {"b": 1, "late": 1}})),
        ("1", json!({"state": "running", "steps": {"c": 1}})),
    ];
    assert_eq!(is, expect.map(|(key, body)| (key.to_owned(), body)));
    // A word without a name may be about the newest, if that was to have nothing and no other goes on.
    for key in ["1", "3"] {
        change(store, advance(Some(key), "ended", "e")).await;
    }
    for (key, answer, next) in [("4", "Rejected", "refused"), ("5", "Nothing", "running"), ("6", "Nothing", "refused")]
    {
        let body = json!({"state": "refused", "answer": answer});
        change(store, Change::Put { kind: Kind::LogJob, key: key.to_owned(), body }).await;
        change(store, advance(None, "running", "g")).await;
        let newest = held(store, "cs-1", Kind::LogJob).await.remove(0);
        assert_eq!((newest.0.as_str(), &newest.1["state"]), (key, &json!(next)), "{answer}");
    }
}

/// At the moment at which everything here changes.
pub(crate) async fn what_is_told_again_is_counted(store: &dyn Backend) {
    let again = |key: &str, details: Option<&str>, since: Timestamp| {
        let same = Like::default().with("event", "X").with("details", details.map_or(Value::Null, Value::from));
        let (body, last) = (json!({"event": "X", "details": details}), json!({"last": key}));
        Change::Again { kind: Kind::SecurityEvent, key: key.to_owned(), body, same, since, last }
    };
    for (key, details) in [("1", Some("a")), ("2", Some("a")), ("3", None), ("4", Some("a")), ("5", None)] {
        change(store, again(key, details, Timestamp::MIN)).await;
    }
    change(store, again("6", Some("a"), Timestamp::MAX)).await;
    change(store, again("7", Some("a"), Timestamp::MIN)).await;
    let expect = [
        ("6", json!({"event": "X", "details": "a", "count": 2, "last": "7"})),
        ("3", json!({"event": "X", "count": 2, "last": "5"})),
        ("1", json!({"event": "X", "details": "a", "count": 3, "last": "4"})),
    ];
    let held = held(store, "cs-1", Kind::SecurityEvent).await;
    assert_eq!(held, expect.map(|(key, body)| (key.to_owned(), body)));
}

pub(crate) async fn those_that_are_alike_are_changed_together(store: &dyn Backend) {
    for (key, evse, level) in [("1", 0, 0), ("2", 1, 0), ("3", 1, 2), ("4", 2, 2)] {
        change(store, put(key, json!({"evse": evse, "profile": {"stackLevel": level, "id": "it's"}}))).await;
    }
    let like = || Like::default();
    change(
        store,
        Change::MergeAll { kind: Kind::Profile, like: like().with("evse", 1).but("2"), body: json!({"seen": true}) },
    )
    .await;
    let seen = held(store, "cs-1", Kind::Profile).await;
    assert_eq!(
        seen.iter().filter(|(_, body)| body["seen"] == true).map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        ["3"]
    );
    let gone = |like| Change::Gone { kind: Kind::Profile, like };
    change(store, put("5", json!({"evse": 3}))).await;
    change(store, gone(like().one_of("evse", vec![json!(1), json!(3)]).one_of("profile.id", vec![json!(null)]))).await;
    assert_eq!(held(store, "cs-1", Kind::Profile).await.len(), 4, "null is a member that is not there");
    change(store, gone(like().with("profile.id", "it's").with("profile.stackLevel", 2).with("evse", 2))).await;
    change(store, gone(like().one_of("evse", vec![json!(7), json!(0)]))).await;
    change(store, gone(like().with("evse", "1"))).await;
    let left = held(store, "cs-1", Kind::Profile).await;
    assert_eq!(left.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["3", "2"], "a text is no number");
    change(store, gone(like())).await;
    assert!(held(store, "cs-1", Kind::Profile).await.is_empty());
}

pub(crate) async fn holdings_are_bounded_in_number_and_size(store: &dyn Backend) {
    for n in 0..260 {
        change(store, put(&n.to_string(), json!({"n": n}))).await;
    }
    let most = usize::try_from(Kind::Profile.most()).unwrap();
    let kept = held(store, "cs-1", Kind::Profile).await;
    assert_eq!((kept.len(), kept[0].0.as_str(), kept[most - 1].0.as_str()), (most, "259", "60"));
    change(store, put("61", json!({"again": true}))).await;
    assert_eq!(held(store, "cs-1", Kind::Profile).await.len(), most, "one that is known takes no room");
    change(store, put("large", json!({"text": "x".repeat(Change::BODY_MAX)}))).await;
    let large = &held(store, "cs-1", Kind::Profile).await[0];
    assert!(large.0 == "large" && large.1["tooLarge"].as_u64().is_some_and(|size| size > 65_536), "{large:?}");
    let page = |n: usize| json!({"pages": {n.to_string(): "x".repeat(5_000)}});
    for n in 0..20 {
        change(store, Change::Merge { kind: Kind::CustomerReport, key: "7".to_owned(), body: page(n) }).await;
    }
    let report = &held(store, "cs-1", Kind::CustomerReport).await[0].1;
    assert!(report["tooLarge"] == true && report.to_string().len() < 70_000, "what is merged is bounded, too");
    change(store, put_alert(0, "active")).await;
    for n in 1..600 {
        change(store, put_alert(n, "cleared")).await;
    }
    let alerts = held(store, "cs-1", Kind::Alert).await;
    assert!(alerts.len() == 500 && alerts.iter().any(|(key, _)| key == "0"), "what is over goes first");
    change(store, put(&"k".repeat(9_000), json!({}))).await;
    assert!(held(store, "cs-1", Kind::Profile).await.iter().all(|(key, _)| key.len() <= 400));
    let filter = HoldingFilter { kind: Kind::Profile, station: None, find: Some("arg".to_owned()) };
    let found = store.holdings(&filter, &Page { after: None, limit: 9 }).await.unwrap();
    assert_eq!(found.items.iter().map(|(station, _)| station.clone()).collect::<Vec<_>>(), [StationId::from("cs-1")]);
}
