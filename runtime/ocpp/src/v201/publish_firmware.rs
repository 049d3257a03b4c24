//! PublishFirmware (OCPP 2.0.1, 1.44): a local controller is asked to serve firmware to others.

use crate::request::Request;
use crate::v201::update_firmware;

pub(crate) const REQUEST: Request = Request::named("PublishFirmware").means(update_firmware::outcome);
