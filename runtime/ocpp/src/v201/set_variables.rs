//! SetVariables (OCPP 2.0.1, 1.54).

use amprule_domain::command::Command;
use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::variable::{Attribute, Variable};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;
use crate::v201::variables::{attribute_kind, is_secret, named, place, with};

pub(crate) const REQUEST: Request = Request::typed("SetVariables", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::SetVariables { settings } = command else { return None };
    let each: Option<Vec<_>> = settings
        .iter()
        .map(|setting| named(Object::new(times).text("attributeValue", &setting.value), &setting.of, times))
        .collect();
    Some(Object::new(times).raw("setVariableData", format!("[{}]", each?.join(","))).finish())
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let (asked, results) = (asked["setVariableData"].as_array()?, answered["setVariableResult"].as_array()?);
    let set = results.iter().filter_map(|result| variable(asked, result));
    Some(StationEvent::Provisioning(ProvisioningEvent::Variables(set.collect())))
}

/// A variable's value, as it was asked for. One that was refused is as it was.
fn variable(asked: &[Value], result: &Value) -> Option<Variable> {
    let (place_of, kind) = (place(result)?, attribute_kind(result, "attributeType"));
    let is_it = |item: &&Value| {
        place(item).is_some_and(|asked| asked.key() == place_of.key()) && attribute_kind(item, "attributeType") == kind
    };
    let status = plain(&result["attributeStatus"])?.to_ascii_lowercase();
    let attribute = match status.as_str() {
        "accepted" | "rebootrequired" => Attribute {
            value: plain(&asked.iter().find(is_it)?["attributeValue"]).filter(|_| !is_secret(&place_of)),
            needs_reboot: (status == "rebootrequired").then_some(true),
            ..Attribute::default()
        },
        "unknowncomponent" | "unknownvariable" => {
            Attribute { unread: plain(&result["attributeStatus"]), ..Attribute::default() }
        }
        _ => return None,
    };
    Some(with(place_of, kind, attribute))
}
