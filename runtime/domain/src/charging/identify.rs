//! Which session a message means. A name or a number alone identifies nothing: stations use both again.

use std::sync::Arc;

use jiff::SignedDuration;

use super::Station;
use super::believe::SLACK;
use super::repetition::{
    is_end_of, is_same_end, is_same_start, is_same_start_by_time, is_same_unnamed_start, is_told_again, told_before,
};
use crate::TransactionId;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::evidence::Point;
use crate::mark::Mark;
use crate::session::{Session, SessionState};

/// A station's clock may be set back by so much within a session. What is older is from another one.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(24);

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
    /// What ended that other session may have been the end of this one.
    pub end_may_be_told: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Running<'s> {
    pub session: &'s Session,
    /// The message does not name it; it is the only one that can be meant.
    pub is_guessed: bool,
}

/// `was_heard`: word for word the same was told before.
pub(super) fn identify<'s>(station: &'s Station, event: &'s TransactionEvent, was_heard: bool) -> Meant<'s> {
    let meant = match event.phase {
        Phase::Started => started(station, event),
        Phase::Updated | Phase::Ended => followed(station, event, was_heard),
    };
    match meant {
        Meant::Running(Running { session, .. }) | Meant::Startless(session) | Meant::Ended(session) if was_heard => {
            Meant::Repetition(session)
        }
        Meant::Nobody if was_heard => of_register(station, event).map_or(Meant::Nobody, Meant::Repetition),
        other => other,
    }
}

/// The session that was read last at this register, or else the latest. It only says which answer is repeated.
fn of_register<'s>(station: &'s Station, event: &TransactionEvent) -> Option<&'s Session> {
    let register = event.register();
    let is_there = |session: &&Session| session.timeline.evidence.latest().map(|last| last.register) == register;
    let sessions = || station.sessions.iter().rev().map(Arc::as_ref);
    sessions().find(is_there).or_else(|| sessions().next())
}

fn started<'s>(station: &'s Station, event: &'s TransactionEvent) -> Meant<'s> {
    let Some(name) = &event.transaction else {
        let find = |is: fn(&Session, &TransactionEvent) -> bool| station.sessions.iter().rev().find(|s| is(s, event));
        return match (find(is_same_unnamed_start), find(is_end_of)) {
            (Some(session), _) => Meant::Repetition(session),
            (None, Some(session)) => Meant::Startless(session),
            (None, None) => Meant::New(New::default()),
        };
    };
    if let Some(known) = station.named(name).find(|known| is_same_start_by_time(known, event)) {
        return Meant::Repetition(known);
    }
    let Some(known) = station.named(name).next() else {
        return Meant::New(New::default());
    };
    let began_earlier = event.at.is_none_or(|at| known.started_at < at);
    let reused =
        New { reuses_name: true, instead_of: Some(known).filter(|known| known.is_open()), end_may_be_told: false };
    match known {
        ended if begins_after(ended, event) => {
            let end_may_be_told = ended.lacks_start() || ended.marks.has(&Mark::SECOND_STOP);
            Meant::New(New { end_may_be_told, ..reused })
        }
        known if known.lacks_start() && !told_before(known, event) => Meant::Startless(known),
        known if is_same_start(known, event) => Meant::Repetition(known),
        known => Meant::New(New { end_may_be_told: !known.is_open() && began_earlier, ..reused }),
    }
}

/// Some stations count their transactions from 1 after each boot: a start after the end is another transaction.
fn begins_after(ended: &Session, event: &TransactionEvent) -> bool {
    let is_its_start = ended.lacks_start() && event.told() <= ended.told_until;
    !is_its_start && ended.ended_at.zip(event.at).is_some_and(|(end, begin)| begin > end)
}

fn followed<'s>(station: &'s Station, event: &'s TransactionEvent, was_heard: bool) -> Meant<'s> {
    let Some(name) = &event.transaction else {
        return if event.naming == Naming::Ours { unnamed(station, event) } else { Meant::Nobody };
    };
    let Some(known) = named_for(station, name, event, was_heard) else { return Meant::Nobody };
    match known {
        _ if known.lacks_start() && known.parked.contains(event) => Meant::Repetition(known),
        _ if known.lacks_start() => Meant::Startless(known),
        _ if was_heard => Meant::Repetition(booked_end(station, event).unwrap_or(known)),
        _ if !could_be_of(known, event) => booked_end(station, event).map_or(Meant::Foreign(known), Meant::Repetition),
        _ if is_told_again(known, event) => Meant::Repetition(known),
        _ if known.is_open() => Meant::Running(Running { session: known, is_guessed: false }),
        _ => Meant::Ended(known),
    }
}

