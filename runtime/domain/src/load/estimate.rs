//! What others take of a circuit: what its meter shows, without what charges there.
//!
//! The two are never read at the same moment, and a station may tell what it draws once a minute. So the difference is taken only
//! while what is drawn was told lately; in between the last one stands, as far as the meter allows: others take no more than all that
//! flows, and no less than all that flows without the most that may have been charged of late. A limit that was lowered shows on the
//! meter only when the car has followed: what it still draws is not held against it as if others took it.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::ByPhase;
use super::direction::signed;

/// What was told so long ago is not held against a meter.
pub(super) const FRESH: SignedDuration = SignedDuration::from_secs(20);
/// A meter that was silent for so long says nothing.
pub(super) const SILENT: SignedDuration = SignedDuration::from_secs(20);

/// In tenths.
const MOST: i64 = 10_000_000;

/// What a meter showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReading {
    pub at: Timestamp,
    /// Below zero where it flows out.
    pub power_w: Option<i64>,
    /// Of L1, L2 and L3; a meter of one phase tells one. Below zero where it flows out.
    pub current_a: Vec<Decimal>,
    /// Beside the currents, where it tells them: below zero where it flows out.
    pub by_phase_w: Vec<i64>,
}

impl MeterReading {
    /// By phase, in tenths. Where it tells power alone all of it may be on one phase. `None`: it tells neither.
    pub(super) fn flows(&self, volts: u32) -> Option<ByPhase> {
        let tenths = |amperes: &Decimal| {
            let tenths = amperes.checked_mul(Decimal::TEN).and_then(|tenths| tenths.ceil().to_i64());
            // No site carries a million amperes: whoever says so is not to be relied on, and all is taken.
            tenths.filter(|tenths| tenths.abs() <= MOST).unwrap_or(MOST)
        };
        let currents: Vec<i64> = self.current_a.iter().map(tenths).collect();
        match signed(&currents, &self.by_phase_w, self.power_w, volts)[..] {
            [all] => Some([all; 3]),
            [first, second, third] => Some([first, second, third]),
            _ => self.power_w.map(|watts| {
                let tenths = watts.saturating_mul(10) / i64::from(volts.max(1));
                [if tenths.saturating_abs() > MOST { MOST } else { tenths }; 3]
            }),
        }
    }
}

/// Of one circuit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Others(Option<ByPhase>);

impl Others {
    /// `drawn`: what charges there, where all of it was told lately; `most`: what may have charged there at the most.
    pub(super) fn look(&mut self, flows: ByPhase, drawn: Option<ByPhase>, most: ByPhase) -> ByPhase {
        let before = self.0;
        let others = std::array::from_fn(|phase| {
            let fresh = drawn.map(|drawn| flows[phase] - drawn[phase]);
            let known = fresh.or(before.map(|before| before[phase])).unwrap_or(flows[phase]);
            known.clamp(flows[phase] - most[phase].max(0), flows[phase])
        });
        self.0 = Some(others);
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_car_that_begins_to_draw_is_not_taken_for_others() {
        let mut others = Others::default();
        assert_eq!(others.look([200; 3], Some([0; 3]), [0; 3]), [200; 3], "no car");
        assert_eq!(others.look([520; 3], None, [320; 3]), [200; 3], "it draws, and has not said so yet");
        assert_eq!(others.look([670; 3], None, [320; 3]), [350; 3], "the house takes more: so much is certain");
        assert_eq!(others.look([370; 3], None, [320; 3]), [350; 3], "the house or the car: nobody has said");
        assert_eq!(others.look([370; 3], Some([320; 3]), [320; 3]), [50; 3], "the car has");
        assert_eq!(others.look([-100; 3], Some([0; 3]), [320; 3]), [-100; 3], "the sun");
    }

    fn nothing() -> MeterReading {
        MeterReading { at: Timestamp::UNIX_EPOCH, power_w: None, current_a: Vec::new(), by_phase_w: Vec::new() }
    }

    #[test]
    fn what_a_meter_shows_is_taken_as_it_is() {
        let reading = |watts: Option<i64>, amperes: &[i64]| {
            let current_a = amperes.iter().map(|tenths| Decimal::new(*tenths, 1)).collect();
            MeterReading { current_a, power_w: watts, ..nothing() }.flows(230)
        };
        assert_eq!(reading(Some(6_900), &[100, 100, 100]), Some([100; 3]));
        assert_eq!(reading(Some(-1_000), &[-100, 20, 30]), Some([-100, 20, 30]));
        assert_eq!(reading(None, &[55]), Some([55; 3]));
        assert_eq!(reading(Some(2_300), &[]), Some([100; 3]), "it may be on any of them");
        assert_eq!(reading(None, &[]), None);
        for absurd in [i64::MAX, i64::MIN, -2_147_483_648] {
            assert_eq!(reading(Some(absurd), &[]), Some([MOST; 3]), "{absurd}");
        }
        let absurd = MeterReading { current_a: vec![Decimal::MAX], ..nothing() };
        assert_eq!(absurd.flows(230), Some([MOST; 3]));
    }
}
