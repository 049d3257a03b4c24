//! Which session a message means. A name or a number alone identifies nothing: stations use both again.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Station;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::evidence::Point;
use crate::mark::Mark;
use crate::session::{Session, SessionState};

/// A station's clock may be set back by so much within a session. What is older is from another one.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(24);
/// A session whose end came before its start is not longer than this.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);
/// Times of one moment may differ by so much.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug, Clone, Copy)]
pub(super) enum Meant<'s> {
    /// A session that we have not heard of.
    New(New<'s>),
    /// This session, which runs.
    Running(Running<'s>),
    /// What was told already: the same answer, and nothing else.
    Repetition(&'s Session),
    /// This session, whose start is missing.
    Startless(&'s Session),
    /// This session, which has ended.
    Ended(&'s Session),
    /// It carries this session's name, but cannot be its own.
    Foreign(&'s Session),
    /// No session.
    Nobody,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct New<'s> {
    /// It has the name of another session before it.
    pub reuses_name: bool,
    /// That other session was open until now.
    pub instead_of: Option<&'s Session>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Running<'s> {
    pub session: &'s Session,
    /// The message does not name it; it is the only one that can be meant.
    pub is_guessed: bool,
}

pub(super) fn identify<'s>(station: &'s Station, event: &TransactionEvent) -> Meant<'s> {
    match event.phase {
        Phase::Started => started(station, event),
        Phase::Updated | Phase::Ended => followed(station, event),
    }
}

fn started<'s>(station: &'s Station, event: &TransactionEvent) -> Meant<'s> {
    let Some(name) = &event.transaction else {
        let find = |is: fn(&Session, &TransactionEvent) -> bool| station.sessions.iter().rev().find(|s| is(s, event));
        return match (find(is_same_unnamed_start), find(is_end_of)) {
            (Some(session), _) => Meant::Repetition(session),
            (None, Some(session)) => Meant::Startless(session),
            (None, None) => Meant::New(New::default()),
        };
    };
    let reused = |instead_of| Meant::New(New { reuses_name: true, instead_of });
    match station.by_transaction(name) {
        None => Meant::New(New::default()),
        Some(ended) if begins_after(ended, event) => reused(None),
        Some(known) if known.lacks_start() => Meant::Startless(known),
        Some(known) if is_same_start(known, event) => Meant::Repetition(known),
        Some(known) => reused(Some(known).filter(|known| known.is_open())),
    }
}

/// Some stations count their transactions from 1 after each boot: a start after the end is another transaction.
fn begins_after(ended: &Session, event: &TransactionEvent) -> bool {
    ended.ended_at.zip(event.at).is_some_and(|(end, begin)| begin > end)
}

/// The station names the transaction: the same driver, place and moment, or the same register.
fn is_same_start(session: &Session, event: &TransactionEvent) -> bool {
    let same_token = event.token.as_ref().is_none_or(|token| session.verdict_on(token).is_some());
    let at = event.told();
    same_token
        && is_same_place(session, event)
        && (at.is_some_and(|at| began(session, at)) || same_register(session, event))
}

/// We name the transaction: equal connector, token, time and register make it the same start. When the station does
/// not know the time, an open session with all the rest is meant.
fn is_same_unnamed_start(session: &Session, event: &TransactionEvent) -> bool {
    let same_time = match event.told() {
        Some(at) => began(session, at),
        None => session.is_open(),
    };
    let same_token = event.token.as_ref().is_some_and(|token| session.verdict_on(token).is_some());
    same_time && same_token && is_same_place(session, event) && same_register(session, event)
}

/// The queue was sent in the wrong order: an end that named no transaction was booked, and this is its start.
fn is_end_of(session: &Session, event: &TransactionEvent) -> bool {
    let is_unnamed = session.parked.iter().all(|event| event.transaction.is_none() && event.phase == Phase::Ended);
    let same_token =
        session.token.as_ref().is_none_or(|_| event.token.as_ref().is_some_and(|t| session.verdict_on(t).is_some()));
    let order =
        event.at.zip(session.ended_at).is_some_and(|(begin, end)| begin < end && end.duration_since(begin) < LONGEST);
    let register = event.readings.iter().find_map(|reading| reading.register);
    let rises = register.is_some() && register <= session.timeline.evidence.last_register();
    session.lacks_start() && is_unnamed && same_token && order && rises
}

/// A repetition may have lost the fraction of its second.
fn began(session: &Session, at: Timestamp) -> bool {
    let known = session.started_as.unwrap_or(session.started_at);
    let is_whole = at.subsec_nanosecond() == 0 || known.subsec_nanosecond() == 0;
    at == known || (is_whole && at.duration_since(known).abs() < SignedDuration::from_secs(1))
}

fn is_same_place(session: &Session, event: &TransactionEvent) -> bool {
    event.evse.unwrap_or(0) == session.evse
}

fn same_register(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.readings.iter().find_map(|reading| reading.register);
    register == session.timeline.evidence.first_register()
}

fn followed<'s>(station: &'s Station, event: &TransactionEvent) -> Meant<'s> {
    let named = event.transaction.as_ref().map(|name| station.by_transaction(name));
    match named {
        None if event.naming == Naming::Ours => unnamed(station, event),
        None | Some(None) => Meant::Nobody,
        Some(Some(known)) if known.lacks_start() && known.parked.contains(event) => Meant::Repetition(known),
        Some(Some(known)) if known.lacks_start() => Meant::Startless(known),
        Some(Some(known)) if !could_be_of(known, event) => booked_end(station, event).unwrap_or(Meant::Foreign(known)),
        Some(Some(known)) if is_told_again(known, event) => Meant::Repetition(known),
        Some(Some(known)) if known.is_open() => Meant::Running(Running { session: known, is_guessed: false }),
        Some(Some(known)) => Meant::Ended(known),
    }
}

