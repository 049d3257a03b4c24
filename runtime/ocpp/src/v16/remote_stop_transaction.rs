//! RemoteStopTransaction (OCPP 1.6, 5.12).

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::{Request, status};

pub(crate) const REQUEST: Request = Request { action: "RemoteStopTransaction", encode, decode: status };

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Stop { transaction } = command else { return None };
    // Every transaction of a 1.6 station is a number that we handed out, or that it named itself.
    let number: i64 = transaction.as_str().parse().unwrap_or_default();
    Some(Object::new(times).raw("transactionId", number).finish())
}
