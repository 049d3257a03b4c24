//! The standard's functional blocks: what stations say to each of them, and a message's consequences, prices aside.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::availability::ConnectorStatus;
use crate::charging::{Admission, ChargingEvent, Station, Step, decided};
use crate::cost::CostEvent;
use crate::data_transfer::DataTransfer;
use crate::diagnostics::{DiagnosticsEvent, VariableEvent};
use crate::display::DisplayEvent;
use crate::event::{Inbound, Repetition};
use crate::firmware::FirmwareEvent;
use crate::grid::GridEvent;
use crate::local_list::LocalListEvent;
use crate::moment::Moment;
use crate::noted::Noted;
use crate::proof::ContractShown;
use crate::provisioning::ProvisioningEvent;
use crate::reply::Reply;
use crate::reservation::ReservationEvent;
use crate::security::SecurityEvent;
use crate::smart_charging::SmartChargingEvent;
use crate::token::IdToken;
use crate::{
    availability, charging, cost, data_transfer, diagnostics, display, firmware, grid, kept, local_list, provisioning,
    reservation, security, smart_charging,
};

/// What each block does with it is in the module of its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StationEvent {
    Provisioning(ProvisioningEvent),
    Authorization(IdToken),
    /// A token with the certificate of its contract.
    ContractShown(Box<ContractShown>),
    Availability(ConnectorStatus),
    Charging(ChargingEvent),
    Cost(CostEvent),
    DataTransfer(DataTransfer),
    Diagnostics(DiagnosticsEvent),
    Display(DisplayEvent),
    Firmware(FirmwareEvent),
    Grid(GridEvent),
    LocalList(LocalListEvent),
    Reservation(ReservationEvent),
    Security(SecurityEvent),
    SmartCharging(SmartChargingEvent),
}

pub fn apply(station: &Station, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
    match &inbound.event {
        StationEvent::Provisioning(event) => provisioning::apply(station, event, moment),
        StationEvent::Authorization(_) | StationEvent::ContractShown(_) => authorized(admission),
        StationEvent::Availability(status) => available(station, inbound, status, moment),
        StationEvent::Charging(event) => {
            let mut step = charging::apply(station, inbound, event, admission, moment);
            if let ChargingEvent::Transaction(event) = event
                && let Some(used) = reservation::used(station, event, &step, moment.now)
            {
                step.also(learned(station, &StationEvent::Reservation(used), moment.now));
            }
            step
        }
        StationEvent::Cost(CostEvent::Settled(settled)) => cost::settle(station, settled, moment),
        StationEvent::DataTransfer(said) => data_transfer::apply(station, inbound, said, moment),
        other => {
            let noted = noted(station, other, moment.now);
            let is_kept_otherwise = !noted.changes.is_empty();
            let mut step = noted.answered(station, moment, answer(station, other));
            step.reserved.extend(reserved(other, moment.now));
            if !is_kept_otherwise {
                step.effects.push(kept::message(station, inbound, moment, "notification"));
            }
            if let StationEvent::Diagnostics(DiagnosticsEvent::Events(events)) = other {
                step.also(all_available(station, inbound, events, moment));
            }
            step
        }
    }
}

/// The states of one message, one after the other: each is seen where those before it have been.
fn all_available(station: &Station, inbound: &Inbound, events: &[VariableEvent], moment: &Moment<'_>) -> Step {
    let (mut station, mut all) = (Cow::Borrowed(station), Step::reply(Reply::Empty));
    for status in availability::told(events, moment.now) {
        let step = available(&station, inbound, &status, moment);
        station.to_mut().foresee(&step);
        all.also(step);
    }
    all
}

/// What a connector's state means for the session there, and for whom the place is kept.
fn available(station: &Station, inbound: &Inbound, status: &ConnectorStatus, moment: &Moment<'_>) -> Step {
    let mut step = availability::apply(station, inbound, status, moment);
    for lost in reservation::lost(station, status) {
        step.also(learned(station, &StationEvent::Reservation(lost), moment.now));
    }
    step
}

/// What a station's answer to a request of ours means besides: what it was asked to take, or to forget, it has taken or
/// forgotten. Nothing is answered to it.
pub fn learned(station: &Station, event: &StationEvent, now: Timestamp) -> Step {
    match event {
        StationEvent::Charging(event) => charging::whereabouts_told(station, event, now),
        other => Step { reserved: reserved(other, now), ..noted(station, other, now).step(station, now, Reply::Empty) },
    }
}

/// What becomes of places that are kept.
fn reserved(event: &StationEvent, now: Timestamp) -> Vec<(Timestamp, ReservationEvent)> {
    match event {
        StationEvent::Reservation(event) => vec![(now, event.clone())],
        _ => Vec::new(),
    }
}

/// Of the blocks that keep what stations hold.
fn noted(station: &Station, event: &StationEvent, now: Timestamp) -> Noted {
    match event {
        StationEvent::Provisioning(event) => provisioning::noted(event, now),
        StationEvent::Cost(event) => cost::noted(event, now),
        StationEvent::Diagnostics(event) => diagnostics::noted(event, now),
        StationEvent::Display(event) => display::noted(event, now),
        StationEvent::Firmware(event) => firmware::noted(event, now),
        StationEvent::Grid(event) => grid::noted(event, now),
        StationEvent::LocalList(event) => local_list::noted(event, now),
        StationEvent::Reservation(event) => reservation::noted(event, now),
        StationEvent::Security(event) => security::noted(event, now),
        StationEvent::SmartCharging(event) => {
            let mut open = station.sessions.iter().filter(|session| session.is_open());
            let place = |named: &str| open.find(|session| session.transaction.as_str() == named).map(|open| open.evse);
            smart_charging::noted(event, place, now)
        }
        StationEvent::Authorization(_)
        | StationEvent::ContractShown(_)
        | StationEvent::Availability(_)
        | StationEvent::Charging(_)
        | StationEvent::DataTransfer(_) => Noted::default(),
    }
}

/// What those messages are answered: most are notifications.
fn answer(station: &Station, event: &StationEvent) -> Reply {
    match event {
        StationEvent::Security(event) => security::answer(event),
        StationEvent::SmartCharging(event) => {
            let charges = |evse| station.sessions.iter().any(|session| session.evse == evse && session.is_open());
            let is_v21 = station.reported.identity.protocol.as_deref() == Some("ocpp2.1");
            smart_charging::answer(event, charges, is_v21)
        }
        StationEvent::Diagnostics(event) => diagnostics::answer(event),
        StationEvent::Cost(event) => cost::answer(event),
        _ => Reply::Empty,
    }
}

fn authorized(admission: Admission) -> Step {
    let token = admission.info.clone();
    let reply = match admission.certificate {
        Some(certificate) => Reply::ContractAuthorize { token, certificate },
        None => Reply::Authorize(token),
    };
    Step { effects: decided(admission, None).collect(), ..Step::reply(reply) }
}

/// Whether this reply can be the one that was given to this message. After a restart only the fact that a message was
/// answered may be known, not with what; then its session answers again.
pub fn may_repeat(inbound: &Inbound, reply: &Reply) -> bool {
    let is_fitting = match &inbound.event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => (*reply == Reply::Empty) == event.is_plain(),
        _ => true,
    };
    inbound.repetition == Repetition::Same && is_fitting
}
