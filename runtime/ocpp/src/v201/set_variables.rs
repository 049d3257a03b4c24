//! SetVariables (OCPP 2.0.1, 1.54).

use amprule_domain::command::{Command, Setting, Wanted};
use amprule_domain::event::{NewPassword, ProvisioningEvent, StationEvent};
use amprule_domain::variable::{Attribute, Place, Variable};
use serde_json::Value;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::plain;
use crate::v201::variables::{attribute_kind, is_secret, named, place, with};

pub(crate) const REQUEST: Request = Request::typed("SetVariables", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    let settings = match command {
        Command::SetVariables { settings } => settings,
        Command::Password { password } => &[password_setting(password)][..],
        _ => return None,
    };
    let each: Option<Vec<_>> = settings
        .iter()
        .map(|setting| named(Object::new(times).text("attributeValue", &setting.value), &setting.of, times))
        .collect();
    Some(Object::new(times).raw("setVariableData", format!("[{}]", each?.join(","))).finish())
}

fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let (asked, results) = (asked["setVariableData"].as_array()?, answered["setVariableResult"].as_array()?);
    let set = results.iter().filter_map(|result| variable(asked, result)).collect();
    let password = results.iter().find_map(|result| password(asked, result));
    Some(StationEvent::Provisioning(match password {
        Some(text) => ProvisioningEvent::PasswordTaken(NewPassword { text, is_key: false }, set),
        None => ProvisioningEvent::Variables(set),
    }))
}

/// Taken now, or after the next start.
fn password(asked: &[Value], result: &Value) -> Option<String> {
    let named = |item: &Value| plain(&item["variable"]["name"]).unwrap_or_default();
    let is_it = |item: &Value| named(item).eq_ignore_ascii_case("BasicAuthPassword");
    let status = plain(&result["attributeStatus"])?.to_ascii_lowercase();
    let is_taken = is_it(result) && ["accepted", "rebootrequired"].contains(&status.as_str());
    is_taken.then(|| asked.iter().find(|item| is_it(item)).and_then(|item| plain(&item["attributeValue"])))?
}

fn password_setting(password: &str) -> Setting {
    let place = Place::of("SecurityCtrlr", "BasicAuthPassword");
    Setting { of: Wanted { place, attribute: None }, value: password.to_owned() }
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
