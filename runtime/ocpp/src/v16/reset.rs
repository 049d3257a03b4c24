//! Reset (OCPP 1.6, 5.14): of the whole station. A soft one ends what charges in good order.

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("Reset", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    // 1.6 has no other: an EVSE alone cannot be meant.
    let Command::Reset { evse: None, is_immediate } = command else { return None };
    Some(Object::new(times).text("type", if *is_immediate { "Hard" } else { "Soft" }).finish())
}
