use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering::SeqCst;

use amprule_domain::lookup::LookupAnswer;
use serde_json::json;

use crate::support::{active, ask, binding, forgetful, last_known, later, lookups, row, standing, unavailable};
use crate::system::{Reply, System, bytes};

/// Answers the status that is set, with an object.
fn moody() -> (System, Arc<AtomicU16>) {
    let mood = Arc::new(AtomicU16::new(200));
    let status = Arc::clone(&mood);
    (System::new(move |_| Reply::Raw(bytes(status.load(SeqCst), "", r#"{"active":true}"#))), mood)
}

#[tokio::test]
async fn an_answer_stands_for_its_time_and_then_is_asked_for_again() {
    let (system, mood) = moody();
    let lookups = lookups(binding(&system.url()));
    assert_eq!(ask(&lookups, "a").await, active());
    mood.store(404, SeqCst);
    assert_eq!(ask(&lookups, "a").await, active());
    assert_eq!(ask(&lookups, "A").await, LookupAnswer::Nothing, "another key");
    later(60).await;
    assert_eq!(ask(&lookups, "a").await, LookupAnswer::Nothing);
    mood.store(200, SeqCst);
    assert_eq!(ask(&lookups, "a").await, LookupAnswer::Nothing, "that there is nothing stands too");
    assert_eq!(system.heard().len(), 3);
    assert_eq!((standing(&lookups).from_cache, standing(&lookups).known), (2, 2));
}

#[tokio::test]
async fn without_a_time_each_question_is_asked() {
    let (system, _) = moody();
    let lookups = lookups(forgetful(&system.url()));
    for _ in 0..3 {
        assert_eq!(ask(&lookups, "a").await, active());
    }
    assert_eq!(system.heard().len(), 3);
    assert_eq!(last_known(&lookups, "a"), Some(active()), "though the last one is known");
}

#[tokio::test]
async fn what_was_last_known_outlives_failures_and_does_not_outlive_a_month() {
    let (system, mood) = moody();
    let lookups = lookups(binding(&system.url()));
    assert_eq!(last_known(&lookups, "a"), None);
    ask(&lookups, "a").await;
    mood.store(500, SeqCst);
    later(29 * 86_400).await;
    unavailable(&lookups, "a").await;
    unavailable(&lookups, "b").await;
    assert_eq!(last_known(&lookups, "a"), Some(row(json!({ "active": true }))));
    assert_eq!(last_known(&lookups, "b"), None);
    later(2 * 86_400).await;
    assert_eq!(last_known(&lookups, "a"), None);
}
