//! GetConfiguration (OCPP 1.6, 5.8): of all keys, or of some.

use amprule_domain::command::Command;
use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::variable::{Attribute, Place, Variable};
use serde_json::{Value, json};

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;
use crate::v16::change_configuration::{place, variable};
use crate::v201::variables::is_secret;

pub(crate) const REQUEST: Request = Request::typed("GetConfiguration", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    match command {
        Command::Report { .. } => Some(Object::new(times).finish()),
        Command::GetVariables { variables } => {
            let keys: Option<Vec<_>> = variables.iter().map(|wanted| key(&wanted.place)).collect();
            Some(Object::new(times).raw("key", json!(keys?)).finish())
        }
        _ => None,
    }
}

/// A variable of a component is one of 2.x.
pub(crate) fn key(place: &Place) -> Option<&str> {
    place.component.is_none().then_some(place.variable.as_str())
}

fn outcome(_: &Value, answered: &Value) -> Option<StationEvent> {
    let known = answered["configurationKey"].as_array().into_iter().flatten().filter_map(known);
    let unknown =
        answered["unknownKey"].as_array().into_iter().flatten().filter_map(plain).map(|key| {
            variable(place(key), Attribute { unread: Some("UnknownKey".to_owned()), ..Attribute::default() })
        });
    Some(StationEvent::Provisioning(ProvisioningEvent::Variables(known.chain(unknown).collect())))
}

fn known(key: &Value) -> Option<Variable> {
    let name = plain(&key["key"]).filter(|name| !name.is_empty())?;
    // Stations write it as text, too.
    let is_readonly = plain(&key["readonly"]).is_some_and(|word| word == "1" || word.eq_ignore_ascii_case("true"));
    let mutability = if is_readonly { "ReadOnly" } else { "ReadWrite" };
    let place = place(name);
    let attribute = Attribute {
        value: plain(&key["value"]).filter(|_| !is_secret(&place)),
        mutability: Some(mutability.to_owned()),
        ..Attribute::default()
    };
    Some(variable(place, attribute))
}
