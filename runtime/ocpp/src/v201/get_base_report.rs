//! GetBaseReport (OCPP 2.0.1, 1.18): the whole inventory, which comes in NotifyReport.

use amprule_domain::command::Command;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("GetBaseReport", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Report { number } = command else { return None };
    Some(Object::new(times).raw("requestId", number).text("reportBase", "FullInventory").finish())
}
