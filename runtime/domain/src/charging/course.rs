//! A session's course: how it begins, goes on and ends. One session at a time; who is meant is decided elsewhere.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::transaction::Told;
use crate::event::{ChargingState, Phase, TransactionEvent};
use crate::mark::{Mark, Marks};
use crate::pricing::Pin;
use crate::reading::Context;
use crate::reply::AuthorizationStatus;
use crate::session::{SeqRanges, Session, SessionLimits, SessionState};
use crate::timeline::{Clock, Timeline};
use crate::{Occasion, SessionNo};

pub(super) fn blank(told: Told<'_>, no: SessionNo) -> Session {
    blank_at(told, no, told.event.at.unwrap_or(told.moment.now))
}

pub(super) fn blank_at(told: Told<'_>, no: SessionNo, at: Timestamp) -> Session {
    let (record, event) = (&told.station.record, told.event);
    Session {
        id: told.moment.ids.session(),
        no,
        station: record.id.clone(),
        transaction: event.transaction.clone().unwrap_or_else(|| no.as_transaction()),
        evse: event.evse.unwrap_or(0),
        connector: event.connector.unwrap_or(0),
        token: None,
        token_group: None,
        state: SessionState::Parked,
        started_at: at,
        ended_at: None,
        stop_reason: None,
        time_zone: record.time_zone.clone(),
        location: record.location.clone(),
        timeline: Timeline::new(at, event.charging.unwrap_or_default()),
        pin: None,
        price: None,
        limits: SessionLimits::default(),
        marks: Marks::default(),
        seen: SeqRanges::default(),
        parked: Vec::new(),
    }
}

/// The first token of a transaction is its token; what was decided about it holds for the session.
pub(super) fn admit(session: &mut Session, told: Told<'_>) {
    let Told { event, admission, .. } = told;
    let Some(token) = event.token.as_ref().filter(|_| session.token.is_none()) else {
        return;
    };
    session.token = Some(token.clone());
    if event.phase == Phase::Ended {
        return;
    }
    session.token_group.clone_from(&admission.info.group);
    session.limits = admission.limits.clone();
    if admission.info.status != AuthorizationStatus::Accepted {
        session.marks.add(Mark::UNAUTHORIZED);
    }
    if event.phase == Phase::Updated && (admission.tariff.is_some() || session.token_group.is_some()) {
        choose_anew(session, told);
    }
}

/// What prices a session that began at this place, at that time, for this token's group.
pub(super) fn pin(session: &Session, told: Told<'_>) -> Option<Arc<Pin>> {
    let occasion = Occasion::of(&told.station.record, session.token_group.as_deref(), session.started_at);
    (told.moment.pin)(&occasion, told.admission.tariff.as_deref())
}

/// A token that comes after the start may call for other units; those that the session began with keep their versions.
fn choose_anew(session: &mut Session, told: Told<'_>) {
    let Some(anew) = pin(session, told) else { return };
    session.pin = match session.pin.take() {
        Some(before) if anew.has_units_of(&before) => Some(before),
        Some(before) => Some(Arc::new(anew.keeping(&before))),
        None => Some(anew),
    };
}

/// Lets an event of a known, begun transaction take its effect.
pub(super) fn follow(session: &mut Session, event: &TransactionEvent, now: Timestamp) {
    let at = event.at.unwrap_or(now).max(session.started_at);
    session.seen.extend(event.seq_no);
    if event.offline {
        session.marks.add(Mark::OFFLINE);
    }
    if session.evse == 0 {
        session.evse = event.evse.unwrap_or(0);
        session.connector = event.connector.unwrap_or(session.connector);
    }
    read(session, event, at);
    match event.charging {
        Some(state) => change_state(session, at, state),
        None => session.timeline.advance(at),
    }
    if event.phase == Phase::Ended {
        end(session, at, event.stop_reason.clone());
    }
}

/// The session if time has passed up to now in its present state.
pub(super) fn at_present(session: &Session, now: Timestamp) -> Session {
    let mut present = session.clone();
    let odd = present.timeline.finish(now, &clock(session));
    present.marks.extend(odd);
    present
}

/// A state that comes late says nothing about now.
pub(super) fn change_state(session: &mut Session, at: Timestamp, state: ChargingState) {
    if at >= session.timeline.at {
        session.timeline.change_state(at, state);
    }
}

/// The station began anew on this EVSE and never stopped the transaction before.
pub(super) fn abandon(open: &Session, told: Told<'_>) -> Session {
    let mut session = open.clone();
    session.marks.extend([Mark::NO_STOP, Mark::NEEDS_REVIEW]);
    let at = session.timeline.at.min(told.event.at.unwrap_or(told.moment.now));
    end(&mut session, at, None);
    session
}

fn read(session: &mut Session, event: &TransactionEvent, at: Timestamp) {
    let clock = clock(session);
    for reading in &event.readings {
        let Some(register) = reading.register else {
            continue;
        };
        let read_at = match reading.context {
            Context::Begin => session.started_at,
            _ => reading.at.unwrap_or(at).max(session.started_at),
        };
        let odd = session.timeline.read(read_at, register, &clock);
        session.marks.extend(odd);
    }
}

fn end(session: &mut Session, at: Timestamp, reason: Option<String>) {
    let clock = clock(session);
    let odd = session.timeline.finish(at, &clock);
    session.marks.extend(odd);
    session.state = SessionState::Ended;
    session.ended_at = Some(at.max(session.timeline.at));
    session.stop_reason = reason;
}

fn clock(session: &Session) -> Clock {
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    let boundaries = session.pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
    Clock::new(zone, boundaries)
}
