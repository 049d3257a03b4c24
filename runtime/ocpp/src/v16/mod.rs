//! OCPP 1.6: one file and one row for each request of a station, and for each of ours, and the words that 1.6 has for what it cannot say.

mod authorize;
pub(crate) mod boot_notification;
mod certificate_signed;
mod change_availability;
mod change_configuration;
mod clear_charging_profile;
mod cost_messages;
pub(crate) mod data_transfer;
mod diagnostics_status_notification;
mod extended_trigger_message;
mod get_configuration;
mod get_diagnostics;
mod get_installed_certificate_ids;
mod get_local_list_version;
mod get_log;
pub(crate) mod heartbeat;
mod meter_values;
pub(crate) mod plug_and_charge;
mod remote_start_transaction;
mod remote_stop_transaction;
mod reserve_now;
mod reset;
mod send_local_list;
mod set_charging_profile;
mod signed_firmware_status_notification;
mod signed_update_firmware;
mod start_transaction;
mod status_notification;
mod stop_transaction;
mod trigger_message;
mod unlock_connector;
mod update_firmware;
pub(crate) mod words;

use crate::message::Message;
use crate::request::Request;
use crate::v201::{
    cancel_reservation, delete_certificate, firmware_status_notification, log_status_notification,
    security_event_notification, sign_certificate,
};

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
    diagnostics_status_notification::MESSAGE,
    firmware_status_notification::MESSAGE,
    // The security extension (Improved security for OCPP 1.6-J, edition 3).
    log_status_notification::MESSAGE,
    security_event_notification::MESSAGE,
    sign_certificate::MESSAGE,
    signed_firmware_status_notification::MESSAGE,
];

/// What we may ask of a 1.6 station, the security extension included.
pub(crate) const REQUESTS: &[Request] = &[
    cancel_reservation::REQUEST,
    certificate_signed::REQUEST,
    change_availability::REQUEST,
    change_configuration::REQUEST,
    Request::named("ClearCache"),
    clear_charging_profile::REQUEST,
    cost_messages::REQUEST,
    delete_certificate::REQUEST,
    extended_trigger_message::REQUEST,
    Request::named("GetCompositeSchedule"),
    get_configuration::REQUEST,
    get_diagnostics::REQUEST,
    get_installed_certificate_ids::REQUEST,
    get_local_list_version::REQUEST,
    get_log::REQUEST,
    Request::named("InstallCertificate"),
    remote_start_transaction::REQUEST,
    remote_stop_transaction::REQUEST,
    reserve_now::REQUEST,
    reset::REQUEST,
    send_local_list::REQUEST,
    set_charging_profile::REQUEST,
    signed_update_firmware::REQUEST,
    trigger_message::REQUEST,
    unlock_connector::REQUEST,
    update_firmware::REQUEST,
];
