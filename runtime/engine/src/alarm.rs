//! One timer for a station's next deadline. While the deadline stays the same nothing is done for it.

use std::pin::Pin;
use std::time::Duration;

use amprule_domain::Timestamp;
use tokio::time::{Instant, Sleep, sleep_until};

/// The timer does not follow a clock that is set anew, so the clock is looked at again after this at the latest.
const GLANCE: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(crate) struct Alarm {
    at: Option<Timestamp>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.at
    }

    pub(crate) fn set(&mut self, at: Option<Timestamp>, now: Timestamp) {
        self.at = at;
        self.start(now);
    }

    /// Ends when it is time to call [`Self::has_rung`]. Cancel-safe.
    pub(crate) async fn rings(&mut self) {
        match &mut self.timer {
            Some(timer) => timer.await,
            None => std::future::pending().await,
        }
    }

    /// True when the deadline has come. Otherwise it was only time to look at the clock again.
    pub(crate) fn has_rung(&mut self, now: Timestamp) -> bool {
        let has_come = self.at.is_some_and(|at| at <= now);
        if has_come {
            self.at = None;
        }
        self.start(now);
        has_come
    }

    fn start(&mut self, now: Timestamp) {
        self.timer = self.at.map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Box::pin(sleep_until(Instant::now() + wait.min(GLANCE)))
        });
    }
}
