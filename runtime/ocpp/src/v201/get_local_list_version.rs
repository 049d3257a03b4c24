//! GetLocalListVersion (OCPP 2.0.1, 1.29).

use amprule_domain::event::{LocalListEvent, StationEvent};

use crate::request::Request;
use crate::said::int;

pub(crate) const REQUEST: Request = Request::named("GetLocalListVersion").means(|_, answered| {
    let version = int(&answered["versionNumber"])?;
    Some(StationEvent::LocalList(LocalListEvent::Version(version)))
});
