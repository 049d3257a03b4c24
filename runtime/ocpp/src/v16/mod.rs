//! OCPP 1.6: one file per action that is understood, and the words that 1.6 has for what it cannot say.

mod authorize;
mod boot_notification;
pub(crate) mod data_transfer;
pub(crate) mod heartbeat;
mod meter_values;
mod start_transaction;
mod status_notification;
mod stop_transaction;
mod words;

use amprule_domain::event::{StationCommand, StationEvent};
use amprule_domain::reply::Reply;

use crate::encode::{Object, Times};
use crate::payload::Trouble;
use crate::strictness::Repairs;

/// What a 1.6 station may ask and is answered NotImplemented, with the security extension.
pub(crate) const NOT_TYPED: &[&str] = &[
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
];

type Decode = fn(&str, &mut Repairs) -> Result<StationEvent, Trouble>;

/// What a 1.6 station may ask and is understood.
pub(crate) const TYPED: &[(&str, Decode)] = &[
    ("MeterValues", meter_values::decode),
    ("Heartbeat", heartbeat::decode),
    ("StatusNotification", status_notification::decode),
    ("Authorize", authorize::decode),
    ("StartTransaction", start_transaction::decode),
    ("StopTransaction", stop_transaction::decode),
    ("BootNotification", boot_notification::decode),
    ("DataTransfer", data_transfer::decode),
];

pub(crate) fn reply(action: &str, reply: &Reply, times: Times) -> String {
    match reply {
        Reply::Boot { status, interval_s, now } => boot_notification::reply(*status, *interval_s, *now, times),
        Reply::Heartbeat { now } => heartbeat::reply(*now, times),
        Reply::Authorize(token) => authorize::reply(token, times),
        Reply::Transaction(transaction) if action == "StartTransaction" => start_transaction::reply(transaction, times),
        Reply::Transaction(transaction) if action == "StopTransaction" => stop_transaction::reply(transaction, times),
        Reply::DataTransfer(status) => data_transfer::reply(*status, times),
        Reply::Transaction(_) | Reply::Empty => Object::new(times).finish(),
    }
}

/// The request that says this in 1.6.
pub(crate) fn phrase(command: &StationCommand) -> (&'static str, String) {
    match command {
        StationCommand::StopTransaction { transaction, .. } => {
            // Every transaction of a 1.6 station is a number that we handed out, or that it named itself.
            let number: i64 = transaction.as_str().parse().unwrap_or_default();
            ("RemoteStopTransaction", format!("{{\"transactionId\":{number}}}"))
        }
    }
}
