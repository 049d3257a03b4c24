//! Which session a message means. A name or a number alone identifies nothing: stations use both again.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Station;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::evidence::Point;
use crate::mark::Mark;
use crate::session::{Session, SessionState};
use crate::{Energy, TransactionId};

/// A station's clock may be set back by so much within a session. What is older is from another one.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(24);
/// A session whose end came before its start is not longer than this.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);
/// A start that is sent again may have the time of that.
const STAMPED_ANEW: SignedDuration = SignedDuration::from_mins(5);
/// So may a stop, under a number of ours, which does not come again.
const STOPPED_ANEW: SignedDuration = SignedDuration::from_hours(1);
/// 2001-09-09, in seconds since 1970.
const UNSET_UNTIL_S: i64 = 1_000_000_000;
/// Of two times so far apart one was told by a clock that was not set.
const OTHER_ERA: SignedDuration = SignedDuration::from_hours(300 * 24);
/// What flows between a start and its repetition, which has the register of now.
const MOVED: Energy = Energy::from_wh(100);
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

/// The session that was read last at this register, or else the latest: only its answer is told again.
fn of_register<'s>(station: &'s Station, event: &TransactionEvent) -> Option<&'s Session> {
    let register = event.last_register().and_then(|reading| reading.register);
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

/// What waits for a start was not told before it.
fn told_before(known: &Session, event: &TransactionEvent) -> bool {
    let is_earlier = |told: &TransactionEvent| told.at.zip(event.at).is_some_and(|(told, at)| told + SLACK < at);
    event.told_at.is_none() && known.parked.iter().any(|told| told.told_at.is_none() && is_earlier(told))
}

/// Some stations count their transactions from 1 after each boot: a start after the end is another transaction.
fn begins_after(ended: &Session, event: &TransactionEvent) -> bool {
    let is_its_start = ended.lacks_start() && event.told() <= ended.told_until;
    !is_its_start && ended.ended_at.zip(event.at).is_some_and(|(end, begin)| begin > end)
}

/// The station names the transaction: the same driver, place and moment, or the same register.
fn is_same_start(session: &Session, event: &TransactionEvent) -> bool {
    is_same_start_by_time(session, event) || is_told_anew(session, event)
}

fn is_same_start_by_time(session: &Session, event: &TransactionEvent) -> bool {
    let same_time = event.told().is_some_and(|at| began(session, at));
    !session.lacks_start() && shows_known(session, event) && same_time && is_same_place(session, event)
}

/// Some stations stamp a start when they send it. Not after a boot, or when the place was free.
fn is_told_anew(session: &Session, event: &TransactionEvent) -> bool {
    let shown_first = session.token.iter().chain(session.admitted.first().map(|admitted| &admitted.token));
    let mut shown_first = shown_first.into_iter();
    let same_token = event.token.as_ref().is_none_or(|shown| shown_first.any(|known| known.is_shown_as(shown)));
    let known = session.started_as.unwrap_or(session.started_at);
    let is_near = event.told().map_or(session.is_open(), |at| {
        let apart = at.duration_since(known).abs();
        apart < STAMPED_ANEW || (apart > OTHER_ERA && session.is_open())
    });
    let is_over = session.stop_awaited_since.is_some() || session.marks.has(&Mark::NO_STOP);
    same_token && is_same_place(session, event) && same_register(session, event) && is_near && !is_over
}

/// We name the transaction: equal connector, token, time and register make it the same start. When the station does
/// not know the time, an open session with all the rest is meant.
fn is_same_unnamed_start(session: &Session, event: &TransactionEvent) -> bool {
    let same_time = match event.told() {
        Some(at) => began(session, at),
        None => session.is_open(),
    };
    let same_token = event.token.as_ref().is_some_and(|token| session.verdict_on(token).is_some());
    let has_register = event.last_register().is_some();
    let is_stale = session.marks.has(&Mark::REGISTER_STALE_START);
    let near_register = if event.told().is_some_and(is_set) { has_moved_little } else { same_register };
    same_time
        && same_token
        && is_same_place(session, event)
        && (!has_register || is_stale || near_register(session, event))
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
    event.evse.is_none_or(|evse| evse == 0 || evse == session.evse) || session.evse == 0
}

fn same_register(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.readings.iter().find_map(|reading| reading.register);
    register.is_some() && register == session.timeline.evidence.first_register()
}

/// The same moment is told with the register of now.
fn has_moved_little(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.readings.iter().find_map(|reading| reading.register);
    let first = session.timeline.evidence.first_register();
    register.zip(first).is_some_and(|(one, other)| one.above(other).max(other.above(one)) <= MOVED)
}

fn followed<'s>(station: &'s Station, event: &'s TransactionEvent, was_heard: bool) -> Meant<'s> {
    let named = event.transaction.as_ref().map(|name| named_for(station, name, event, was_heard));
    match named {
        None if event.naming == Naming::Ours => unnamed(station, event),
        None | Some(None) => Meant::Nobody,
        Some(Some(known)) if known.lacks_start() && known.parked.contains(event) => Meant::Repetition(known),
        Some(Some(known)) if known.lacks_start() => Meant::Startless(known),
        Some(Some(known)) if was_heard => booked_end(station, event).unwrap_or(Meant::Repetition(known)),
        Some(Some(known)) if !could_be_of(known, event) => booked_end(station, event).unwrap_or(Meant::Foreign(known)),
        Some(Some(known)) if is_told_again(known, event) => Meant::Repetition(known),
        Some(Some(known)) if known.is_open() => Meant::Running(Running { session: known, is_guessed: false }),
        Some(Some(known)) => Meant::Ended(known),
    }
}

