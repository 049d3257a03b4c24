//! What the hardware does beside what it was told: somebody else switches it, it has begun anew and forgot, or it refuses in silence.
//!
//! It is told again after a while, as often as is bearable, and the operator is told once each time that it begins.

use std::time::Duration;

use amprule_hooks::driver::{DeviceState, Observed, Shall};
use tokio::time::Instant;

/// How long a box may take to do what it was told.
const GRACE: Duration = Duration::from_secs(15);
/// Between two times that it is told again.
const LEAST: Duration = Duration::from_secs(15);
const MOST: Duration = Duration::from_secs(600);
/// Less than this is a box and its electronics, and no car.
const RESTING_W: i64 = 50;
/// Boxes round, in tenths of an ampere.
const ROUNDED: u32 = 10;

#[derive(Default)]
pub(super) struct Disagrees {
    shall: Shall,
    shall_since: Option<Instant>,
    begun: Option<Begun>,
}

struct Begun {
    what: &'static str,
    since: Instant,
    told_again: Option<Instant>,
    wait: Duration,
}

/// What is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    Nothing,
    TellAgain,
}

impl Disagrees {
    /// A turn that was told this saw that.
    pub(super) fn look(&mut self, shall: Shall, seen: &Observed, now: Instant) -> Remedy {
        // A limit of what is off anyway is nothing new.
        let is_new = self.shall.be_on != shall.be_on || (shall.be_on && self.shall != shall);
        if self.shall_since.is_none() || is_new {
            (self.shall, self.shall_since, self.begun) = (shall, Some(now), None);
        }
        let Some(what) = difference(shall, seen) else {
            self.begun = None;
            return Remedy::Nothing;
        };
        if self.begun.as_ref().is_none_or(|begun| begun.what != what) {
            self.begun = Some(Begun { what, since: now, told_again: None, wait: LEAST });
        }
        let Some(begun) = &mut self.begun else { return Remedy::Nothing };
        let is_due = begun.told_again.is_none_or(|then| now - then >= begun.wait);
        if now - begun.since < GRACE || !is_due {
            return Remedy::Nothing;
        }
        if begun.told_again.replace(now).is_some() {
            begun.wait = (begun.wait * 2).min(MOST);
        }
        Remedy::TellAgain
    }

    /// For people. `None`: it does what it was told, or has just been told.
    pub(super) fn remark(&self) -> Option<&'static str> {
        self.begun.as_ref().filter(|begun| begun.told_again.is_some()).map(|begun| begun.what)
    }
}

fn difference(shall: Shall, seen: &Observed) -> Option<&'static str> {
    let takes_power = seen.state == DeviceState::Charging && seen.power_w.is_none_or(|watts| watts > RESTING_W);
    let applies_more = |most: u32| seen.limit_deciamperes.is_some_and(|limit| limit > most);
    // 230 V on each phase, and a tenth more. Those that it was told of, if it has others.
    let phases = shall.phases.map_or(seen.phases, |phases| phases.min(seen.phases));
    let takes_more =
        |most: u32| seen.power_w.is_some_and(|watts| watts > i64::from(most) * i64::from(phases) * 253 / 10);
    // Below 6 A no car charges (IEC 61851-1): who holds back then does as it was told.
    let may_charge = |most: Option<u32>| most.is_none_or(|most| most >= 60);
    // What is off for a limit below that may show any other: it gives nothing.
    let is_above = |most: u32| {
        let above = most.saturating_add(ROUNDED);
        (may_charge(Some(most)) && applies_more(above)) || takes_more(above)
    };
    match shall {
        Shall { be_on: false, .. } if takes_power => Some(
            "it charges though nobody was let in: look who else switches it (its app, a timer, another controller)",
        ),
        Shall { be_on: true, most_deciamperes, .. }
            if seen.state == DeviceState::SuspendedCharger && may_charge(most_deciamperes) =>
        {
            Some(
                "it holds back though it may charge: look who else switches it, and whether it waits for a card of its own",
            )
        }
        Shall { be_on: true, most_deciamperes: Some(most), .. } if is_above(most) => {
            Some("it gives more than it was told: look whether it lets others set its limit")
        }
        Shall { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceState::{Charging, SuspendedCharger};
    use Remedy::{Nothing, TellAgain};

    fn seen(state: DeviceState, power_w: Option<i64>, limit_deciamperes: Option<u32>) -> Observed {
        Observed {
            state,
            plugged: None,
            vendor: String::new(),
            model: String::new(),
            serial: None,
            firmware: None,
            phases: 3,
            error: None,
            token: None,
            register: None,
            session_register: None,
            power_w,
            current_ma: None,
            limit_deciamperes,
        }
    }

    const OFF: Shall = Shall { be_on: false, most_deciamperes: None, phases: None, unlock: false };
    const ON: Shall = Shall { be_on: true, most_deciamperes: Some(100), ..OFF };

    #[test]
    fn what_charges_unasked_is_told_again_and_less_and_less_often() {
        let (mut disagrees, began) = (Disagrees::default(), Instant::now());
        let mut at = |seconds, shall, seen: &Observed| {
            let remedy = disagrees.look(shall, seen, began + Duration::from_secs(seconds));
            (remedy, disagrees.remark().is_some())
        };
        let charging = seen(Charging, Some(11_000), None);
        assert_eq!(at(0, OFF, &charging), (Nothing, false), "it was told just now");
        assert_eq!(at(14, OFF, &charging), (Nothing, false));
        assert_eq!(at(15, OFF, &charging), (TellAgain, true));
        assert_eq!(at(20, OFF, &charging), (Nothing, true));
        assert_eq!(at(30, OFF, &charging), (TellAgain, true));
        assert_eq!(at(59, OFF, &charging), (Nothing, true));
        assert_eq!(at(60, OFF, &charging), (TellAgain, true));
        assert_eq!(at(61, OFF, &seen(Charging, Some(12), None)), (Nothing, false), "electronics, and no car");
        assert_eq!(at(62, ON, &charging), (Nothing, false), "now it may");
    }

    #[test]
    fn a_limit_that_is_not_applied_and_a_box_that_holds_back_are_seen() {
        let began = Instant::now();
        let later = began + GRACE;
        for (shall, seen, remedy) in [
            (ON, seen(Charging, None, Some(160)), TellAgain),
            (ON, seen(Charging, None, Some(110)), Nothing),
            (ON, seen(Charging, Some(11_000), None), TellAgain),
            (ON, seen(Charging, Some(7_300), None), Nothing),
            (ON, seen(SuspendedCharger, None, Some(0)), TellAgain),
            (OFF, seen(SuspendedCharger, None, Some(0)), Nothing),
            (Shall { most_deciamperes: Some(0), ..ON }, seen(SuspendedCharger, Some(0), Some(160)), Nothing),
            (Shall { most_deciamperes: Some(0), ..ON }, seen(Charging, Some(7_300), None), TellAgain),
            (Shall { most_deciamperes: None, ..ON }, seen(Charging, None, Some(320)), Nothing),
        ] {
            let mut disagrees = Disagrees::default();
            disagrees.look(shall, &seen, began);
            assert_eq!(disagrees.look(shall, &seen, later), remedy, "{shall:?} {seen:?}");
        }
    }
}
