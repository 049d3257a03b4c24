//! `amprule:dialect/dialect`: the question and the answer.

use amprule_domain::Timestamp;
use amprule_domain::decision::Fault;
use amprule_domain::dialect::{DialectInput, DialectOutput, Direction, MessageKind, ModelFacts, VendorAnswer};
use serde_json::Value;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::exports::amprule::dialect::dialect as wit;
use super::parameters::{Parameters, lists};
use super::types::{lift_problem, lower_time};
use crate::fault::invalid;
use crate::sandbox::Sandbox;

impl Export for DialectInput {
    const INTERFACE: &'static str = "amprule:dialect/dialect";
    type Output = DialectOutput;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.now
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<DialectOutput, Fault>> {
        let lists = lists(&self.parameters);
        let parameters = match parameters.lower(&self.parameters, &lists) {
            Ok(parameters) => parameters,
            Err(fault) => return Ok(Err(fault)),
        };
        let message = match &self.message {
            Value::String(frame) if self.kind == MessageKind::Malformed => frame.clone(),
            message => message.to_string(),
        };
        let question = wit::DialectInput {
            now: lower_time(self.now),
            direction: match self.direction {
                Direction::Inbound => wit::Direction::Inbound,
                Direction::Outbound => wit::Direction::Outbound,
            },
            kind: match self.kind {
                MessageKind::Call => wit::MessageKind::Call,
                MessageKind::Answer => wit::MessageKind::Answer,
                MessageKind::Malformed => wit::MessageKind::Malformed,
            },
            protocol: &self.protocol,
            station: lower_station(&self.station),
            action: &self.action,
            message: &message,
            parameters: &parameters,
        };
        let answer = export.load(&mut *store, instance)?.call_translate(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(|output| lift(output, self.kind)))
    }
}

fn lower_station(station: &ModelFacts) -> wit::ModelFacts<'_> {
    let ModelFacts { id, vendor, model, firmware, serial } = station;
    wit::ModelFacts { id, vendor, model, firmware, serial }
}

fn lift(output: wit::DialectOutput, kind: MessageKind) -> Result<DialectOutput, Fault> {
    let message = |text: String| match kind {
        MessageKind::Malformed => Ok(Value::String(text)),
        MessageKind::Call | MessageKind::Answer => {
            serde_json::from_str(&text).map_err(|error| invalid("message", format_args!("no JSON: {error}")))
        }
    };
    let answer = |answer: wit::VendorAnswer| VendorAnswer { status: answer.status, data: answer.data };
    Ok(DialectOutput {
        message: output.message.map(message).transpose()?,
        note: output.note,
        answer: output.answer.map(answer),
    })
}
