//! The message's consequences, prices aside.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::consequences::{Happened, Step};
use super::follow::{awaiting_stop, change_state};
use super::identify::{Meant, identify};
use super::transaction::{self, Told};
use super::{Admission, Station};
use crate::Occasion;
use crate::decision::Decision;
use crate::effect::{Answered, Effect, KeptMessage, MessageKey};
use crate::event::{
    Boot, ConnectorStatus, Inbound, MeterValues, Naming, Phase, Repetition, StationEvent, TransactionEvent,
};
use crate::mark::Mark;
use crate::ports::Ids;
use crate::pricing::Pin;
use crate::reply::{DataTransferStatus, Reply};
use crate::session::{Session, Signs};
use crate::station::StationRecord;

/// A station that has booted shows its connectors as free before it has looked.
const SAME_VEHICLE: SignedDuration = SignedDuration::from_mins(2);

/// The pricing versions for a session that begins on an occasion; the other argument is the unit that a policy asked for.
pub type Pinning<'a> = dyn Fn(&Occasion<'_>, Option<&str>) -> Option<Arc<Pin>> + Sync + 'a;

/// What the core may not know by itself.
pub struct Moment<'a> {
    pub now: Timestamp,
    /// False: our own clock is held to be wrong, and so are the times that are taken from it.
    pub clock_is_sane: bool,
    pub ids: &'a dyn Ids,
    pub pin: &'a Pinning<'a>,
    pub protocol: &'static str,
    pub heartbeat_s: u32,
    /// The message, to recognise its repetition.
    pub message: MessageKey,
    /// Somebody watches what sessions cost.
    pub is_watched: bool,
    /// The very same message, perhaps under another id, was answered before.
    pub was_heard: bool,
}

pub fn apply(station: &Station, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
    match &inbound.event {
        StationEvent::Boot(boot) => booted(station, boot, moment),
        StationEvent::Heartbeat => Step::reply(Reply::Heartbeat { now: moment.now }),
        StationEvent::Status(status) => status_changed(station, inbound, status, moment),
        StationEvent::Authorize(_) => authorized(admission),
        StationEvent::Transaction(event) => {
            let told = Told { station, inbound, event, admission: &admission, moment };
            let mut step = transaction::apply(told);
            let about = step.sessions.first().map(|session| session.id);
            step.effects.extend(decided(admission, about));
            step
        }
        StationEvent::MeterValues(values) => metered(station, inbound, values, &admission, moment),
        StationEvent::DataTransfer(_) => {
            kept(station, inbound, moment, "data-transfer", Reply::DataTransfer(DataTransferStatus::UnknownVendorId))
        }
        StationEvent::Unread => kept(station, inbound, moment, "unread", Reply::Empty),
        StationEvent::Report(part) => {
            let record = station.record.reporting(&part.power);
            let mut step = kept(station, inbound, moment, "report", Reply::Empty);
            step.effects.extend(record.clone().map(|record| Effect::Station(Box::new(record))));
            Step { record, ..step }
        }
    }
}

/// Whatever ran before a boot has ended, unless the station says that it goes on.
fn booted(station: &Station, boot: &Boot, moment: &Moment<'_>) -> Step {
    let record = StationRecord {
        boot: boot.clone(),
        protocol: Some(moment.protocol.to_owned()),
        booted_at: Some(moment.now),
        ..station.record.clone()
    };
    let status = record.provisioning;
    Step {
        effects: vec![Effect::Station(Box::new(record.clone()))],
        record: Some(record),
        sessions: station.open().map(|session| booted_in(session, moment.now)).collect(),
        happened: vec![Happened::Booted],
        ..Step::reply(Reply::Boot { status, interval_s: moment.heartbeat_s, now: moment.now })
    }
}

/// A connector's word is kept; what it says about the open session there is that session's, within its own time. A
/// status is not queued as transactions are: after a reconnect the present word comes before the past's end.
fn status_changed(station: &Station, inbound: &Inbound, status: &ConnectorStatus, moment: &Moment<'_>) -> Step {
    let at = status.at.unwrap_or(moment.now);
    let status = ConnectorStatus { at: Some(at), ..status.clone() };
    let open = station.open_on(Some(status.evse)).filter(|open| status.evse > 0 && at >= open.started_at);
    let is_guess = inbound.marks.contains(&Mark::TIME_REPAIRED) || may_be_local(station, inbound);
    let session =
        open.and_then(|open| word_about(open, &status, moment.now, is_guess)).or_else(|| late_word(station, &status));
    Step {
        effects: vec![Effect::Connector { station: station.record.id.clone(), status: status.clone() }],
        sessions: session.into_iter().collect(),
        happened: vec![Happened::Status {
            evse: status.evse,
            connector: status.connector,
            status: status.status.clone(),
        }],
        connector: Some(status),
        ..Step::reply(Reply::Empty)
    }
}