/// Of the sessions of one name: the one that was told this, the one that runs, or the latest that it can be of.
fn named_for<'s>(
    station: &'s Station,
    name: &'s TransactionId,
    event: &TransactionEvent,
    was_heard: bool,
) -> Option<&'s Session> {
    let find = |is: &dyn Fn(&Session) -> bool| station.named(name).find(|known| is(known));
    let is_of_time = |known: &Session| known.lacks_start() || !is_before(known, event);
    find(&|known| is_of_time(known) && (was_heard || is_told_again(known, event)))
        .or_else(|| find(&|known| known.is_open() && could_be_of(known, event)))
        .or_else(|| find(&is_of_time))
        .or_else(|| find(&|known| could_be_of(known, event)))
        .or_else(|| station.named(name).next())
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
    if let Some(repetition) = booked_end(station, event).filter(|_| event.told().is_some()) {
        return repetition;
    }
    let on_evse = |open: &&Session| event.evse.is_none_or(|evse| evse == open.evse);
    let fitting = |open: &&Session| on_evse(open) && could_be_of(open, event) && fits(station, open, event);
    let only = |is: &dyn Fn(&&Session) -> bool| {
        let mut open = station.open().filter(fitting).filter(is);
        open.next().filter(|_| open.next().is_none())
    };
    let one = only(&|_| true)
        .or_else(|| only(&|open| shows_token_of(open, event)))
        .or_else(|| only(&|open| rests(open, event)));
    match one {
        Some(session) => Meant::Running(Running { session, is_guessed: true }),
        None => booked_end(station, event).unwrap_or(Meant::Nobody),
    }
}

fn shows_token_of(session: &Session, event: &TransactionEvent) -> bool {
    event.token.as_ref().is_some_and(|token| session.verdict_on(token).is_some())
}

/// Its register is where this one is.
fn rests(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.last_register().and_then(|reading| reading.register);
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
    let register = event.last_register().and_then(|reading| reading.register);
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

/// A number that has come already says nothing: some stations number from 0 again after a boot. A repetition is not
/// later than what was heard, and shows no higher register.
fn is_told_again(session: &Session, event: &TransactionEvent) -> bool {
    let has_told_end = !session.is_open() && !session.expects_own_end();
    let highest = session.timeline.evidence.highest();
    let is_later = |at: Timestamp| {
        let told_until = session.told_until;
        at > session.timeline.at && Some(at) != told_until && (event.told_at.is_none() || Some(at) > told_until)
    };
    let is_other_state = event.charging.is_some_and(|state| {
        event.at.is_some_and(|at| at >= session.started_at && session.timeline.state_at(at) != state)
    });
    let is_news = event.told().is_some_and(is_later)
        || is_other_state
        || !shows_known(session, event)
        || event.readings.iter().any(|reading| reading.register > highest)
        || (event.phase == Phase::Ended && !has_told_end);
    let was_seen = event.seq_no.is_some_and(|seq_no| session.seen.contains(seq_no));
    let says_nothing = event.readings.is_empty() || event.offline;
    (was_seen && says_nothing && !is_news)
        || (event.phase == Phase::Ended && has_told_end && is_same_end(session, event))
}

/// The end with the register that counts, or without any at the same time.
fn is_same_end(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.last_register().and_then(|reading| reading.register);
    let within = |at: Timestamp, end: Timestamp| at.duration_since(end).abs() < SignedDuration::from_secs(1);
    let same_time = |at| {
        is_set(at)
            && (Some(at) == session.told_until
                || session.ended_at.is_some_and(|end| event.at.is_some() && within(at, end)))
    };
    if session.parked.iter().any(|known| is_same_message(known, event)) {
        return true;
    }
    let Some(register) = register else {
        return event.told().is_some_and(same_time) && shows_known(session, event);
    };
    let same_register = session.timeline.evidence.latest().is_some_and(|latest| latest.register == register);
    let apart = if event.naming == Naming::Ours { STOPPED_ANEW } else { STAMPED_ANEW };
    let near = |at: Timestamp| {
        let end = session.told_until.or(session.ended_at);
        let is_near = end.is_some_and(|end| at.duration_since(end).abs() < apart);
        event.transaction.is_some() && shows_known(session, event) && is_near
    };
    same_register && event.told().is_none_or(|at| same_time(at) || near(at))
}

/// Clocks that are not set begin at the same moment after every boot.
fn is_set(at: Timestamp) -> bool {
    at.as_second() > UNSET_UNTIL_S
}

fn shows_known(session: &Session, event: &TransactionEvent) -> bool {
    event.token.as_ref().is_none_or(|shown| session.verdict_on(shown).is_some())
}

fn is_same_message(known: &TransactionEvent, event: &TransactionEvent) -> bool {
    let shown = |event: &TransactionEvent| event.readings.iter().map(|reading| reading.register).collect::<Vec<_>>();
    (known.phase, known.told(), &known.token) == (event.phase, event.told(), &event.token)
        && shown(known) == shown(event)
}
