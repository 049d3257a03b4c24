//! A stretch of time in one state.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::TariffClock;
use crate::Energy;
use crate::event::ChargingState;

/// A stretch of time in one state, within one stretch of the tariff's clock. Written as `[start, end, mWh, state]`:
/// a session is written at every reading, and its periods are most of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stretch", try_from = "Stretch")]
pub struct Period {
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub energy: Energy,
    pub state: ChargingState,
}

/// Start and end in µs, energy in mWh.
#[derive(Serialize, Deserialize)]
struct Stretch(i64, i64, i64, ChargingState);

impl From<Period> for Stretch {
    fn from(period: Period) -> Self {
        let Period { started_at, ended_at, energy, state } = period;
        Self(started_at.as_microsecond(), ended_at.as_microsecond(), energy.mwh(), state)
    }
}

impl TryFrom<Stretch> for Period {
    type Error = jiff::Error;

    fn try_from(Stretch(start, end, mwh, state): Stretch) -> Result<Self, jiff::Error> {
        let (started_at, ended_at) = (Timestamp::from_microsecond(start)?, Timestamp::from_microsecond(end)?);
        Ok(Self { started_at, ended_at, energy: Energy::from_mwh(mwh), state })
    }
}

impl Period {
    pub(super) fn seconds(&self) -> i64 {
        self.ended_at.as_second() - self.started_at.as_second()
    }

    pub(super) fn is_charging(&self) -> bool {
        self.state == ChargingState::Charging
    }

    /// How much of it lies between these moments.
    pub(super) fn seconds_within(&self, from: Timestamp, to: Timestamp) -> i64 {
        let (from, to) = (self.started_at.max(from), self.ended_at.min(to));
        (to.as_second() - from.as_second()).max(0)
    }
}

/// At most `room` pieces, which it uses up; what is beyond stays in one.
pub(super) fn cut(stretch: Period, clock: &TariffClock, room: &mut usize) -> impl Iterator<Item = Period> {
    let (end, state) = (stretch.ended_at, stretch.state);
    let mut from = stretch.started_at;
    std::iter::from_fn(move || {
        if from >= end {
            return None;
        }
        *room = room.saturating_sub(1);
        let to = if *room == 0 { end } else { clock.next_boundary(from).min(end) };
        let piece = Period { started_at: from, ended_at: to, energy: Energy::ZERO, state };
        from = to;
        Some(piece)
    })
}

/// Joins periods of one state within each stretch of the clock. Every state keeps its time and its energy there; only
/// the order of the states within the stretch is lost.
pub(super) fn fold(periods: &[Period], clock: &TariffClock) -> Vec<Period> {
    let mut folded = Vec::new();
    let mut rest = periods;
    while let Some(first) = rest.first() {
        let until = clock.next_boundary(first.started_at);
        let within = rest.iter().take_while(|period| period.ended_at <= until).count().max(1);
        let (stretch, others) = rest.split_at(within);
        join_states(stretch, &mut folded);
        rest = others;
    }
    folded
}

fn join_states(stretch: &[Period], folded: &mut Vec<Period>) {
    let Some(first) = stretch.first() else { return };
    let mut from = first.started_at;
    for state in [ChargingState::Charging, ChargingState::Suspended, ChargingState::Idle] {
        let of_state = || stretch.iter().filter(|period| period.state == state);
        let time: SignedDuration = of_state().map(|period| period.ended_at.duration_since(period.started_at)).sum();
        if of_state().next().is_some() {
            let to = from.checked_add(time).unwrap_or(from);
            let energy = of_state().map(|period| period.energy).sum();
            folded.push(Period { started_at: from, ended_at: to, energy, state });
            from = to;
        }
    }
}