/// `is_guess`: the station did not know the time.
fn word_about(open: &Session, status: &ConnectorStatus, now: Timestamp, is_guess: bool) -> Option<Session> {
    let is_there = open.connector == 0 || status.connector == 0 || status.connector == open.connector;
    if status.is_free() {
        let is_known = open.stop_awaited_since.is_some() && open.signs.free.is_some();
        return (is_there && !is_known).then(|| left(open, now, status.at.unwrap_or(now)));
    }
    let Some((state, at)) = status.charging.zip(status.at) else {
        // The vehicle was there all the time; much later it is the next one.
        let since_free = open.signs.free.zip(status.at).map(|(free, at)| at.duration_since(free));
        let is_back = is_there && since_free.is_some_and(|since| since < SAME_VEHICLE);
        return is_back.then(|| Session { signs: Signs { free: None, ..open.signs }, ..open.clone() });
    };
    let mut session = open.clone();
    session.marks.add_if(is_guess && state != session.timeline.state, Mark::LATE_STATE);
    change_state(&mut session, at, state);
    Some(session)
}

/// A time without an offset, and nobody has entered the station's zone.
fn may_be_local(station: &Station, inbound: &Inbound) -> bool {
    let is_default = station.record.time_zone == StationRecord::DEFAULT_ZONE;
    is_default && inbound.marks.contains(&Mark::TIME_WITHOUT_OFFSET)
}

fn left(open: &Session, now: Timestamp, at: Timestamp) -> Session {
    let mut session = awaiting_stop(open, now).unwrap_or_else(|| open.clone());
    session.signs.free = Some(at);
    session
}

fn booted_in(open: &Session, now: Timestamp) -> Session {
    let mut session = awaiting_stop(open, now).unwrap_or_else(|| open.clone());
    session.signs.booted = Some(now);
    session
}

/// A word about a session that has ended meanwhile.
fn late_word(station: &Station, status: &ConnectorStatus) -> Option<Session> {
    let (state, at) = status.charging.zip(status.at)?;
    let is_meant = |session: &&Arc<Session>| {
        session.evse == status.evse && session.started_at <= at && session.ended_at.is_some_and(|end| at < end)
    };
    let ended = station.sessions.iter().rev().find(is_meant)?;
    let is_news = ended.timeline.state_at(at) != state && !ended.marks.has(&Mark::LATE_STATE);
    is_news.then(|| {
        let mut session = Session::clone(ended);
        session.marks.add(Mark::LATE_STATE);
        session
    })
}

/// Readings that name no transaction belong to the one that runs there, if they go on from its register. A station's
/// own meter, or one that counts otherwise, does not.
fn metered(
    station: &Station,
    inbound: &Inbound,
    values: &MeterValues,
    admission: &Admission,
    moment: &Moment<'_>,
) -> Step {
    let told_at = values.readings.iter().filter_map(|reading| reading.at).max();
    let event = TransactionEvent {
        phase: Phase::Updated,
        naming: Naming::Ours,
        transaction: None,
        seq_no: None,
        at: told_at.map(|at| at.min(moment.now)),
        told_at: told_at.filter(|at| *at > moment.now),
        evse: Some(values.evse).filter(|evse| *evse > 0),
        connector: None,
        token: None,
        readings: values.readings.clone(),
        charging: None,
        stop_reason: None,
        offline: false,
    };
    let has_register = event.last_register().is_some() && event.evse.is_some();
    match identify(station, &event, moment.was_heard) {
        meant @ Meant::Running(_) if has_register => {
            transaction::apply_to(meant, Told { station, inbound, event: &event, admission, moment })
        }
        _ => kept(station, inbound, moment, "meter-values", Reply::Empty),
    }
}

fn authorized(admission: Admission) -> Step {
    let reply = Reply::Authorize(admission.info.clone());
    Step { effects: decided(admission, None).collect(), ..Step::reply(reply) }
}

/// A session's books hold the decision that let it begin.
fn decided(admission: Admission, session: Option<crate::SessionId>) -> impl Iterator<Item = Effect> {
    let decisions = admission.decisions.into_iter();
    decisions.map(move |decision| Effect::Decision(Box::new(Decision { session, ..decision })))
}

/// Whether this reply can be the one that was given to this message. After a restart only the fact that a message was
/// answered may be known, not with what; then its session answers again.
pub fn may_repeat(inbound: &Inbound, reply: &Reply) -> bool {
    let is_fitting = match &inbound.event {
        StationEvent::Transaction(event) => (*reply == Reply::Empty) == event.is_plain(),
        _ => true,
    };
    inbound.repetition == Repetition::Same && is_fitting
}

/// Filed as it came, and answered the same if it comes again.
fn kept(station: &Station, inbound: &Inbound, moment: &Moment<'_>, why: &'static str, reply: Reply) -> Step {
    let message = moment.message.clone();
    let answer = Answered { message, reply: reply.clone() };
    let station = station.record.id.clone();
    let kept = KeptMessage {
        station: station.clone(),
        received_at: moment.now,
        action: inbound.action.to_owned(),
        payload: inbound.raw.clone(),
        why,
    };
    Step { effects: vec![Effect::Kept(kept), Effect::Answered { station, answer }], ..Step::reply(reply) }
}
