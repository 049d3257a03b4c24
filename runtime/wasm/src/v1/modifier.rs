//! `amprule:modifier/modifier`: the question and the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::StationFacts;
use amprule_hooks::lookups::LookupSchema;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::exports::amprule::modifier::modifier as wit;
use super::facts::{lower_period, lower_purpose, lower_session, lower_token};
use super::lines::{Borrowed, lift_lines, lower_amounts, lower_line};
use super::parameters::{Parameters, lists};
use super::types::{lift_problem, lift_time, lower_station, lower_time};
use crate::facts::Facts;
use crate::sandbox::Sandbox;

impl Export for ModifierInput {
    const INTERFACE: &'static str = "amprule:modifier/modifier";
    type Output = ModifierOutput;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.facts.now
    }

    fn station(&self) -> Option<&StationFacts> {
        Some(&self.facts.station)
    }

    fn facts(&self, _: &Arc<BTreeMap<String, LookupSchema>>) -> Facts {
        Facts::of_session(&self.facts)
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<ModifierOutput, Fault>> {
        let facts = &self.facts;
        let lists = lists(&facts.parameters);
        let borrowed = self.lines.iter().map(Borrowed::of).collect::<Result<Vec<_>, Fault>>();
        let borrowed = match borrowed {
            Ok(borrowed) => borrowed,
            Err(fault) => return Ok(Err(fault)),
        };
        let lines = self.lines.iter().zip(&borrowed).map(lower_line).collect::<Result<Vec<_>, Fault>>();
        let lowered = lines.and_then(|lines| Ok((lines, parameters.lower(&facts.parameters, &lists)?)));
        let (lines, parameters) = match lowered {
            Ok(lowered) => lowered,
            Err(fault) => return Ok(Err(fault)),
        };
        let periods: Vec<_> = facts.periods.iter().map(lower_period).collect();
        let question = wit::ModifierInput {
            now: lower_time(facts.now),
            purpose: lower_purpose(facts.purpose),
            session: lower_session(&facts.session),
            station: lower_station(&facts.station),
            token: facts.token.as_ref().map(lower_token),
            periods: &periods,
            currency: self.currency.as_str(),
            amounts: lower_amounts(self.amounts),
            lines: &lines,
            parameters: &parameters,
        };
        let answer = export.load(&mut *store, instance)?.call_modify(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(lift))
    }
}

fn lift(output: wit::ModifierOutput) -> Result<ModifierOutput, Fault> {
    Ok(ModifierOutput {
        lines: lift_lines(output.lines)?,
        next_change_at: lift_time("nextChangeAt", output.next_change_at)?,
    })
}
