//! What the log says of refused commits: a full disk must not be filled by telling so.

use std::time::Instant;

use amprule_domain::recurring::Recurring;
use tracing::{debug, info, warn};

use crate::error::Refused;

pub(super) struct Refusals {
    began: Instant,
    causes: Recurring,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), causes: Recurring::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    pub(super) fn tell(&mut self, refused: &Refused, commits: usize) {
        let error = &refused.error;
        match self.causes.came(refused.cause, commits as u64, self.now_s()) {
            Some(commits) => warn!(%error, commits, "commits are refused"),
            None => debug!(%error, commits, "commits are refused"),
        }
    }

    pub(super) fn tell_what_is_over(&mut self) {
        for over in self.causes.over(self.now_s()) {
            info!(commits = over.times, cause = over.cause, "no commit was refused for this cause for a minute");
        }
    }

    fn now_s(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}
