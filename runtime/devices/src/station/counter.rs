//! A register that only grows, of a counter that begins anew with each car.

use amprule_domain::Energy;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counter {
    /// All that it counted before it began anew.
    before: Energy,
    last: Energy,
    /// It was seen to do so once: a second time in a row it has.
    #[serde(skip)]
    doubt: Option<Doubt>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    Falls,
    Leaps,
}

/// What became of a counter at a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    On,
    Anew,
    /// It counts as unseen, until the next look.
    Doubtful,
}

/// More than a car takes between two looks.
const LEAP: Energy = Energy::from_wh(100_000);
/// No counter wavers by so much.
const WAVER: Energy = Energy::from_wh(100);

impl Counter {
    pub(crate) const NEW: Self = Self { before: Energy::ZERO, last: Energy::ZERO, doubt: None };

    /// `was_unseen`: one car may have gone and another come meanwhile.
    pub(crate) fn shows(&mut self, counted: Energy, is_new_car: bool, was_unseen: bool) -> Shown {
        let is_much = counted.mwh() <= self.last.mwh() / 2 || (was_unseen && counted + WAVER < self.last);
        let falls = counted < self.last && (is_new_car || is_much);
        let leaps = counted > self.last + LEAP;
        let doubt = if leaps { Some(Doubt::Leaps) } else { (falls && !is_new_car).then_some(Doubt::Falls) };
        if doubt.is_some() && self.doubt != doubt {
            // One reading of nothing, or of everything, is a glitch.
            self.doubt = doubt;
            return Shown::Doubtful;
        }
        self.doubt = None;
        if falls {
            self.before += self.last;
            self.last = counted;
            return Shown::Anew;
        }
        // A little less than before is a counter that wavers: it waits until there is more.
        self.last = self.last.max(counted);
        Shown::On
    }

    pub(crate) fn register(self) -> Energy {
        self.before + self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<const N: usize>(counted: [(i64, bool); N]) -> [i64; N] {
        let mut counter = Counter::NEW;
        counted.map(|(wh, is_new_car)| {
            counter.shows(Energy::from_wh(wh), is_new_car, false);
            counter.register().mwh() / 1_000
        })
    }

    #[test]
    fn what_was_counted_stays_counted() {
        let counted = [0, 100, 2_000, 1_999, 2_100, 0, 0, 50, 10, 12, 30].map(|wh| (wh, false));
        assert_eq!(shown(counted), [0, 100, 2_000, 2_000, 2_100, 2_100, 2_100, 2_150, 2_150, 2_162, 2_180]);
    }

    #[test]
    fn one_reading_of_nothing_or_of_everything_counts_nothing() {
        let counted = [5_000, 0, 4_294_967_295, 5_010, 4_294_967_295, 5_020].map(|wh| (wh, false));
        assert_eq!(shown(counted), [5_000, 5_000, 5_000, 5_010, 5_010, 5_020]);
    }

    #[test]
    fn a_new_car_begins_anew_however_little_the_counter_fell() {
        assert_eq!(shown([(2_000, false), (1_500, true), (1_600, false)]), [2_000, 3_500, 3_600]);
    }
}
