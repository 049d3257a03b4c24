//! What the log says of a hook that does not get on: at once, then counted, and when it is over.

use std::time::Duration;

use amprule_domain::recurring::Recurring;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::failure::Failure;
use crate::hook::Hook;

pub(crate) struct Troubles {
    began: Instant,
    causes: Recurring,
    failures: u64,
}

impl Troubles {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), causes: Recurring::default(), failures: 0 }
    }

    /// `wait`: until it is tried again.
    pub(crate) fn tell(&mut self, hook: &Hook, failure: &Failure, event: &str, wait: Duration) {
        self.failures += 1;
        let (name, to, cause, what) = (&hook.name, &hook.address, failure.cause.as_str(), &failure.what);
        match self.causes.came(cause, 1, self.began.elapsed().as_secs()) {
            Some(times) => warn!(hook = %name, %to, event, times, again_in = ?wait, "{cause}: {what}"),
            None => debug!(hook = %name, %to, event, again_in = ?wait, "{cause}: {what}"),
        }
    }

    /// `waiting`: how many places are behind.
    pub(crate) fn are_over(&mut self, hook: &Hook, waiting: u64) {
        if self.failures > 0 {
            let failures = std::mem::take(&mut self.failures);
            self.causes = Recurring::default();
            info!(hook = %hook.name, failures, waiting, "a webhook's receiver takes events again");
        }
    }
}
