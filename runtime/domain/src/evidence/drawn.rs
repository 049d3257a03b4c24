//! Power as a witness: no meter, but it can contradict one.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond::required as micros;
use serde::{Deserialize, Serialize};

use super::Power;
use crate::Energy;

/// A power that was told says nothing about more than so much time before it.
const LASTS_S: i64 = 900;
/// It contradicts a register that shows less than a quarter of it, or more than four times as much where it stands for
/// most of the session; not for little energy, and not when it is in another unit.
const TIMES: i64 = 4;
const COUNTS: Energy = Energy::from_wh(1_000);
const SHOWS: Energy = Energy::from_wh(50);

/// A register that stands still for so long while so many watts flow is an old value.
const STANDS_S: i64 = 1_800;
const FLOWS_W: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drawn {
    #[serde(rename = "e")]
    energy: Energy,
    #[serde(rename = "t", with = "micros")]
    until: Timestamp,
    /// The time that it stands for.
    #[serde(rename = "s")]
    seconds: i64,
    /// The latest that was told.
    #[serde(rename = "w", default)]
    watts: i64,
}

impl Drawn {
    pub(super) fn since(at: Timestamp) -> Self {
        Self { energy: Energy::ZERO, until: at, seconds: 0, watts: 0 }
    }

    /// More than the EVSE can deliver is in another unit, and says nothing.
    pub(super) fn add(&mut self, at: Timestamp, watts: i64, most: Power) {
        if at > self.until && (0..=most.0).contains(&watts) {
            let seconds = (at.as_second() - self.until.as_second()).min(LASTS_S);
            self.energy += Energy::from_mwh(watts.saturating_mul(seconds) * 10 / 36);
            self.seconds += seconds;
            (self.until, self.watts) = (at, watts);
        }
    }

    /// A register has stood still between these moments, and the latest that was told is that something flows.
    pub(super) fn contradicts_standstill(&self, from: Timestamp, to: Timestamp) -> bool {
        let seconds = to.as_second() - from.as_second();
        self.watts >= FLOWS_W && seconds > STANDS_S
    }

    /// Whether about so much may have flowed.
    pub(super) fn supports(&self, energy: Energy) -> bool {
        self.energy.mwh().saturating_mul(2) >= energy.mwh()
    }

    /// `seconds`: how long the session was.
    pub(super) fn contradicts(&self, energy: Energy, seconds: i64) -> bool {
        let (shown, drawn) = (energy.mwh(), self.energy.mwh());
        let is_less = self.energy >= COUNTS && shown.saturating_mul(TIMES) < drawn;
        let covers = self.seconds.saturating_mul(5) >= seconds.saturating_mul(3);
        let is_more = covers && self.energy >= SHOWS && shown > drawn.saturating_mul(TIMES) + COUNTS.mwh();
        is_less || is_more
    }
}
