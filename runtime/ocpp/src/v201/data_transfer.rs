//! DataTransfer (OCPP 2.0.1, 1.16): as in 1.6; what a vendor says may be any JSON here, and is not looked at.

pub(crate) use crate::v16::data_transfer::MESSAGE;
