use amprule_domain::SessionNo;
use amprule_domain::doors::StoredSigned;
use amprule_domain::effect::{Effect, SignedRow};
use amprule_domain::signed::SignedValue;

use super::Backend;
use super::build::{at, ended, put, session};

fn signed(session: i64, received: i64, values: Vec<SignedValue>) -> Effect {
    Effect::Signed(SignedRow { session: SessionNo(session), received_at: at(received), values })
}

fn value(second: i64, text: impl Into<String>) -> SignedValue {
    SignedValue { at: Some(at(second)), data: text.into().into(), ..SignedValue::default() }
}

async fn kept(store: &dyn Backend, session: i64) -> Vec<StoredSigned> {
    store.signed(SessionNo(session)).await.unwrap()
}

fn texts(kept: &[StoredSigned]) -> Vec<&str> {
    kept.iter().map(|stored| &*stored.value.data).collect()
}

pub(crate) async fn what_was_signed_is_read_back_byte_for_byte(store: &dyn Backend) {
    let text =
        "OCMF|{\"FV\" : \"1.0\",\r\n\t\"GI\":\"Zähler 電\u{feff}\",\"RD\":[ ]}|{\"SD\":\"}\\\"\"} \u{0}".to_owned();
    let large = "T0NNRnw".repeat(1_200);
    let begin = SignedValue {
        context: Some("Transaction.Begin".into()),
        measurand: Some("Energy.Active.Import.Register".into()),
        encoding_method: Some("OCMF".into()),
        signing_method: Some("ECDSA".into()),
        public_key: Some("oca:base16:asn1:3059".into()),
        envelope: Some("{ }".into()),
        ..value(1, text)
    };
    // With the session's first row in whichever order.
    let values = vec![begin.clone(), value(2, large.clone())];
    store.commit(vec![signed(1, 5, values), put(&session(1, "cs-1", "a"))]).await.unwrap();
    store.commit(vec![put(&ended(session(1, "cs-1", "a"))), signed(1, 6, vec![value(6, "end")])]).await.unwrap();
    store.commit(vec![put(&session(2, "cs-1", "a")), signed(2, 6, vec![value(1, "other")])]).await.unwrap();
    let found = kept(store, 1).await;
    assert_eq!(found[0], StoredSigned { received_at: at(5), is_behind_gap: false, value: begin });
    assert_eq!(texts(&found)[1..], [&*large, "end"]);
    assert_eq!(texts(&kept(store, 2).await), ["other"]);
    assert!(kept(store, 9).await.is_empty());
}

pub(crate) async fn what_was_signed_of_an_unknown_session_is_refused(store: &dyn Backend) {
    let error = store.commit(vec![signed(9, 1, vec![value(1, "a")])]).await.unwrap_err();
    assert!(error.message.contains("no session number 9"), "{error}");
}

pub(crate) async fn the_same_text_of_the_same_moment_is_kept_once(store: &dyn Backend) {
    let undated = SignedValue { at: None, ..value(0, "undated") };
    let first = vec![value(10, "a"), value(10, "b"), value(20, "a"), undated.clone()];
    store.commit(vec![put(&session(1, "cs-1", "a")), signed(1, 30, first)]).await.unwrap();
    let with_key = SignedValue {
        public_key: Some("key".into()),
        context: Some("Transaction.End".into()),
        at: Some(at(10) + std::time::Duration::from_millis(700)),
        ..value(10, "a")
    };
    store.commit(vec![signed(1, 900, vec![with_key, value(20, "a"), undated, value(20, "a ")])]).await.unwrap();
    let found = kept(store, 1).await;
    assert_eq!(texts(&found), ["a", "b", "a", "a ", "undated"]);
    let learned = &found[0];
    assert_eq!((learned.received_at, learned.value.at), (at(30), Some(at(10))));
    assert_eq!(
        (learned.value.public_key.as_deref(), learned.value.context.as_deref()),
        (Some("key"), Some("Transaction.End"))
    );
}

pub(crate) async fn a_clock_that_is_ahead_makes_no_two_of_one(store: &dyn Backend) {
    let ahead = || vec![value(90, "ahead")];
    store.commit(vec![put(&session(1, "cs-1", "a")), signed(1, 30, ahead())]).await.unwrap();
    store.commit(vec![signed(1, 60, vec![value(60, "later")]), signed(1, 900, ahead())]).await.unwrap();
    assert_eq!(texts(&kept(store, 1).await), ["ahead", "later"]);
}

pub(crate) async fn of_very_many_the_first_and_the_latest_are_kept(store: &dyn Backend) {
    store.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    let name = |n: i64| format!("v{n}");
    let expect: Vec<String> = (0..10).chain(210..300).map(name).collect();
    // One after the other, all again in one message, and once more with a first one that comes last.
    for n in 0..300 {
        store.commit(vec![signed(1, n, vec![value(n, name(n))])]).await.unwrap();
    }
    assert_eq!(texts(&kept(store, 1).await), expect);
    let all = || (0..300).map(|n| value(n, name(n))).collect();
    store.commit(vec![signed(1, 400, all())]).await.unwrap();
    let found = kept(store, 1).await;
    assert_eq!(texts(&found), expect);
    let gaps: Vec<_> = found.iter().filter(|stored| stored.is_behind_gap).map(|stored| &*stored.value.data).collect();
    assert_eq!(gaps, ["v210"]);
    // A clock that is ahead makes nothing the last one.
    store
        .commit(vec![signed(1, 401, vec![value(-5, "begin"), value(99_999, "ahead"), value(402, "end")])])
        .await
        .unwrap();
    let found = kept(store, 1).await;
    assert_eq!((texts(&found)[0], texts(&found).len()), ("begin", 100));
    assert_eq!(texts(&found)[98..], ["ahead", "end"]);

    // In bytes.
    store.commit(vec![put(&session(2, "cs-1", "a"))]).await.unwrap();
    let long = |n: i64| value(n, format!("{n:02}").repeat(SignedValue::LONGEST / 2));
    store.commit(vec![signed(2, 400, (0..60).map(long).collect())]).await.unwrap();
    let found = kept(store, 2).await;
    let seconds: Vec<_> =
        found.iter().filter_map(|stored| Some(stored.value.at?.as_second() - at(0).as_second())).collect();
    let expect: Vec<i64> = (0..10).chain(38..60).collect();
    assert_eq!(seconds, expect);
}
