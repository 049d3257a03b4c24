//! Who is to have back what it can draw, and when it is told so.

use amprule_domain::Timestamp;
use amprule_domain::load::Limited;
use jiff::SignedDuration;

/// After a try that came to nothing: doubled each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);

/// An EVSE that is to have back what it can draw.
pub(crate) struct Waiting {
    pub(crate) limited: Limited,
    /// What begins there has it back already.
    pub(crate) is_standing_given: bool,
    /// Since it began anew.
    failures: u32,
    pub(crate) refusals: u32,
    again_at: Option<Timestamp>,
}

impl Waiting {
    pub(crate) fn new(limited: Limited) -> Self {
        Self { limited, is_standing_given: false, failures: 0, refusals: 0, again_at: None }
    }

    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        // A clock that was set back makes nobody wait for longer.
        let is_ready = |at: Timestamp| at <= now || at.duration_since(now) > PAUSE_MAX;
        self.again_at.is_none_or(is_ready)
    }

    /// It has connected, or nobody else tells it something any more.
    pub(crate) fn begins_anew(&mut self) {
        (self.failures, self.again_at) = (0, None);
    }

    pub(crate) fn fails(&mut self, now: Timestamp) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(5)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.again_at = now.checked_add(pause).ok();
    }
}
