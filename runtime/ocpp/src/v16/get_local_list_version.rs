//! GetLocalListVersion (OCPP 1.6, 5.10).

use amprule_domain::event::{LocalListEvent, StationEvent};

use crate::request::Request;
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("GetLocalListVersion").means(|_, answered| {
    let version = int(&answered["listVersion"])?;
    Some(StationEvent::LocalList(LocalListEvent::Version(version)))
});
