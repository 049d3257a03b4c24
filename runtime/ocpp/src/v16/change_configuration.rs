//! ChangeConfiguration (OCPP 1.6, 5.3).

use amprule_domain::command::Command;
use amprule_domain::event::{NewPassword, ProvisioningEvent, StationEvent};
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
    let (key, value) = match command {
        Command::SetVariables { settings } => {
            let [setting] = &**settings else { return None };
            (key(&setting.of.place)?, setting.value.clone())
        }
        Command::Password { password } => (AUTHORIZATION_KEY, digits(password)?),
        _ => return None,
    };
    Some(Object::new(times).text("key", key).text("value", &value).finish())
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
    let is_password = place.variable.eq_ignore_ascii_case(AUTHORIZATION_KEY) && attribute.unread.is_none();
    let variables = vec![variable(place, attribute)];
    Some(StationEvent::Provisioning(match plain(&asked["value"]).filter(|_| is_password) {
        Some(text) => ProvisioningEvent::PasswordTaken(NewPassword { text, is_key: true }, variables),
        None => ProvisioningEvent::Variables(variables),
    }))
}

const AUTHORIZATION_KEY: &str = "AuthorizationKey";

/// Bytes of an AuthorizationKey (security whitepaper, 32 to 40 digits).
const KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=20;

fn digits(password: &str) -> Option<String> {
    KEY_BYTES.contains(&password.len()).then(|| password.bytes().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) fn place(key: String) -> Place {
    Place { variable: key, ..Place::default() }
}

pub(crate) fn variable(place: Place, attribute: Attribute) -> Variable {
    Variable { place, attributes: [(ACTUAL.to_owned(), attribute)].into(), characteristics: None }
}
