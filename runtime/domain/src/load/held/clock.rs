//! Whether a station says what flows now. Some repeat what they could not say while they were away, as if it were new.
//!
//! Their clocks may be wrong, by hours too, so that a reading which seems old need not be. What is repeated comes faster than it was
//! read; what is read now does not. So a clock is known by two readings that are as far apart as they came.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use crate::load::Flow;

/// What was read so long ago, or is said to be, is of now.
const NOW: SignedDuration = SignedDuration::from_secs(60);
/// Readings of now are as far apart as they came, within a tenth of that, or this at the least and at the most...
const STEADY: RangeInclusive<SignedDuration> = SignedDuration::from_secs(2)..=SignedDuration::from_secs(30);
/// ...and so far at the least: of those that are closer nobody can say.
const APART: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::load) struct StationClock {
    /// How far it is behind.
    behind: Option<SignedDuration>,
    /// A reading of another time, as it was told and as it came.
    before: Option<(Timestamp, Timestamp)>,
}

impl StationClock {
    /// Whether this was read now.
    pub(super) fn is_now(&mut self, flow: &Flow) -> bool {
        let Some(read_at) = flow.read_at else { return true };
        let behind = flow.at.duration_since(read_at);
        let is_near = |known: SignedDuration| behind.saturating_sub(known).abs() <= NOW;
        if is_near(SignedDuration::ZERO) || self.behind.is_some_and(is_near) {
            self.before = None;
            return true;
        }
        let apart = self.before.map(|(read, came)| (read_at.duration_since(read), flow.at.duration_since(came)));
        let steady = apart.filter(|(read, came)| is_steady(*read, *came));
        match steady {
            Some((read, _)) if read < APART => false,
            Some(_) => {
                self.behind = Some(behind);
                true
            }
            None => {
                self.before = Some((read_at, flow.at));
                false
            }
        }
    }
}

fn is_steady(read: SignedDuration, came: SignedDuration) -> bool {
    let tolerated = (read.min(came) / 10).clamp(*STEADY.start(), *STEADY.end());
    read.saturating_sub(came).abs() <= tolerated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(told: &[(i64, i64)]) -> Vec<bool> {
        let at = |second: i64| Timestamp::from_second(100_000 + second).unwrap();
        let mut clock = StationClock::default();
        let flow = |(read, came): &(i64, i64)| Flow { at: at(*came), read_at: Some(at(*read)), ..Flow::default() };
        told.iter().map(|told| clock.is_now(&flow(told))).collect()
    }

    #[test]
    fn what_is_repeated_comes_faster_than_it_was_read() {
        let by_now = heard(&[(0, 1), (60, 62), (120, 3_600), (180, 3_601), (240, 3_602), (3_600, 3_603)]);
        assert_eq!(by_now, [true, true, false, false, false, true]);
        let twice = heard(&[(0, 3_600), (0, 3_601), (60, 3_602), (60, 3_603)]);
        assert_eq!(twice, [false; 4], "what was read at once says nothing of the clock");
        let dense = heard(&[(0, 100), (1, 100), (2, 100), (3, 101), (4, 101), (5, 101), (6, 101), (7, 101)]);
        assert_eq!(dense, [false; 8]);
    }

    #[test]
    fn a_clock_that_is_wrong_is_known_by_its_pace() {
        assert_eq!(heard(&[(-7_200, 0), (-7_140, 61), (-7_080, 125), (-7_020, 180)]), [false, true, true, true]);
        assert_eq!(heard(&[(7_200, 0), (7_260, 60)]), [false, true], "nor does a clock that is fast hide anything");
        assert_eq!(
            heard(&[(-900, 0), (-840, 66), (-780, 119)]),
            [false, true, true],
            "nor one whose readings come late"
        );
        assert_eq!(heard(&[(-900, 0), (-840, 67), (-780, 137)]), [false, false, false], "up to a tenth");
        assert_eq!(heard(&[(-9_000, 0), (-1_000, 8_031)]), [false, false], "and half a minute");
        let each_second = heard(&[(-900, 0), (-899, 1), (-898, 2), (-897, 3), (-896, 4), (-895, 5), (-894, 6)]);
        assert_eq!(each_second, [false, false, false, false, false, true, true]);
        assert_eq!(heard(&[(-900, 0), (-890, 10), (-800, 3_000), (-790, 3_001)]), [false, true, false, false]);
    }
}
