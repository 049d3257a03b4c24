//! CertificateSigned (Improved security for OCPP 1.6-J): for the connection, which is all that 1.6 itself has certificates for.

use amprule_domain::command::Command;
use amprule_domain::security::VEHICLES;

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("CertificateSigned", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::CertificateSigned { chain, usage, .. } = command else { return None };
    let is_of_connection = usage.as_deref() != Some(VEHICLES);
    is_of_connection.then(|| Object::new(times).text("certificateChain", chain).finish())
}
