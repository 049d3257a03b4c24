//! What time it is where the station stands.

use std::time::Duration;

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "a station has a clock of its own, and knows no crate that has one")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

pub(super) fn is_to_come(at: Timestamp) -> bool {
    at > now()
}

/// Returns at once when the moment has passed.
pub(super) async fn wait_for(at: Timestamp) {
    if let Ok(left) = Duration::try_from(at.duration_since(now())) {
        tokio::time::sleep(left).await;
    }
}
