//! Amperfied connect (Heidelberg) over Modbus TCP: the registers of the Energy Control, and a reader and a change of phases beside
//! them. By its register table and what others read of it in the field; nothing was tried on hardware.

use amprule_plugin_sdk::device::{Order, Registers, Wire};
use amprule_plugin_sdk::{Driver, Parameters, Problem, Seen, State, TurnInput, export_device};

const MAIN: Wire = Wire::named("main");

/// Input registers.
const STATE: u16 = 5;
const PHASES: u16 = 5001;
/// Holding registers.
const PHASES_WANTED: u16 = 501;
const STANDBY: u16 = 258;
const LIMIT: u16 = 261;
const CARD: u16 = 2002;

/// In tenths of an ampere.
const LEAST: u32 = 60;
const MOST: u32 = 160;
/// No standby, in which it does not answer.
const AWAKE: u16 = 4;

struct Connect;

impl Driver for Connect {
    fn turn(input: TurnInput) -> Result<Seen, Problem> {
        let limit = limit_da(&input);
        let told = limit.to_string();
        if input.fresh {
            MAIN.write_several(STANDBY, &[AWAKE])?;
        }
        let phases =
            MAIN.try_input(PHASES, 1).and_then(|read| read.u16(0).ok()).filter(|phases| matches!(phases, 1 | 3));
        let is_changing = changes_phases(&input, limit, phases)?;
        let now = if is_changing { 0 } else { limit };
        if input.fresh || input.kept.as_deref() != Some(now.to_string().as_str()) {
            // Its registers have 16 bits, and a limit has less.
            MAIN.write_several(LIMIT, &[u16::try_from(now).unwrap_or_default()])?;
        }

        let read = MAIN.input(STATE, 14)?;
        let applied = MAIN.holding(LIMIT, 1)?.u16(0)?;
        let current = i64::from(read.u16(1)?) + i64::from(read.u16(2)?) + i64::from(read.u16(3)?);
        let seen = state(&read)?;
        let kept = if is_changing { "0".to_owned() } else { told };
        Ok(Seen {
            power_w: Some(read.u16(9)?.into()),
            current_ma: Some(current * 100),
            limit_da: Some(applied.into()),
            token: card(),
            phases: phases.and_then(|phases| u8::try_from(phases).ok()),
            keep: Some(kept),
            ..seen.energy(read.u32(12, Order::HighFirst)?.into(), 0)
        })
    }
}

/// What is below 6 A is off.
fn limit_da(input: &TurnInput) -> u32 {
    let limit = input.limit_da.unwrap_or(MOST).min(MOST);
    if input.on && limit >= LEAST { limit } else { 0 }
}

/// It changes phases while nothing flows only: the limit is 0 in the turn that asks for it.
fn changes_phases(input: &TurnInput, limit: u32, phases: Option<u16>) -> Result<bool, Problem> {
    let below_da = input.parameters.integer("one_phase_below_a")? * 10;
    let Some(phases) = phases.filter(|_| limit > 0 && below_da > 0) else { return Ok(false) };
    let wanted = if i64::from(limit) < below_da { 1 } else { 3 };
    if wanted == phases {
        return Ok(false);
    }
    MAIN.write_several(LIMIT, &[0])?;
    MAIN.write_several(PHASES_WANTED, &[wanted])?;
    Ok(true)
}

fn state(read: &Registers) -> Result<Seen, Problem> {
    let number = read.u16(0)?;
    Ok(match number {
        2 | 3 => Seen::new(State::Available),
        4 | 6 => Seen::new(State::SuspendedCharger),
        5 => Seen::new(State::SuspendedVehicle),
        7 | 8 => Seen::new(State::Charging),
        10 => Seen::new(State::Unavailable),
        _ => Seen { error: Some(["state ", &number.to_string()].concat()), ..Seen::new(State::Faulted) },
    })
}

/// Boxes without a reader refuse its registers.
fn card() -> Option<String> {
    let card = MAIN.try_holding(CARD, 6)?.text(0, 6).ok()?;
    Some(card).filter(|card| !card.is_empty())
}

export_device!(Connect);
