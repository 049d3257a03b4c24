//! RemoteStopTransaction (OCPP 1.6, 5.12).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::v16::words;

pub(crate) const REQUEST: Request = Request::typed("RemoteStopTransaction", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Stop { transaction } = command else { return None };
    Some(Object::new(times).raw("transactionId", words::number(transaction)?).finish())
}
