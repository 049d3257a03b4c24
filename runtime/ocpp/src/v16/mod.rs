//! OCPP 1.6: one file and one row for each request of a station, and the words that 1.6 has for what it cannot say.

mod authorize;
pub(crate) mod boot_notification;
pub(crate) mod data_transfer;
pub(crate) mod heartbeat;
mod meter_values;
mod start_transaction;
mod status_notification;
mod stop_transaction;
mod words;

use amprule_domain::event::StationCommand;

use crate::message::Message;

/// What a 1.6 station may ask, the frequent ones first.
pub(crate) const MESSAGES: &[Message] = &[
    meter_values::MESSAGE,
    heartbeat::MESSAGE,
    status_notification::MESSAGE,
    authorize::MESSAGE,
    start_transaction::MESSAGE,
    stop_transaction::MESSAGE,
    boot_notification::MESSAGE,
    data_transfer::MESSAGE,
    Message::kept("DiagnosticsStatusNotification"),
    Message::kept("FirmwareStatusNotification"),
    // The security extension (Improved security for OCPP 1.6-J, edition 3).
    Message::kept("LogStatusNotification"),
    Message::kept("SecurityEventNotification"),
    Message::refused("SignCertificate"),
    Message::kept("SignedFirmwareStatusNotification"),
];

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
