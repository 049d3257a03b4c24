//! Whether it does what it is told: how often it did not, and when it is told again.

use jiff::{SignedDuration, Timestamp};

use crate::load::Amperes;

/// After a limit that came to nothing: doubled each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::load) struct Trust {
    /// Limits in a row that came to nothing.
    pub(in crate::load) failures: u32,
    /// Those before, for limits lower than any that it has taken since.
    before: u32,
    again_at: Option<Timestamp>,
    /// The lowest that it has refused.
    refused: Option<Amperes>,
}

impl Trust {
    pub(super) fn is_ready(&self, now: Timestamp) -> bool {
        // A clock that was set back makes nobody wait for longer.
        self.again_at.is_none_or(|at| at <= now || at.duration_since(now) > PAUSE_MAX)
    }

    /// How often it has failed, though it may have taken a higher limit meanwhile.
    pub(super) fn all_failures(&self) -> u32 {
        self.before.saturating_add(self.failures)
    }

    pub(super) fn fails(&mut self, now: Timestamp) {
        let pause = PAUSE.saturating_mul(1 << self.all_failures().min(5)).min(PAUSE_MAX);
        self.failures = self.failures.saturating_add(1);
        self.again_at = now.checked_add(pause).ok();
    }

    pub(super) fn refuses(&mut self, limit: Amperes, now: Timestamp) {
        self.fails(now);
        self.refused = Some(self.refused.map_or(limit, |refused| refused.min(limit)));
    }

    /// It takes this limit. Who refuses to pause, and takes 6 A in between, is not asked to pause more often for that.
    pub(super) fn takes(&mut self, limit: Amperes) {
        let refused = self.refused.filter(|refused| *refused < limit);
        let before = refused.map_or(0, |_| self.all_failures());
        *self = Self { before, refused, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn who_takes_the_higher_and_refuses_the_lower_is_told_ever_more_seldom() {
        let mut trust = Trust::default();
        trust.refuses(Amperes::ZERO, at(0));
        assert!(!trust.is_ready(at(9)) && trust.is_ready(at(10)));
        trust.takes(Amperes::whole(6));
        assert_eq!((trust.failures, trust.is_ready(at(10))), (0, true));
        trust.refuses(Amperes::ZERO, at(10));
        assert!(!trust.is_ready(at(29)) && trust.is_ready(at(30)));
        trust.takes(Amperes::ZERO);
        assert_eq!(trust, Trust::default());
    }
}
