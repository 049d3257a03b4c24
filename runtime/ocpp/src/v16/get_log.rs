//! GetLog (security whitepaper for OCPP 1.6). Diagnostics are asked for by a request of their own, which all stations have.

use amprule_domain::command::{Command, LogKind};

use crate::encode::Times;
use crate::request::Request;
use crate::v201::get_log::{self, outcome};

pub(crate) const REQUEST: Request = Request::typed("GetLog", encode).means(outcome);

fn encode(command: &Command, times: Times) -> Option<String> {
    match command {
        Command::Log(wanted) if wanted.kind == LogKind::Security => Some(get_log::request(wanted, times)),
        _ => None,
    }
}
