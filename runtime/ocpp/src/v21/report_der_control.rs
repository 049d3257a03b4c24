//! ReportDERControl (OCPP 2.1, block R).

use amprule_domain::event::{GridEvent, StationEvent};
use serde_json::{Value, json};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, plain};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("ReportDERControl", decode, empty);

/// The member in which the list of each kind of control stands, and the kind. A curve says itself which of its many it is.
const KINDS: [(&str, &str); 8] = [
    ("curve", ""),
    ("enterService", "EnterService"),
    ("fixedPFAbsorb", "FixedPFAbsorb"),
    ("fixedPFInject", "FixedPFInject"),
    ("fixedVar", "FixedVar"),
    ("freqDroop", "FreqDroop"),
    ("gradient", "Gradients"),
    ("limitMaxDischarge", "LimitMaxDischarge"),
];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    said.number("requestId")?;
    let mut controls = Vec::new();
    for (member, kind) in KINDS {
        controls.extend(said.objects(member)?.into_iter().filter_map(|control| as_set(kind, control)));
    }
    Ok(StationEvent::Grid(GridEvent::ControlsReported { controls }))
}

/// With the type that SetDERControl gives it.
fn as_set(kind: &str, mut control: Value) -> Option<(String, Value)> {
    let id = plain(&control["id"])?;
    control["controlType"] = json!(plain(&control["curveType"]).unwrap_or_else(|| kind.to_owned()));
    Some((id, control))
}
