//! A session at its beginning, and what prices it.

use std::sync::Arc;

use jiff::Timestamp;

use super::told::Told;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::mark::Marks;
use crate::moment::Pinning;
use crate::pricing::Pin;
use crate::session::{SeqRanges, Session, SessionLimits, SessionState, Signs};
use crate::station::StationRecord;
use crate::timeline::Timeline;
use crate::{Occasion, SessionNo};

pub(super) fn blank(told: Told<'_>, no: SessionNo, at: Timestamp) -> Session {
    let (record, event) = (&told.station.record, told.event);
    let evse = event.evse.unwrap_or(0);
    let mut timeline = Timeline::new(at, event.charging.unwrap_or_default());
    let before = told.station.before(evse, at).and_then(|before| before.timeline.evidence.span());
    before.into_iter().for_each(|span| timeline.evidence.goes_on_from(span));
    Session {
        id: told.moment.ids.session(),
        no,
        station: record.id.clone(),
        transaction: event.transaction.clone().unwrap_or_else(|| no.as_transaction()),
        evse,
        connector: event.connector.unwrap_or(0),
        token: None,
        token_group: None,
        tariff: None,
        admitted: Arc::default(),
        second_token_at: None,
        state: SessionState::Parked,
        started_at: at,
        started_as: event.told_at.filter(|_| event.phase == Phase::Started),
        ended_at: None,
        told_until: None,
        parked_at: None,
        stop_awaited_since: None,
        signs: Signs { untold: leaves_state_open(event), ..Signs::default() },
        stop_reason: None,
        remote_start: event.remote_start,
        time_zone: record.time_zone.clone(),
        location: record.location.clone(),
        site: None,
        timeline,
        given_back: None,
        operation_mode: event.operation_mode,
        pin: None,
        price: None,
        bill: 0,
        acts: Arc::default(),
        station_money: Arc::default(),
        limits: SessionLimits::default(),
        marks: Marks::default(),
        seen: SeqRanges::default(),
        parked: Vec::new(),
    }
}

/// A start of 1.6 is one of charging.
pub(super) fn leaves_state_open(start: &TransactionEvent) -> bool {
    start.phase == Phase::Started && start.naming == Naming::Theirs && start.charging.is_none()
}

/// The pricing versions for a session, by its place, start, token group, and the tariff that its authorization named.
pub(super) fn pin(session: &Session, record: &StationRecord, pinning: &Pinning<'_>) -> Option<Arc<Pin>> {
    let occasion = Occasion::of(record, session.token_group.as_deref(), session.started_at);
    pinning(&occasion, session.tariff.as_deref())
}
