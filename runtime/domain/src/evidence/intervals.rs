//! Intervals: what flowed since the interval before. Their sum is a session's energy where registers prove none.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Energy;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intervals {
    #[serde(rename = "e")]
    pub(super) energy: Energy,
    /// µs, ascending: when the latest of them were measured, to know those that are told again.
    #[serde(rename = "t")]
    times: Vec<i64>,
}

impl Intervals {
    /// An older one is taken for one that was told before.
    const REMEMBERED: usize = 64;

    /// False: it was told before.
    pub(super) fn add(&mut self, at: Timestamp, energy: Energy) -> bool {
        let Err(place) = self.times.binary_search(&at.as_microsecond()) else { return false };
        if self.times.len() >= Self::REMEMBERED {
            if place == 0 {
                return false;
            }
            self.times.remove(0);
        }
        let place = self.times.partition_point(|time| *time < at.as_microsecond());
        self.times.insert(place, at.as_microsecond());
        self.energy += energy;
        true
    }

    pub(super) fn last(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(*self.times.last()?).ok()
    }
}
