//! OCPP 2.0.1, and 2.1 as far as it says the same: one file per action that is understood.

mod authorize;
mod boot_notification;
mod data_transfer;
mod heartbeat;
mod meter_values;
mod notify_report;
mod status_notification;
mod transaction_event;
mod words;

use amprule_domain::event::{StationCommand, StationEvent};
use amprule_domain::reply::Reply;

use crate::encode::{Object, Times};
use crate::payload::Trouble;
use crate::strictness::Repairs;

/// What a 2.0.1 station may ask and is answered NotImplemented.
pub(crate) const NOT_TYPED: &[&str] = &[
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "LogStatusNotification",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "SignCertificate",
];

type Decode = fn(&str, &mut Repairs) -> Result<StationEvent, Trouble>;

/// What a 2.x station may ask and is understood.
pub(crate) const TYPED: &[(&str, Decode)] = &[
    ("TransactionEvent", transaction_event::decode),
    ("Heartbeat", heartbeat::decode),
    ("MeterValues", meter_values::decode),
    ("StatusNotification", status_notification::decode),
    ("Authorize", authorize::decode),
    ("BootNotification", boot_notification::decode),
    ("NotifyReport", notify_report::decode),
    ("DataTransfer", data_transfer::decode),
];

pub(crate) fn reply(reply: &Reply, times: Times) -> String {
    match reply {
        Reply::Boot { status, interval_s, now } => boot_notification::reply(*status, *interval_s, *now, times),
        Reply::Heartbeat { now } => heartbeat::reply(*now, times),
        Reply::Authorize(token) => authorize::reply(token, times),
        Reply::Transaction(transaction) => transaction_event::reply(transaction, times),
        Reply::DataTransfer(status) => data_transfer::reply(*status, times),
        Reply::Empty => Object::new(times).finish(),
    }
}

/// The request that says this in 2.x.
pub(crate) fn phrase(command: &StationCommand) -> (&'static str, String) {
    match command {
        StationCommand::StopTransaction { transaction, .. } => {
            let payload = Object::new(Times::default()).text("transactionId", transaction.as_str()).finish();
            ("RequestStopTransaction", payload)
        }
    }
}
