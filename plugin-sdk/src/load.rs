//! What nearly everybody who shares load needs of a site, and the answers.

use std::cmp::Reverse;

pub use crate::bindings::load::exports::amprule::load::load::{Circuit, Evse, LocalTime, Meter};
use crate::{Decimal, LoadInput, LoadOutput, Share};

impl LoadInput {
    /// The greater priority first, then who came first.
    pub fn by_priority(&self) -> Vec<&Evse> {
        let mut evses: Vec<&Evse> = self.evses.iter().collect();
        evses.sort_by_key(|evse| (Reverse(evse.priority), evse.started_at));
        evses
    }

    /// `None` while it says nothing.
    pub fn meter(&self, id: &str) -> Option<&Meter> {
        self.meters.iter().find(|meter| meter.id == id)
    }

    pub fn circuit(&self, id: &str) -> Option<&Circuit> {
        self.circuits.iter().find(|circuit| circuit.id == id)
    }
}

impl Evse {
    /// It may have so many amperes of each phase.
    pub fn give(&self, most_a: Decimal) -> Share {
        Share { evse: self.id.clone(), most_a }
    }

    /// What so many amperes of each phase come to, in watts.
    pub fn watts(&self, amperes: Decimal, voltage_v: u32) -> Decimal {
        amperes * Decimal::from(i64::from(voltage_v) * i64::from(self.phases))
    }
}

impl LoadOutput {
    pub fn new(shares: impl IntoIterator<Item = Share>) -> Self {
        Self { shares: shares.into_iter().collect(), next_change_at: None }
    }
}
