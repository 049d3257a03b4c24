//! OCPP 2.0.1, and 2.1 as far as it says the same: one file and one row for each request of a station, and for each of ours.

mod authorize;
mod boot_notification;
mod change_availability;
mod data_transfer;
mod get_base_report;
mod heartbeat;
mod meter_values;
mod notify_report;
mod request_start_transaction;
mod request_stop_transaction;
mod reset;
mod set_charging_profile;
mod status_notification;
mod transaction_event;
mod trigger_message;
mod unlock_connector;
mod words;

use crate::message::Message;
use crate::request::Request;

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

/// What we ask of a 2.x station in our own words.
pub(crate) const REQUESTS: &[Request] = &[
    change_availability::REQUEST,
    get_base_report::REQUEST,
    request_start_transaction::REQUEST,
    request_stop_transaction::REQUEST,
    reset::REQUEST,
    set_charging_profile::REQUEST,
    trigger_message::REQUEST,
    unlock_connector::REQUEST,
];
