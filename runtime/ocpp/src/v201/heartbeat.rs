//! Heartbeat (OCPP 2.0.1, 1.29): word for word as in 1.6.

pub(crate) use crate::v16::heartbeat::MESSAGE;
