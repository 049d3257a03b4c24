//! `amprule:device/driver`: what shall be so, and what the driver saw.

use amprule_domain::Energy;
use amprule_domain::decision::Fault;
use amprule_hooks::driver::{DeviceFacts, DeviceState, Observed, TurnInput, TurnOutput};
use wasmtime::Store;
use wasmtime::component::Instance;

use crate::fault::invalid;
use crate::log::printable;
use crate::sandbox::Sandbox;
use crate::v1::bindings::exports::amprule::device::driver as wit;
use crate::v1::{Parameters, lift_optional, lift_problem, lists};

pub(crate) const DRIVER: &str = "amprule:device/driver";
pub(crate) use wit::GuestIndices as Indices;

/// Of a text that the hardware says of itself.
const MOST_SAID: usize = 255;

pub(crate) fn call(
    input: &TurnInput,
    facts: &DeviceFacts,
    export: &Indices,
    store: &mut Store<Sandbox>,
    instance: &Instance,
    parameters: &Parameters,
) -> wasmtime::Result<Result<TurnOutput, Fault>> {
    let lists = lists(&input.parameters);
    let parameters = match parameters.lower(&input.parameters, &lists) {
        Ok(parameters) => parameters,
        Err(fault) => return Ok(Err(fault)),
    };
    let question = wit::TurnInput {
        now: input.now.as_millisecond(),
        on: input.shall.be_on,
        limit_da: input.shall.most_deciamperes,
        phases: input.shall.phases,
        unlock: input.shall.unlock,
        fresh: input.is_fresh,
        kept: input.kept.as_deref(),
        parameters: &parameters,
    };
    let answer = export.load(&mut *store, instance)?.call_turn(store, question)?;
    Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(|seen| lift(seen, facts)))
}

fn lift(seen: wit::Seen, facts: &DeviceFacts) -> Result<TurnOutput, Fault> {
    let state = match seen.state {
        wit::State::Available => DeviceState::Available,
        wit::State::Plugged => DeviceState::Plugged,
        wit::State::Charging => DeviceState::Charging,
        wit::State::SuspendedVehicle => DeviceState::SuspendedVehicle,
        wit::State::SuspendedCharger => DeviceState::SuspendedCharger,
        wit::State::Faulted => DeviceState::Faulted,
        wit::State::Unavailable => DeviceState::Unavailable,
    };
    let phases = seen.phases.unwrap_or(facts.phases);
    if !(1..=3).contains(&phases) {
        return Err(invalid("phases", format_args!("1 to 3, and not {phases}")));
    }
    if let Some(kept) = seen.keep.as_deref().filter(|kept| serde_json::from_str::<serde::de::IgnoredAny>(kept).is_err())
    {
        let kept: String = printable(kept).chars().take(80).collect();
        return Err(invalid("keep", format_args!("{kept:?} is no JSON")));
    }
    let energy = |name: &str, wh| lift_optional(|| name.to_owned(), wh).map(|wh| wh.and_then(Energy::from_decimal_wh));
    let seen_by_it = Observed {
        state,
        plugged: seen.plugged,
        vendor: said(seen.vendor).unwrap_or_else(|| facts.vendor.clone()),
        model: said(seen.model).unwrap_or_else(|| facts.model.clone()),
        serial: said(seen.serial),
        firmware: said(seen.firmware),
        phases,
        error: said(seen.error).filter(|_| state == DeviceState::Faulted),
        token: said(seen.token),
        register: energy("energy-wh", seen.energy_wh)?,
        session_register: energy("session-wh", seen.session_wh)?,
        power_w: seen.power_w,
        current_ma: seen.current_ma,
        limit_deciamperes: seen.limit_da,
    };
    Ok(TurnOutput { seen: seen_by_it, kept: seen.keep })
}

/// Without what no display shows.
fn said(text: Option<String>) -> Option<String> {
    let text: String = printable(&text?).chars().take(MOST_SAID).collect();
    Some(text).filter(|text| !text.is_empty())
}
