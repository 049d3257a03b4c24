use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::support::{active, ask, forgetful, hasty, lookups, standing, unavailable};
use crate::system::{Reply, System, bytes};

#[tokio::test]
async fn questions_that_are_the_same_at_the_same_moment_are_one() {
    let said = Arc::new(Notify::new());
    let when = Arc::clone(&said);
    let system = System::new(move |_| Reply::When(Arc::clone(&when), bytes(200, "", r#"{"active":true}"#)));
    let lookups = lookups(forgetful(&system.url()));
    let questions = join_all((0..50).map(|_| ask(&lookups, "a")));
    let (heard, ()) = tokio::join!(questions, async {
        system.heard_of(1).await;
        said.notify_one();
    });
    assert!(heard.iter().all(|heard| *heard == active()));
    assert_eq!((system.heard().len(), standing(&lookups).rows), (1, 50));
}

#[tokio::test]
async fn a_failure_is_shared_and_counts_once() {
    let system = System::new(|_| Reply::Stuck(Vec::new()));
    let lookups = lookups(hasty(&system.url()));
    join_all((0..50).map(|_| unavailable(&lookups, "a"))).await;
    let standing = standing(&lookups);
    assert_eq!((standing.requests, standing.unavailable, standing.left_alone_until), (1, 50, None));
}

#[tokio::test]
async fn only_so_many_wait() {
    let system = System::new(|_| Reply::Stuck(Vec::new()));
    let lookups = lookups(hasty(&system.url()));
    let keys: Vec<String> = (0..200).map(|key| key.to_string()).collect();
    let why = join_all(keys.iter().map(|key| unavailable(&lookups, key))).await;
    assert_eq!(why.iter().filter(|why| why.contains("128 questions wait")).count(), 72);
    let late = why.iter().filter(|why| why.starts_with("its 200 ms (deadline_ms) were over"));
    let left_alone = why.iter().filter(|why| why.contains("failed meanwhile and is left alone"));
    assert_eq!(late.count() + left_alone.count(), 128);
    assert_eq!(standing(&lookups).turned_away, 72);
}