/// The same end was booked for itself before.
fn booked_end<'s>(station: &'s Station, event: &TransactionEvent) -> Option<Meant<'s>> {
    let is_ended = |session: &&Arc<Session>| session.state == SessionState::Ended && event.phase == Phase::Ended;
    let mut ended = station.sessions.iter().rev().filter(is_ended);
    let unnamed = TransactionEvent { transaction: None, ..event.clone() };
    ended.find(|session| is_same_end(session, &unnamed)).map(|session| Meant::Repetition(session))
}

/// 1.6 stations leave the transaction out, or send 0: the one that is open is meant, if the register fits.
fn unnamed<'s>(station: &'s Station, event: &TransactionEvent) -> Meant<'s> {
    let on_evse = |open: &&Session| event.evse.is_none_or(|evse| evse == open.evse);
    let fitting = |open: &&Session| on_evse(open) && could_be_of(open, event) && fits(station, open, event);
    let mut open = station.open().filter(fitting);
    if let (Some(session), None) = (open.next(), open.next()) {
        return Meant::Running(Running { session, is_guessed: true });
    }
    booked_end(station, event).unwrap_or(Meant::Nobody)
}

fn fits(station: &Station, session: &Session, event: &TransactionEvent) -> bool {
    let Some(reading) = event.last_register() else { return true };
    let (Some(register), Some(at)) = (reading.register, reading.at.or(event.at).or(Some(session.timeline.at))) else {
        return true;
    };
    // Several queued hours may lie between two messages.
    let point = Point { at, register, dated: event.phase == Phase::Updated };
    session.timeline.evidence.fits(reading.meter, point, station.power(session.evse))
}

/// An event from before the session's start is another session's: an id that another system, or an earlier boot, gave.
/// Unless the clock was set back meanwhile, which only a register that has risen since can show.
fn could_be_of(session: &Session, event: &TransactionEvent) -> bool {
    let before = event.at.map_or(SignedDuration::ZERO, |at| session.started_at.duration_since(at));
    if before <= SLACK || session.marks.has(&Mark::START_UNDATED) || session.marks.has(&Mark::TIME_REPAIRED) {
        return true;
    }
    let register = event.last_register().and_then(|reading| reading.register);
    let known = session.timeline.evidence.latest().map(|latest| latest.register);
    let first = session.timeline.evidence.first_register();
    let has_risen = match event.phase {
        Phase::Ended => register.is_some() && (register > known || (register == known && known > first)),
        Phase::Started | Phase::Updated => register.is_none() || register >= known,
    };
    before <= SET_BACK_MAX && has_risen
}

/// A number that has come already says nothing: some stations number from 0 again after a boot. A repetition is not
/// later than what was heard, and shows no higher register.
fn is_told_again(session: &Session, event: &TransactionEvent) -> bool {
    let highest = session.timeline.evidence.highest();
    let heard = session.told_until.max(Some(session.timeline.at));
    let is_news = event.told().is_some_and(|at| Some(at) > heard)
        || event.readings.iter().any(|reading| reading.register > highest)
        || (event.phase == Phase::Ended && session.is_open());
    let was_seen = event.seq_no.is_some_and(|seq_no| session.seen.contains(seq_no));
    let has_told_end = !session.is_open() && !session.expects_own_end();
    (was_seen && !is_news) || (event.phase == Phase::Ended && has_told_end && is_same_end(session, event))
}

/// The end with the register that counts, or without any at the same time.
fn is_same_end(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.last_register().and_then(|reading| reading.register);
    let within = |at: Timestamp, end: Timestamp| at.duration_since(end).abs() < SignedDuration::from_secs(1);
    let is_told = event.told().is_some() && event.told() == session.told_until;
    let same_time = |at| is_told || session.ended_at.is_some_and(|end| within(at, end));
    let Some(register) = register else { return event.at.is_some_and(same_time) };
    let same_register = session.timeline.evidence.latest().is_some_and(|latest| latest.register == register);
    same_register && (event.transaction.is_some() || event.at.is_none_or(same_time))
}
