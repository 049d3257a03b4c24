//! A box over Modbus TCP: four registers to read and two to write. Put in those of the manual.
//!
//! A turn is told what shall be so, says over its wires what brings that about, and reports what it sees. What it asks ends the
//! call until there is an answer, so it begins again with each: ask for the same things in the same order.

use amprule_plugin_sdk::device::{Order, Wire};
use amprule_plugin_sdk::{Driver, Problem, Seen, State, TurnInput, export_device};

const MAIN: Wire = Wire::named("main");
const LIMIT: u16 = 200;
const SWITCH: u16 = 201;
/// In tenths of an ampere.
const MOST: u32 = 320;
const LEAST: u32 = 60;

struct Device;

impl Driver for Device {
    fn turn(input: TurnInput) -> Result<Seen, Problem> {
        let wanted = tenths(&input);
        let said = wanted.to_string();
        if input.fresh || input.kept.as_ref() != Some(&said) {
            // A limit first: what is switched on then begins with it.
            if wanted > 0 {
                MAIN.write(LIMIT, wanted)?;
            }
            MAIN.write(SWITCH, (wanted > 0).into())?;
        }

        let read = MAIN.holding(100, 4)?;
        let seen = state(read.u16(0)?).energy(read.u32(2, Order::HighFirst)?.into(), 0);
        Ok(Seen { power_w: Some(read.u16(1)?.into()), keep: Some(said), ..seen })
    }
}

/// 0 is off. Less than a car can take is off, and more than what is allowed is never said.
fn tenths(input: &TurnInput) -> u16 {
    let limit = input.limit_da.unwrap_or(MOST).min(MOST);
    let wanted = if input.on && limit >= LEAST { limit } else { 0 };
    u16::try_from(wanted).unwrap_or_default()
}

fn state(state: u16) -> Seen {
    match state {
        0 => Seen::new(State::Available),
        1 => Seen::new(State::Plugged),
        2 => Seen::new(State::SuspendedVehicle),
        3 => Seen::new(State::Charging),
        other => Seen { error: Some(other.to_string()), ..Seen::new(State::Faulted) },
    }
}

export_device!(Device);
