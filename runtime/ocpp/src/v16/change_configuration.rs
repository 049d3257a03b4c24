//! ChangeConfiguration (OCPP 1.6, 5.3).

use amprule_domain::command::Command;
use amprule_domain::event::{ProvisioningEvent, StationEvent};
use amprule_domain::variable::{ACTUAL, Attribute, Place, Variable};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;
use crate::v16::get_configuration::key;
use crate::v201::variables::is_secret;

pub(crate) const REQUEST: Request = Request::typed("ChangeConfiguration", encode).means(outcome);

/// One key at a time.
fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::SetVariables { settings } = command else { return None };
    let [setting] = &**settings else { return None };
    Some(Object::new(times).text("key", key(&setting.of.place)?).text("value", &setting.value).finish())
}

/// A key that was refused is as it was; one that is `NotSupported` is none of the station's.
fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let place = place(plain(&asked["key"])?);
    let status = plain(&answered["status"])?;
    let attribute = match status.trim().to_ascii_lowercase().as_str() {
        word @ ("accepted" | "rebootrequired") => Attribute {
            value: plain(&asked["value"]).filter(|_| !is_secret(&place)),
            needs_reboot: (word == "rebootrequired").then_some(true),
            ..Attribute::default()
        },
        "notsupported" => Attribute { unread: Some(status), ..Attribute::default() },
        _ => return None,
    };
    Some(StationEvent::Provisioning(ProvisioningEvent::Variables(vec![variable(place, attribute)])))
}

pub(crate) fn place(key: String) -> Place {
    Place { variable: key, ..Place::default() }
}

pub(crate) fn variable(place: Place, attribute: Attribute) -> Variable {
    Variable { place, attributes: [(ACTUAL.to_owned(), attribute)].into(), characteristics: None }
}
