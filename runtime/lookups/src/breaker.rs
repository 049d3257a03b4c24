//! Leaves a system alone that fails: for its sake, and so that drivers do not wait for nothing.

use std::time::Duration;

use tokio::time::Instant;

const FAILURES: u32 = 5;
/// How long it is left alone; also the longest that it may ask for.
const REST: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) enum Breaker {
    /// It is asked.
    Closed {
        /// In a row.
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One question is under way to see whether it is well again. Should nobody ever hear of it, another one goes then.
    Trial {
        until: Instant,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether a question may go; `longest` is how long it may take. The error is how long none goes.
    pub(crate) fn admit(&mut self, now: Instant, longest: Duration) -> Result<(), Duration> {
        match self {
            Self::Closed { .. } => Ok(()),
            Self::Open { until } | Self::Trial { until } if *until > now => Err(*until - now),
            Self::Open { .. } | Self::Trial { .. } => {
                *self = Self::Trial { until: now + longest + Duration::from_secs(1) };
                Ok(())
            }
        }
    }

    /// Whether nobody is asked, not even to see how it is.
    pub(crate) fn is_resting(&self, now: Instant) -> bool {
        matches!(self, Self::Open { until } if *until > now)
    }

    pub(crate) fn succeed(&mut self) {
        *self = Self::default();
    }

    /// `rest` is what it asks for itself.
    pub(crate) fn fail(&mut self, now: Instant, rest: Option<Duration>) {
        let failures = match self {
            Self::Closed { failures } => *failures + 1,
            Self::Trial { .. } => FAILURES,
            // Those that were under way when it opened do not make it longer.
            Self::Open { .. } => return,
        };
        let rest = rest.map(|rest| rest.min(REST)).filter(|rest| !rest.is_zero());
        *self = match rest.or_else(|| (failures >= FAILURES).then_some(REST)) {
            Some(rest) => Self::Open { until: now + rest },
            None => Self::Closed { failures },
        };
    }

    pub(crate) fn open_for(&self, now: Instant) -> Option<Duration> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { until } | Self::Trial { until } => Some(until.saturating_duration_since(now)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn failed(times: u32, now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..times {
            breaker.fail(now, None);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_success_between_does_not() {
        let now = Instant::now();
        let mut breaker = failed(4, now);
        breaker.succeed();
        breaker.fail(now, None);
        assert_eq!(breaker.admit(now, SECOND), Ok(()));
        assert_eq!(failed(5, now).admit(now + SECOND, SECOND), Err(9 * SECOND));
    }

    #[test]
    fn one_question_goes_first() {
        let now = Instant::now();
        let mut breaker = failed(5, now);
        let later = now + REST;
        assert_eq!(breaker.admit(later, SECOND), Ok(()));
        assert!(breaker.admit(later, SECOND).is_err(), "while it is under way");
        breaker.fail(later, None);
        assert_eq!(breaker.admit(later, SECOND), Err(REST), "one failure is enough then");
        assert_eq!(breaker.admit(later + REST, SECOND), Ok(()));
        breaker.succeed();
        assert_eq!(breaker.admit(later + REST, SECOND), Ok(()));
    }

    #[test]
    fn a_trial_that_is_never_heard_of_makes_way() {
        let now = Instant::now();
        let mut breaker = failed(5, now);
        assert_eq!(breaker.admit(now + REST, SECOND), Ok(()));
        assert_eq!(breaker.admit(now + REST + 2 * SECOND, SECOND), Ok(()));
    }

    #[test]
    fn it_rests_as_long_as_it_asks_but_not_for_ever() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        breaker.fail(now, Some(3 * SECOND));
        assert_eq!(breaker.open_for(now), Some(3 * SECOND));
        let mut breaker = Breaker::default();
        breaker.fail(now, Some(3_600 * SECOND));
        assert_eq!(breaker.open_for(now), Some(REST));
        let mut breaker = Breaker::default();
        breaker.fail(now, Some(Duration::ZERO));
        assert_eq!(breaker.open_for(now), None);
    }
}
