//! Waiting for states, never for a time.

use std::time::{Duration, Instant};

/// Far beyond what anything takes, so that a slow machine fails no test.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something, and says what was missing when there never is.
pub async fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look).await
}

pub async fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not so within {patience:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Ends a wait on the network that never comes to an end.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.unwrap_or_else(|_| panic!("{what}: nothing came within {PATIENCE:?}"))
}
