//! SignedUpdateFirmware (security whitepaper for OCPP 1.6).

use crate::request::Request;
use crate::v201::update_firmware::outcome;

pub(crate) const REQUEST: Request = Request::named("SignedUpdateFirmware").means(outcome);
