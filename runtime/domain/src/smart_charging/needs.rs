//! What a car wants (ISO 15118; OCPP 2.0.1, K15 to K17). Whoever shares out power gives it a profile.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::Most;
use crate::energy_transfer::EnergyTransfer;
use crate::load::Allowed;

/// V between a phase and neutral.
const VOLTS: f64 = 230.0;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    pub evse: u32,
    /// ChargingNeedsType, as it came.
    pub needs: Value,
    /// What comes of it, found out before it is answered.
    #[serde(default)]
    pub follows: Follows,
}

/// What a car that has told its needs is to expect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Follows {
    /// A profile for its transaction.
    #[default]
    Profile,
    /// None: what stands at the station holds for it.
    Nothing,
    /// None: its driver's token does not allow this kind of energy transfer (2.1, Q01).
    Refusal,
}

impl Needs {
    /// What the car can take, with as many phases as it wants. `None`: it does not say.
    pub fn most(&self) -> Option<Allowed> {
        let of_ac = self.number("acChargingParameters", "evMaxCurrent");
        let of_ac = of_ac.map(|current| current * VOLTS * f64::from(self.phases().unwrap_or(3)));
        let watts = self.most_of_dc().or(of_ac).or_else(|| self.most_of_v2x()).filter(|watts| *watts > 0.0)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
        Some(watts_for(watts as u32, self.phases()))
    }

    /// W. Some cars tell no power, but what must be told: current and voltage.
    fn most_of_dc(&self) -> Option<f64> {
        let of = |member| self.number("dcChargingParameters", member);
        of("evMaxPower").or_else(|| Some(of("evMaxCurrent")? * of("evMaxVoltage")?))
    }

    /// W. A power is of all phases, unless there is one of the second or the third.
    fn most_of_v2x(&self) -> Option<f64> {
        let of = |member| self.number("v2xChargingParameters", member);
        let others = ["maxChargePower_L2", "maxChargePower_L3"].into_iter().filter_map(of);
        let power = of("maxChargePower").map(|power| others.fold(power, |sum, other| sum + other));
        power.or_else(|| Some(of("maxChargeCurrent")? * of("maxVoltage")?))
    }

    fn number(&self, parameters: &str, member: &str) -> Option<f64> {
        self.needs[parameters][member].as_f64()
    }

    /// What an EVSE delivers, for this car. `connected`: with how many phases, as far as that is known; else it is taken to be as many
    /// as the car wants.
    pub fn most_of_evse(&self, watts: i64, connected: Option<u8>) -> Allowed {
        let phases = self.phases().map(|wanted| connected.unwrap_or(wanted));
        watts_for(u32::try_from(watts).unwrap_or(u32::MAX), phases)
    }

    /// Whether energy may pass as the car wants it. `allowed`: of its driver's token; none: as car and station agree.
    pub fn is_allowed(&self, allowed: &[EnergyTransfer]) -> bool {
        let Some(wanted) = self.needs["requestedEnergyTransfer"].as_str() else { return true };
        allowed.is_empty() || allowed.iter().any(|mode| mode.as_str() == wanted)
    }

    /// As many as the car wants (EnergyTransferModeEnumType). `None`: direct current has none.
    fn phases(&self) -> Option<u8> {
        match self.needs["requestedEnergyTransfer"].as_str()? {
            "AC_single_phase" => Some(1),
            "AC_two_phase" => Some(2),
            mode => mode.starts_with("AC").then_some(3),
        }
    }
}

/// Watts are for three phases where nothing else is said (OCPP 2.0.1, K01.FR.49).
fn watts_for(watts: u32, phases: Option<u8>) -> Allowed {
    Allowed { most: Most::Watts(watts), phases: phases.filter(|phases| *phases < 3) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs(needs: Value) -> Needs {
        Needs { evse: 1, needs, follows: Follows::Profile }
    }

    #[test]
    fn watts_are_of_the_phases_that_the_car_wants_or_the_evse_has() {
        let ac =
            |mode: &str| needs(json!({"requestedEnergyTransfer": mode, "acChargingParameters": {"evMaxCurrent": 16}}));
        let dc = needs(json!({"requestedEnergyTransfer": "DC", "dcChargingParameters": {"evMaxPower": 50_000}}));
        let said = |allowed: Option<Allowed>| allowed.map(|allowed| (allowed.most, allowed.phases));
        let watts = |watts: u32, phases: Option<u8>| Some((Most::Watts(watts), phases));
        assert_eq!(said(ac("AC_single_phase").most()), watts(3_680, Some(1)));
        assert_eq!(said(ac("AC_two_phase").most()), watts(7_360, Some(2)));
        assert_eq!(said(ac("AC_three_phase").most()), watts(11_040, None));
        assert_eq!(said(dc.most()), watts(50_000, None));
        assert_eq!(said(needs(json!({"requestedEnergyTransfer": "DC"})).most()), None);
        let most = |parameters: &str, told: Value| {
            said(needs(json!({"requestedEnergyTransfer": "DC_BPT", parameters: told})).most())
        };
        let current = json!({"evMaxCurrent": 125, "evMaxVoltage": 400});
        assert_eq!(most("dcChargingParameters", current), watts(50_000, None), "no power is told");
        let current = json!({"maxChargeCurrent": 50, "maxVoltage": 400});
        assert_eq!(most("v2xChargingParameters", current), watts(20_000, None));
        assert_eq!(most("v2xChargingParameters", json!({"maxChargePower": 9_000})), watts(9_000, None));
        let by_phase = json!({"maxChargePower": 3_000, "maxChargePower_L2": 2_000, "maxChargePower_L3": 1_000});
        assert_eq!(most("v2xChargingParameters", by_phase), watts(6_000, None));
        let one = ac("AC_single_phase");
        let of_evse = |needs: &Needs, connected| said(Some(needs.most_of_evse(7_360, connected)));
        assert_eq!(of_evse(&one, None), watts(7_360, Some(1)));
        assert_eq!(of_evse(&one, Some(3)), watts(7_360, None), "its power is that of three");
        assert_eq!(of_evse(&ac("AC_BPT"), Some(1)), watts(7_360, Some(1)));
        assert_eq!(of_evse(&dc, Some(1)), watts(7_360, None), "a station refuses phases of direct current");
    }

    #[test]
    fn a_token_that_names_ways_allows_no_others() {
        let wants = needs(json!({"requestedEnergyTransfer": "DC_BPT"}));
        assert!(wants.is_allowed(&[]) && wants.is_allowed(&[EnergyTransfer::Dc, EnergyTransfer::DcBpt]));
        assert!(!wants.is_allowed(&[EnergyTransfer::Dc]));
        assert!(needs(json!({})).is_allowed(&[EnergyTransfer::Dc]), "who does not say what he wants is not refused it");
    }
}
