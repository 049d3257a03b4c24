//! GetVariables (OCPP 2.0.1, 1.32).

use amprule_domain::command::Command;
use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::variable::{Attribute, Variable};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;
use crate::v201::variables::{attribute_kind, is_secret, named, place, with};

pub(crate) const REQUEST: Request = Request::typed("GetVariables", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::GetVariables { variables } = command else { return None };
    let each: Option<Vec<_>> = variables.iter().map(|wanted| named(Object::new(times), wanted, times)).collect();
    Some(Object::new(times).raw("getVariableData", format!("[{}]", each?.join(","))).finish())
}

fn outcome(_: &Value, answered: &Value) -> Option<StationEvent> {
    let results = answered["getVariableResult"].as_array()?;
    Some(StationEvent::Provisioning(ProvisioningEvent::Variables(results.iter().filter_map(variable).collect())))
}

fn variable(result: &Value) -> Option<Variable> {
    let status = plain(&result["attributeStatus"])?;
    let place = place(result)?;
    let attribute = if status.eq_ignore_ascii_case("Accepted") && is_secret(&place) {
        Attribute::default()
    } else if status.eq_ignore_ascii_case("Accepted") {
        // One that is not set has an empty value, or none.
        Attribute { value: Some(plain(&result["attributeValue"]).unwrap_or_default()), ..Attribute::default() }
    } else {
        Attribute { unread: Some(status), ..Attribute::default() }
    };
    Some(with(place, attribute_kind(result, "attributeType"), attribute))
}
