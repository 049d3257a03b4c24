//! OCPP 2.0.1, and 2.1 as far as it says the same: one file and one row for each request of a station.

mod authorize;
mod boot_notification;
mod data_transfer;
mod heartbeat;
mod meter_values;
mod notify_report;
mod status_notification;
mod transaction_event;
mod words;

use amprule_domain::event::StationCommand;

use crate::encode::{Object, Times};
use crate::message::Message;

/// What a 2.0.1 station may ask, the frequent ones first.
pub(crate) const MESSAGES: &[Message] = &[
    transaction_event::MESSAGE,
    heartbeat::MESSAGE,
    meter_values::MESSAGE,
    status_notification::MESSAGE,
    authorize::MESSAGE,
    boot_notification::MESSAGE,
    notify_report::MESSAGE,
    data_transfer::MESSAGE,
    Message::kept("ClearedChargingLimit"),
    Message::kept("FirmwareStatusNotification"),
    Message::refused("Get15118EVCertificate"),
    Message::refused("GetCertificateStatus"),
    Message::kept("LogStatusNotification"),
    Message::kept("NotifyChargingLimit"),
    Message::kept("NotifyCustomerInformation"),
    Message::kept("NotifyDisplayMessages"),
    Message::refused("NotifyEVChargingNeeds"),
    Message::refused("NotifyEVChargingSchedule"),
    Message::kept("NotifyEvent"),
    Message::kept("NotifyMonitoringReport"),
    Message::kept("PublishFirmwareStatusNotification"),
    Message::kept("ReportChargingProfiles"),
    Message::kept("ReservationStatusUpdate"),
    Message::kept("SecurityEventNotification"),
    Message::refused("SignCertificate"),
];

/// The request that says this in 2.x.
pub(crate) fn phrase(command: &StationCommand) -> (&'static str, String) {
    match command {
        StationCommand::StopTransaction { transaction, .. } => {
            let payload = Object::new(Times::default()).text("transactionId", transaction.as_str()).finish();
            ("RequestStopTransaction", payload)
        }
    }
}
