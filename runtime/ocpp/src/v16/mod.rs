//! OCPP 1.6: one file and one row for each request of a station, and for each of ours, and the words that 1.6 has for what it cannot say.

mod authorize;
pub(crate) mod boot_notification;
mod change_availability;
pub(crate) mod data_transfer;
mod get_configuration;
pub(crate) mod heartbeat;
mod meter_values;
mod remote_start_transaction;
mod remote_stop_transaction;
mod reset;
mod set_charging_profile;
mod start_transaction;
mod status_notification;
mod stop_transaction;
mod trigger_message;
mod unlock_connector;
pub(crate) mod words;

use crate::message::Message;
use crate::request::Request;

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

/// What we ask of a 1.6 station in our own words.
pub(crate) const REQUESTS: &[Request] = &[
    change_availability::REQUEST,
    get_configuration::REQUEST,
    remote_start_transaction::REQUEST,
    remote_stop_transaction::REQUEST,
    reset::REQUEST,
    set_charging_profile::REQUEST,
    trigger_message::REQUEST,
    unlock_connector::REQUEST,
];
