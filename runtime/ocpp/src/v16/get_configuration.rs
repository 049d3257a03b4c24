//! GetConfiguration (OCPP 1.6, 5.8): all keys.

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::{Request, body};

pub(crate) const REQUEST: Request = Request { action: "GetConfiguration", encode, decode: body };

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Report { .. } = command else { return None };
    Some(Object::new(times).finish())
}
