//! A register that only grows, of a counter that begins anew with each car.

use amprule_domain::Energy;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counter {
    /// All that it counted before it began anew.
    before: Energy,
    last: Energy,
}

impl Counter {
    pub(crate) const NEW: Self = Self { before: Energy::ZERO, last: Energy::ZERO };

    /// True: it began anew.
    pub(crate) fn shows(&mut self, counted: Energy) -> bool {
        let begins_anew = counted.mwh() <= self.last.mwh() / 2 && counted < self.last;
        if begins_anew {
            self.before += self.last;
            self.last = counted;
        } else {
            // A little less than before is a counter that wavers: it waits until there is more.
            self.last = self.last.max(counted);
        }
        begins_anew
    }

    pub(crate) fn register(self) -> Energy {
        self.before + self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stays_counted() {
        let mut counter = Counter::NEW;
        let shown = [0, 100, 2_000, 1_999, 2_100, 0, 50, 10, 30].map(|wh| {
            counter.shows(Energy::from_wh(wh));
            counter.register().mwh() / 1_000
        });
        assert_eq!(shown, [0, 100, 2_000, 2_000, 2_100, 2_100, 2_150, 2_160, 2_180]);
    }
}
