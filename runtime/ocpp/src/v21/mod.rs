//! OCPP 2.1: what it adds to the requests of 2.0.1, of both sides.

mod adjust_periodic_event_stream;
mod battery_swap;
mod clear_der_control;
mod clear_tariffs;
mod close_periodic_event_stream;
mod get_certificate_chain_status;
mod get_periodic_event_stream;
mod get_tariffs;
mod notify_der_alarm;
mod notify_der_start_stop;
pub(crate) mod notify_periodic_event_stream;
mod notify_priority_charging;
mod notify_settlement;
mod open_periodic_event_stream;
mod pull_dynamic_schedule_update;
mod report_der_control;
mod set_default_tariff;
mod set_der_control;
mod update_dynamic_schedule;
mod use_priority_charging;
mod vat_number_validation;

use crate::message::Message;
use crate::request::Request;

/// What a 2.1 station may ask, besides.
pub(crate) const MESSAGES: &[Message] = &[
    battery_swap::MESSAGE,
    close_periodic_event_stream::MESSAGE,
    get_certificate_chain_status::MESSAGE,
    notify_der_alarm::MESSAGE,
    notify_der_start_stop::MESSAGE,
    notify_priority_charging::MESSAGE,
    notify_settlement::MESSAGE,
    open_periodic_event_stream::MESSAGE,
    pull_dynamic_schedule_update::MESSAGE,
    report_der_control::MESSAGE,
    vat_number_validation::MESSAGE,
];

/// What we may ask of a 2.1 station, besides.
pub(crate) const REQUESTS: &[Request] = &[
    Request::named("AFRRSignal"),
    adjust_periodic_event_stream::REQUEST,
    Request::named("ChangeTransactionTariff"),
    clear_der_control::REQUEST,
    clear_tariffs::REQUEST,
    Request::named("GetDERControl"),
    get_periodic_event_stream::REQUEST,
    get_tariffs::REQUEST,
    Request::named("NotifyAllowedEnergyTransfer"),
    Request::named("NotifyWebPaymentStarted"),
    Request::named("RequestBatterySwap"),
    set_der_control::REQUEST,
    set_default_tariff::REQUEST,
    update_dynamic_schedule::REQUEST,
    use_priority_charging::REQUEST,
];
