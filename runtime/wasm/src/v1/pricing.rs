//! `amprule:pricing/pricing`: the question and the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::pricing::{PricingInput, PricingOutput, StationFacts};
use amprule_hooks::lookups::LookupSchema;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::amprule::types::types;
use super::bindings::exports::amprule::pricing::pricing as wit;
use super::facts::{lower_period, lower_purpose, lower_session, lower_token};
use super::lines::{lift_amounts, lift_lines};
use super::parameters::{Parameters, lists};
use super::types::{lift_problem, lift_time, lower_station, lower_time};
use crate::facts::Facts;
use crate::fault::invalid;
use crate::sandbox::Sandbox;

impl Export for PricingInput {
    const INTERFACE: &'static str = "amprule:pricing/pricing";
    type Output = PricingOutput;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.now
    }

    fn station(&self) -> Option<&StationFacts> {
        Some(&self.station)
    }

    fn facts(&self, _: &Arc<BTreeMap<String, LookupSchema>>) -> Facts {
        Facts::of_session(self)
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<PricingOutput, Fault>> {
        let lists = lists(&self.parameters);
        let parameters = match parameters.lower(&self.parameters, &lists) {
            Ok(parameters) => parameters,
            Err(fault) => return Ok(Err(fault)),
        };
        let periods = lower_periods(self);
        let question = question(self, &periods, &parameters);
        let answer = export.load(&mut *store, instance)?.call_price(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(lift))
    }
}

pub(crate) use wit::{PricingInput as WitInput, PricingOutput as WitOutput};

pub(crate) fn lower_periods(input: &PricingInput) -> Vec<types::Period> {
    input.periods.iter().map(lower_period).collect()
}

pub(crate) fn question<'a>(
    input: &'a PricingInput,
    periods: &'a [types::Period],
    parameters: &'a [types::Parameter<'a>],
) -> wit::PricingInput<'a> {
    wit::PricingInput {
        now: lower_time(input.now),
        purpose: lower_purpose(input.purpose),
        session: lower_session(&input.session),
        station: lower_station(&input.station),
        token: input.token.as_ref().map(lower_token),
        periods,
        parameters,
    }
}

pub(crate) fn lift(output: wit::PricingOutput) -> Result<PricingOutput, Fault> {
    let lines = lift_lines(output.lines)?;
    Ok(PricingOutput {
        currency: output.currency.parse().map_err(|error| invalid("currency", error))?,
        amounts: lift_amounts(output.amounts),
        lines,
        next_change_at: lift_time("nextChangeAt", output.next_change_at)?,
    })
}
