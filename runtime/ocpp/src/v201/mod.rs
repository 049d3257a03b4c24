//! OCPP 2.0.1, and 2.1 as far as it says the same: one file and one row for each request of a station, and for each of ours.

pub(crate) mod authorize;
mod boot_notification;
pub(crate) mod cancel_reservation;
mod certificate_signed;
mod change_availability;
mod clear_charging_profile;
mod clear_display_message;
mod clear_variable_monitoring;
mod cleared_charging_limit;
mod cost_updated;
mod customer_information;
mod data_transfer;
pub(crate) mod delete_certificate;
pub(crate) mod firmware_status_notification;
pub(crate) mod get_15118_ev_certificate;
mod get_base_report;
pub(crate) mod get_certificate_status;
mod get_charging_profiles;
mod get_display_messages;
pub(crate) mod get_installed_certificate_ids;
mod get_local_list_version;
pub(crate) mod get_log;
mod get_monitoring_report;
mod get_transaction_status;
mod get_variables;
mod heartbeat;
pub(crate) mod log_status_notification;
mod meter_values;
mod notify_charging_limit;
mod notify_customer_information;
mod notify_display_messages;
mod notify_ev_charging_needs;
mod notify_ev_charging_schedule;
mod notify_event;
mod notify_monitoring_report;
mod notify_report;
mod publish_firmware;
mod publish_firmware_status_notification;
mod report_charging_profiles;
mod request_start_transaction;
mod request_stop_transaction;
mod reservation_status_update;
mod reserve_now;
mod reset;
pub(crate) mod security_event_notification;
pub(crate) mod send_local_list;
mod set_charging_profile;
mod set_display_message;
mod set_monitoring_base;
mod set_variable_monitoring;
mod set_variables;
pub(crate) mod sign_certificate;
mod status_notification;
mod transaction_event;
mod trigger_message;
mod unlock_connector;
mod unpublish_firmware;
pub(crate) mod update_firmware;
pub(crate) mod variables;
pub(crate) mod words;

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
    cleared_charging_limit::MESSAGE,
    firmware_status_notification::MESSAGE,
    get_15118_ev_certificate::MESSAGE,
    get_certificate_status::MESSAGE,
    log_status_notification::MESSAGE,
    notify_charging_limit::MESSAGE,
    notify_customer_information::MESSAGE,
    notify_display_messages::MESSAGE,
    notify_ev_charging_needs::MESSAGE,
    notify_ev_charging_schedule::MESSAGE,
    notify_event::MESSAGE,
    notify_monitoring_report::MESSAGE,
    publish_firmware_status_notification::MESSAGE,
    report_charging_profiles::MESSAGE,
    reservation_status_update::MESSAGE,
    security_event_notification::MESSAGE,
    sign_certificate::MESSAGE,
];

/// What we may ask of a 2.0.1 station.
pub(crate) const REQUESTS: &[Request] = &[
    cancel_reservation::REQUEST,
    certificate_signed::REQUEST,
    change_availability::REQUEST,
    Request::named("ClearCache"),
    clear_charging_profile::REQUEST,
    clear_display_message::REQUEST,
    clear_variable_monitoring::REQUEST,
    cost_updated::REQUEST,
    customer_information::REQUEST,
    Request::named("DataTransfer"),
    delete_certificate::REQUEST,
    get_base_report::REQUEST,
    get_charging_profiles::REQUEST,
    Request::named("GetCompositeSchedule"),
    get_display_messages::REQUEST,
    get_installed_certificate_ids::REQUEST,
    get_local_list_version::REQUEST,
    get_log::REQUEST,
    get_monitoring_report::REQUEST,
    Request::named("GetReport"),
    get_transaction_status::REQUEST,
    get_variables::REQUEST,
    Request::named("InstallCertificate"),
    publish_firmware::REQUEST,
    request_start_transaction::REQUEST,
    request_stop_transaction::REQUEST,
    reserve_now::REQUEST,
    reset::REQUEST,
    send_local_list::REQUEST,
    set_charging_profile::REQUEST,
    set_display_message::REQUEST,
    set_monitoring_base::REQUEST,
    Request::named("SetMonitoringLevel"),
    Request::named("SetNetworkProfile"),
    set_variable_monitoring::REQUEST,
    set_variables::REQUEST,
    trigger_message::REQUEST,
    unlock_connector::REQUEST,
    unpublish_firmware::REQUEST,
    update_firmware::REQUEST,
];
