//! `amprule:pricing/pricing`: the question and the answer.

use amprule_domain::decision::Fault;
use amprule_domain::event::ChargingState;
use amprule_domain::pricing::{OutputLine, PricingInput, PricingOutput, PricingPeriod, SessionFacts, TokenFacts};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::exports::amprule::pricing::pricing as wit;
use super::parameters::{Parameters, lists};
use super::types::{guest_error, lift_decimal, lift_optional, lift_time, lower_energy, lower_station, lower_time};
use crate::fault::invalid;
use crate::sandbox::Sandbox;

pub(super) fn find(pre: &InstancePre<Sandbox>) -> wasmtime::Result<wit::GuestIndices> {
    wit::GuestIndices::new(pre)
}

pub(crate) fn call(
    export: &wit::GuestIndices,
    store: &mut Store<Sandbox>,
    instance: &Instance,
    input: &PricingInput,
    parameters: &Parameters,
) -> wasmtime::Result<Result<PricingOutput, Fault>> {
    let lists = lists(&input.parameters);
    let parameters = match parameters.lower(&input.parameters, &lists) {
        Ok(parameters) => parameters,
        Err(fault) => return Ok(Err(fault)),
    };
    let periods: Vec<wit::Period> = input.periods.iter().map(lower_period).collect();
    let question = wit::PricingInput {
        now: lower_time(input.now),
        is_final: input.is_final,
        session: lower_session(&input.session),
        station: lower_station(&input.station),
        token: input.token.as_ref().map(lower_token),
        periods: &periods,
        parameters: &parameters,
        ext: &[],
    };
    let answer = export.load(&mut *store, instance)?.call_price(store, question)?;
    Ok(answer.map_err(|message| guest_error(&message)).and_then(lift))
}

fn lower_session(session: &SessionFacts) -> wit::SessionFacts<'_> {
    wit::SessionFacts {
        id: &session.id,
        started_at: lower_time(session.started_at),
        ended_at: session.ended_at.map(lower_time),
        energy_wh: lower_energy(session.energy),
        duration_s: session.duration_s,
        time_zone: &session.time_zone,
    }
}

fn lower_token(token: &TokenFacts) -> wit::TokenFacts<'_> {
    wit::TokenFacts { kind: &token.kind, group: token.group.as_deref() }
}

fn lower_period(period: &PricingPeriod) -> wit::Period {
    wit::Period {
        started_at: lower_time(period.started_at),
        ended_at: lower_time(period.ended_at),
        duration_s: period.duration_s,
        energy_wh: lower_energy(period.energy),
        state: match period.state {
            ChargingState::Charging => wit::ChargingState::Charging,
            ChargingState::Suspended => wit::ChargingState::Suspended,
            ChargingState::Idle => wit::ChargingState::Idle,
        },
        weekday: period.weekday,
        minute_of_day: period.minute_of_day,
    }
}

fn lift(output: wit::PricingOutput) -> Result<PricingOutput, Fault> {
    let (lines, most) = (output.lines.len(), PricingOutput::MAX_LINES);
    if lines > most {
        return Err(invalid("lines", format_args!("{lines} lines; at most {most} are accepted")));
    }
    let lines = output.lines.into_iter().enumerate().map(|(at, line)| lift_line(at, line));
    Ok(PricingOutput {
        currency: output.currency.parse().map_err(|error| invalid("currency", error))?,
        lines: lines.collect::<Result<_, _>>()?,
        next_change_at: lift_time("nextChangeAt", output.next_change_at)?,
    })
}

fn lift_line(at: usize, line: wit::PricingLine) -> Result<OutputLine, Fault> {
    let path = |field: &'static str| move || format!("lines[{at}].{field}");
    Ok(OutputLine {
        code: line.code,
        description: line.description,
        quantity: lift_optional(path("quantity"), line.quantity)?,
        unit: line.unit,
        unit_price: lift_optional(path("unitPrice"), line.unit_price)?,
        amount: lift_decimal(path("amount"), line.amount)?,
    })
}
