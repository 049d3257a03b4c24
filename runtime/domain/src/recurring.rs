//! Causes that come again and again, of which a log shall tell without being filled: at once, then once a minute with
//! their count, and when they are over.
//!
//! Time is whole seconds of any clock that does not go back.

/// Its causes are constants of the program, so there are few. Each is forgotten when it is over.
#[derive(Debug, Default)]
pub struct Recurring {
    causes: Vec<Cause>,
}

#[derive(Debug)]
struct Cause {
    name: &'static str,
    said_s: u64,
    last_s: u64,
    unsaid: u64,
    times: u64,
}

/// A cause that has not come for a minute.
#[derive(Debug, PartialEq, Eq)]
pub struct Over {
    pub cause: &'static str,
    pub times: u64,
}

impl Recurring {
    /// Between two words about one cause, and after the last time until it is over.
    pub const INTERVAL_S: u64 = 60;

    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// `Some`: it is time to say so, with how often it came since it was last said.
    pub fn came(&mut self, cause: &'static str, times: u64, now_s: u64) -> Option<u64> {
        let Some(known) = self.causes.iter_mut().find(|known| known.name == cause) else {
            self.causes.push(Cause { name: cause, said_s: now_s, last_s: now_s, unsaid: 0, times });
            return Some(times);
        };
        known.last_s = now_s;
        known.times += times;
        known.unsaid += times;
        (now_s.saturating_sub(known.said_s) >= Self::INTERVAL_S).then(|| {
            known.said_s = now_s;
            std::mem::take(&mut known.unsaid)
        })
    }

    /// Those that are over, each once.
    pub fn over(&mut self, now_s: u64) -> Vec<Over> {
        let is_over = |cause: &mut Cause| now_s.saturating_sub(cause.last_s) >= Self::INTERVAL_S;
        self.causes.extract_if(.., is_over).map(|cause| Over { cause: cause.name, times: cause.times }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_at_once_then_once_a_minute_with_its_count() {
        let mut recurring = Recurring::default();
        let mut said = Vec::new();
        for now_s in 0..150 {
            for _ in 0..5_000 {
                said.extend(recurring.came("full", 1, now_s).map(|times| (now_s, times)));
            }
        }
        assert_eq!(said, [(0, 1), (60, 299_999 + 1), (120, 300_000)]);
        assert_eq!(recurring.came("locked", 64, 130), Some(64), "each cause for itself");
    }

    #[test]
    fn a_cause_is_over_once_after_a_quiet_minute_and_then_new_again() {
        let mut recurring = Recurring::default();
        recurring.came("full", 1, 0);
        recurring.came("full", 2, 30);
        assert_eq!(recurring.over(89), []);
        assert_eq!(recurring.over(90), [Over { cause: "full", times: 3 }]);
        assert!(recurring.is_empty());
        assert_eq!(recurring.came("full", 1, 91), Some(1));
    }
}
