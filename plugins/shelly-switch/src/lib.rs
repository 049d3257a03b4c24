//! A car on a socket behind a Shelly switch with a meter, generation 2 and later: `Switch.GetStatus`, `Switch.Set`. Nothing was tried on
//! hardware. A password is not spoken: these devices want a digest.
//!
//! The map `shelly-plug` drives the first switch of a device as it comes; this one has parameters.

use amprule_plugin_sdk::device::{Answer, Wire};
use amprule_plugin_sdk::{Decimal, Driver, Parameters, Problem, Seen, State, TurnInput, export_device};

const MAIN: Wire = Wire::named("main");
/// Told again three times before it would switch itself off.
const TIMES: i64 = 3;

struct Switch;

impl Driver for Switch {
    fn turn(input: TurnInput) -> Result<Seen, Problem> {
        let channel = input.parameters.integer("channel")?.to_string();
        let told = tell(&input, &channel)?;
        let status = MAIN.get(&["/rpc/Switch.GetStatus?id=", &channel].concat())?;
        let power = status.whole("/apower");
        let from = input.parameters.integer("charging_from_w")?;
        let is_charging = power.is_some_and(|power| power >= from);
        let seen = match fault(&status) {
            Some(fault) => Seen { error: Some(fault), ..Seen::new(State::Faulted) },
            // A socket does not see whether a car is there.
            None => Seen::new(match (status.flag("/output"), is_charging) {
                (Some(true), true) => State::Charging,
                (Some(true), false) => State::SuspendedVehicle,
                _ => State::Plugged,
            }),
        };
        let thousandfold = |amperes: Decimal| (amperes * Decimal::from(1000)).round(0).coefficient;
        Ok(Seen {
            energy_wh: status.number("/aenergy/total"),
            power_w: power,
            current_ma: status.number("/current").map(thousandfold),
            keep: Some(told),
            ..seen
        })
    }
}

/// Says what shall be so when that is new, or about to be forgotten. What was told, and when: `"off"`, or the second since 1970.
fn tell(input: &TurnInput, channel: &str) -> Result<String, Problem> {
    let most_da = input.parameters.integer("max_a")? * 10;
    let is_on = input.on && input.limit_da.is_none_or(|limit| i64::from(limit) >= most_da);
    let off_after_s = input.parameters.integer("off_after_s")?;
    let now_s = input.now / 1000;
    let told = input.kept.as_deref().filter(|_| !input.fresh);
    let set = ["/rpc/Switch.Set?id=", channel, "&on="].concat();
    if !is_on {
        if told != Some(OFF) {
            MAIN.switch_by_get(&[set.as_str(), "false"].concat(), Some("was_on"))?;
        }
        return Ok(OFF.to_owned());
    }
    let told_s: Option<i64> = told.and_then(|told| told.parse().ok());
    match told_s {
        Some(told_s) if now_s - told_s < off_after_s / TIMES => Ok(told_s.to_string()),
        _ => {
            let watched = [set.as_str(), "true&toggle_after=", &off_after_s.to_string()].concat();
            MAIN.switch_by_get(&watched, Some("was_on"))?;
            Ok(now_s.to_string())
        }
    }
}

const OFF: &str = "\"off\"";

fn fault(status: &Answer) -> Option<String> {
    let fault = status.text("/errors/0")?;
    Some(["the switch protects itself: ", &fault].concat())
}

export_device!(Switch);
