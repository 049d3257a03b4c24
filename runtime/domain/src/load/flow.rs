//! What a session was last seen to draw.

use jiff::Timestamp;

use super::{ByPhase, SiteEvse};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// When it was told.
    pub at: Timestamp,
    /// When it was read, by the station's clock.
    pub read_at: Option<Timestamp>,
    pub power_w: Option<i64>,
    /// Over all phases that were told. Without a phase nobody knows whether it is of one of them or of all.
    pub current_ma: Option<i64>,
    /// Of the station's own L1, L2 and L3.
    pub by_phase_ma: [Option<i64>; 3],
}

impl Flow {
    /// Of the site's phases, in tenths.
    pub(super) fn by_phase(&self, evse: &SiteEvse, volts: u32) -> Option<ByPhase> {
        let own = self.own(evse, volts)?;
        let mut drawn = [0; 3];
        evse.phases.iter().zip(own).for_each(|(phase, own)| drawn[*phase] = own);
        Some(drawn)
    }

    /// On the phase that has most, in tenths: the least that it can be.
    pub(super) fn peak(&self, evse: &SiteEvse, volts: u32) -> Option<i64> {
        self.own(evse, volts).map(|own| own.into_iter().max().unwrap_or(0))
    }

    /// Of each of its phases, in its own order.
    fn own(&self, evse: &SiteEvse, volts: u32) -> Option<ByPhase> {
        let all = self.power_w.map(|watts| watts.saturating_mul(10) / i64::from(volts.max(1)));
        let count = i64::try_from(evse.phases.len()).unwrap_or(3).max(1);
        if evse.is_direct {
            return all.map(|all| [all / count; 3]);
        }
        let told = self.by_phase_ma.map(|current| current.map(|milliamperes| milliamperes / 100));
        let known = told.iter().flatten().count();
        if known == 0 {
            let current = self.current_ma.map(|milliamperes| milliamperes / 100);
            // Whichever tells more: a current without a phase may be that of one, and a power is that of all.
            return current.into_iter().chain(all).max().map(|all| [all / count; 3]);
        }
        let sum: i64 = told.iter().flatten().sum();
        if count == 1 {
            return Some([sum; 3]);
        }
        // Who tells one phase of three loads the others by what its power leaves, or alike.
        let untold = told.iter().take(evse.phases.len()).filter(|current| current.is_none()).count();
        let of_power = |all: i64| (all - sum).max(0) / i64::try_from(untold.max(1)).unwrap_or(1);
        let other = all.map_or(sum / i64::try_from(known).unwrap_or(1), of_power);
        Some(told.map(|current| current.unwrap_or(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StationId;
    use crate::load::Amperes;

    fn evse(phases: &[usize]) -> SiteEvse {
        SiteEvse {
            station: StationId::new("cs"),
            evse: 1,
            circuit: 0,
            phases: phases.to_vec(),
            least: Amperes::whole(6),
            most: Amperes::whole(32),
            safe: Amperes::whole(6),
            alone: None,
            never_paused: false,
            is_direct: false,
            priority: 0,
        }
    }

    fn drawn(phases: &[usize], power_w: Option<i64>, current_ma: Option<i64>, by_phase_a: [i64; 3]) -> Option<ByPhase> {
        let by_phase_ma = by_phase_a.map(|amperes| (amperes >= 0).then_some(amperes * 1_000));
        Flow { power_w, current_ma, by_phase_ma, ..Flow::default() }.by_phase(&evse(phases), 230)
    }

    /// No phase is told.
    const NONE: [i64; 3] = [-1; 3];

    #[test]
    fn a_car_on_one_phase_loads_that_phase() {
        assert_eq!(drawn(&[0, 1, 2], Some(6_440), Some(28_000), [28, 0, 0]), Some([280, 0, 0]));
        assert_eq!(drawn(&[1, 2, 0], None, Some(28_000), [28, 0, 0]), Some([0, 280, 0]), "its L1 is the site's L2");
        assert_eq!(drawn(&[2], None, Some(28_000), [-1, 28, -1]), Some([0, 0, 280]), "whatever it calls its phase");
    }

    #[test]
    fn who_tells_less_than_all_is_believed_what_it_tells_most_of() {
        assert_eq!(drawn(&[0, 1, 2], None, Some(28_000), [28, -1, -1]), Some([280; 3]), "one phase of three");
        assert_eq!(drawn(&[0, 1, 2], Some(6_440), Some(28_000), [28, -1, -1]), Some([280, 0, 0]), "which is all of it");
        assert_eq!(drawn(&[0, 1, 2], Some(19_320), Some(28_000), NONE), Some([280; 3]), "a current of each phase");
        assert_eq!(drawn(&[0, 1, 2], None, Some(30_000), NONE), Some([100; 3]), "so much at the least");
        assert_eq!(drawn(&[0, 1, 2], Some(6_900), None, NONE), Some([100; 3]));
        assert_eq!(drawn(&[0, 1, 2], None, None, NONE), None);
    }
}
