//! Power, current and the vehicle's state of charge as witnesses: none is a meter, but each can contradict one.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::microsecond::required as micros;
use serde::{Deserialize, Serialize};

use super::Power;
use crate::Energy;
use crate::reading::Reading;

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

/// What a current comes to at the least, V.
const VOLTAGE: i64 = 230;

/// A vehicle whose state of charge rises by so many percent has taken more than so much.
const CHARGED_PERCENT: u8 = 5;
const CHARGED: Energy = Energy::from_wh(500);

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
    /// The first and the latest state of charge.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    soc: Option<(u8, u8)>,
}

impl Drawn {
    pub(super) fn since(at: Timestamp) -> Self {
        Self { energy: Energy::ZERO, until: at, seconds: 0, watts: 0, soc: None }
    }

    /// What a reading tells. A current alone is a power at the least, which contradicts no register that shows more.
    pub(super) fn hear(&mut self, at: Timestamp, reading: &Reading, most: Power) {
        // What flows out of the vehicle is drawn by nobody: a current beside it has no direction.
        let power_w =
            if reading.given_w().is_some() { Some(reading.power_w.unwrap_or(0).max(0)) } else { reading.power_w };
        match (power_w, reading.current_ma) {
            (Some(watts), _) => self.seconds += self.add(at, watts, most),
            (None, Some(milliamperes)) => _ = self.add(at, milliamperes.saturating_mul(VOLTAGE) / 1000, most),
            (None, None) => {}
        }
        if let Some(soc) = reading.soc {
            self.soc = Some((self.soc.map_or(soc, |(first, _)| first), soc));
        }
    }

    /// The seconds that it stands for. More than the EVSE can deliver is in another unit, and says nothing.
    fn add(&mut self, at: Timestamp, watts: i64, most: Power) -> i64 {
        if at <= self.until || !(0..=most.watts).contains(&watts) {
            return 0;
        }
        let seconds = (at.as_second() - self.until.as_second()).min(LASTS_S);
        self.energy += Energy::from_mwh(watts.saturating_mul(seconds) * 10 / 36);
        (self.until, self.watts) = (at, watts);
        seconds
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
        let has_charged = self.soc.is_some_and(|(first, last)| last >= first.saturating_add(CHARGED_PERCENT));
        is_less || is_more || (has_charged && energy < CHARGED)
    }
}
