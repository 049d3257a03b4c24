//! How long is waited for what, and how many may call at once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// From the first byte to the agreed subprotocol.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(20);
/// A message that the backend does not take.
pub(crate) const WRITE: Duration = Duration::from_secs(10);
/// A silent backend is pinged, and given up after as long again.
pub(crate) const PING: Duration = Duration::from_secs(60);
/// A station that has gone away may be back at once.
pub(crate) const LINGER: Duration = Duration::from_secs(5);
/// Heartbeats are told as often as the backend wants them, within these.
pub(crate) const BEATS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3_600));
/// The same where it has not said so.
pub(crate) const USUAL_BEAT: Duration = Duration::from_secs(300);
/// A backend that is not ready for the station is asked again, within these.
pub(crate) const INTRODUCE_AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));
pub(crate) const USUAL_INTRODUCE_AGAIN: Duration = Duration::from_secs(60);
/// A message that the backend refused for reasons of its own.
pub(crate) const REFUSED_AGAIN: Duration = Duration::from_secs(10);

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// After so many failures in a row. Up to half of it less, by the line and the failures: those that failed together do not
/// come back together.
pub(crate) fn backoff(line: &str, failures: u32) -> Duration {
    let full = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_RETRY);
    let mut hasher = DefaultHasher::new();
    (line, failures).hash(&mut hasher);
    let spread = u32::from(hasher.finish().to_be_bytes()[0]);
    full - full / 512 * spread
}

/// In front of one backend: so many connect at the same time, and so many in a second.
#[derive(Debug)]
pub(crate) struct Gate {
    handshakes: Semaphore,
    next: Mutex<Option<Instant>>,
}

const HANDSHAKES: usize = 8;
const BETWEEN: Duration = Duration::from_millis(50);

impl Default for Gate {
    fn default() -> Self {
        Self { handshakes: Semaphore::new(HANDSHAKES), next: Mutex::new(None) }
    }
}

impl Gate {
    /// It is our turn to connect while the permit lives.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.handshakes.acquire().await.ok()?;
        let at = {
            let mut next = self.next.lock().await;
            let at = next.map_or_else(Instant::now, |next| next.max(Instant::now()));
            *next = Some(at + BETWEEN);
            at
        };
        sleep_until(at).await;
        Some(permit)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_spread_below_it() {
        let mut full = 1_000;
        for failures in 1..=40 {
            for station in 0..50 {
                let wait = backoff(&format!("books/cs-{station}"), failures).as_millis();
                assert!(wait <= full && wait >= full / 2, "{failures}: {wait} of {full}");
            }
            full = (full * 2).min(300_000);
        }
        let distinct: BTreeSet<_> = (0..50).map(|station| backoff(&format!("books/cs-{station}"), 3)).collect();
        assert!(distinct.len() > 25, "{}", distinct.len());
    }

    /// A thousand stations that lost their backend at the same moment.
    #[tokio::test(start_paused = true)]
    async fn nobody_storms_a_backend() {
        let gate = std::sync::Arc::new(Gate::default());
        let began = Instant::now();
        let calls = (0..1_000).map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.turn().await.map(drop) })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert!(began.elapsed() >= Duration::from_secs(49), "{:?}", began.elapsed());
    }
}
