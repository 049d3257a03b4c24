//! RequestStopTransaction (OCPP 2.0.1, 1.49).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("RequestStopTransaction", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Stop { transaction } = command else { return None };
    Some(Object::new(times).text("transactionId", transaction.as_str()).finish())
}