/// Of the sessions of one name: the one that was told this, the one that runs, or the latest that it can be of. A number
/// that an ended one has seen says nothing while another runs.
fn named_for<'s>(
    station: &'s Station,
    name: &'s TransactionId,
    event: &TransactionEvent,
    was_heard: bool,
) -> Option<&'s Session> {
    let find = |is: &dyn Fn(&Session) -> bool| station.named(name).find(|known| is(known));
    let is_of_time = |known: &Session| known.lacks_start() || !is_before(known, event);
    let running = find(&|known| known.is_open() && could_be_of(known, event));
    let is_in_it = running.is_some_and(|running| event.at > Some(running.started_at));
    let may_be_past = |known: &Session| known.is_open() || (!is_in_it && is_same_end(known, event));
    let is_told = |known: &Session| is_told_again(known, event) && (running.is_none() || may_be_past(known));
    find(&|known| is_of_time(known) && (was_heard || is_told(known)))
        .or(running)
        .or_else(|| find(&is_of_time))
        .or_else(|| find(&|known| could_be_of(known, event)))
        .or_else(|| station.named(name).next())
}

/// The same end was told before: one that is named was booked for itself.
fn booked_end<'s>(station: &'s Station, event: &TransactionEvent) -> Option<&'s Session> {
    if event.phase != Phase::Ended {
        return None;
    }
    let is_ended = |session: &&Arc<Session>| session.state == SessionState::Ended;
    let may_be_meant = |session: &&Arc<Session>| event.transaction.is_none() || session.lacks_start();
    let mut ended = station.sessions.iter().rev().filter(is_ended).filter(may_be_meant);
    let unnamed = TransactionEvent { transaction: None, ..event.clone() };
    ended.find(|session| is_same_end(session, &unnamed)).map(AsRef::as_ref)
}

/// 1.6 stations leave the transaction out, or send 0: the one that is open is meant, if the register fits.
fn unnamed<'s>(station: &'s Station, event: &TransactionEvent) -> Meant<'s> {
    let on_evse = |open: &&Session| event.evse.is_none_or(|evse| evse == open.evse);
    let fitting = |open: &&Session| on_evse(open) && could_be_of(open, event) && fits(station, open, event);
    let only = |is: &dyn Fn(&&Session) -> bool| {
        let mut open = station.open().filter(fitting).filter(is);
        open.next().filter(|_| open.next().is_none())
    };
    let one = only(&|_| true)
        .or_else(|| only(&|open| shows_token_of(open, event)))
        .or_else(|| only(&|open| rests(open, event)));
    let known = booked_end(station, event);
    // One that began before may well end in the same moment and at the same register as another.
    let may_be_its_own = one.is_some_and(|one| event.told().is_none() || event.at > Some(one.started_at));
    match (one, known) {
        (Some(session), _) if may_be_its_own || known.is_none() => {
            Meant::Running(Running { session, is_guessed: true })
        }
        (_, Some(known)) => Meant::Repetition(known),
        (_, None) => Meant::Nobody,
    }
}

fn shows_token_of(session: &Session, event: &TransactionEvent) -> bool {
    event.token.as_ref().is_some_and(|token| session.knows(token))
}

/// Its register is where this one is.
fn rests(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.register();
    register.is_some() && register == session.timeline.evidence.latest().map(|latest| latest.register)
}

fn fits(station: &Station, session: &Session, event: &TransactionEvent) -> bool {
    let is_first = event.phase == Phase::Ended && session.timeline.evidence.latest().is_none();
    let Some(reading) = event.last_register().filter(|_| !is_first) else { return true };
    let (Some(register), Some(at)) = (reading.register, reading.at.or(event.at).or(Some(session.timeline.at))) else {
        return true;
    };
    // Several queued hours may lie between two messages.
    let is_dated = reading.at.or(event.at).is_some();
    let point = Point { at, register, dated: is_dated && event.phase == Phase::Updated };
    session.timeline.evidence.fits(reading.meter, point, station.power(session.evse))
}

/// An event from before the session's start is another session's: an id that another system, or an earlier boot, gave.
/// Unless the clock was set back meanwhile, which only a register that has risen since can show.
fn could_be_of(session: &Session, event: &TransactionEvent) -> bool {
    if !is_before(session, event) || session.marks.has(&Mark::START_UNDATED) || session.marks.has(&Mark::TIME_REPAIRED)
    {
        return true;
    }
    let register = event.register();
    let known = session.timeline.evidence.latest().map(|latest| latest.register);
    let first = session.timeline.evidence.first_register();
    let has_risen = match event.phase {
        Phase::Ended => register.is_some() && (register > known || (register == known && known > first)),
        Phase::Started | Phase::Updated => register.is_none() || register >= known,
    };
    has_risen && event.at.is_none_or(|at| session.started_at.duration_since(at) <= SET_BACK_MAX)
}

fn is_before(session: &Session, event: &TransactionEvent) -> bool {
    event.at.is_some_and(|at| session.started_at.duration_since(at) > SLACK)
}
