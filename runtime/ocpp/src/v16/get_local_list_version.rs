//! GetLocalListVersion (OCPP 1.6, 5.10).

use amprule_domain::command::Command;
use amprule_domain::event::{LocalListEvent, StationEvent};

use crate::encode::{Object, Times};
use crate::request::Request;
use crate::said::int;

pub(crate) const REQUEST: Request = Request::typed("GetLocalListVersion", encode).means(|_, answered| {
    let version = int(&answered["listVersion"])?;
    Some(StationEvent::LocalList(LocalListEvent::Version(version)))
});

fn encode(command: &Command, times: Times) -> Option<String> {
    (*command == Command::LocalListVersion).then(|| Object::new(times).finish())
}
