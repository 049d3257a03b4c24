//! Transactions whose start is missing. Their messages wait for it. With an end, or when it was awaited long enough, the
//! session is booked without it, for a person to look at; a start that comes after all puts it right.

use jiff::Timestamp;

use super::admit::admit;
use super::begin::{blank, leaves_state_open, pin};
use super::ending::abandon;
use super::follow::{FAR, follow};
use super::step::{Happened, Step};
use super::told::{Bounds, Told};
use super::{Station, consequences};
use crate::event::{Phase, TransactionEvent};
use crate::mark::{Mark, Marks};
use crate::session::{SeqRanges, Session, SessionLimits, SessionState};

/// The first message of a transaction that we have not heard of is not its start.
pub(super) fn begin(told: Told<'_>) -> Step {
    let session = blank(told, told.moment.ids.session_no(), told.at());
    let surplus = oldest_beyond_bound(told.station);
    let mut step = join(told, session);
    if let Some(oldest) = surplus {
        step.also_ended(book(oldest.clone(), bounds_of(told, oldest)));
    }
    step
}

/// Another message joins those that wait, perhaps the start itself.
pub(super) fn join(told: Told<'_>, mut waiting: Session) -> Step {
    let starts = told.event.phase == Phase::Started;
    let was_booked = waiting.state == SessionState::Ended;
    told.carry_marks(&mut waiting);
    let is_news_of_token = take_token(&mut waiting, told);
    waiting.parked_at = Some(told.moment.now);
    keep(&mut waiting, told.event, told.moment.now);
    if waiting.pin.is_none() || (starts && is_news_of_token) {
        waiting.pin = pin(&waiting, &told.station.record, told.moment.pin);
    }
    let has_end = waiting.parked.iter().any(|event| event.phase == Phase::Ended);
    match (starts, was_booked || has_end) {
        (true, _) => begin_after_all(told, waiting),
        (false, true) => book_now(told, waiting, was_booked),
        (false, false) => consequences::filed(told, waiting, "parked"),
    }
}

/// True when the message shows a token that was not shown before.
fn take_token(waiting: &mut Session, told: Told<'_>) -> bool {
    if told.event.phase != Phase::Ended && told.event.token.is_some() {
        forget_leaver(waiting);
    }
    let is_news = told.event.token.as_ref().is_some_and(|token| !waiting.knows(token));
    admit(waiting, told);
    is_news
}

/// The start has come: the session is what its messages tell.
fn begin_after_all(told: Told<'_>, waiting: Session) -> Step {
    let others = || waiting.parked.iter().filter(|event| event.phase != Phase::Started);
    let first = others().filter_map(|event| event.at).min();
    let shown_on_the_way = waiting.parked.iter().any(|event| event.phase != Phase::Ended && event.token.is_some());
    let bounds = told.bounds(waiting.evse);
    let mut session = replay(waiting, bounds);
    let is_leavers = told.event.token.is_none() && !shown_on_the_way && session.has_accepted_token();
    let may_be_another = may_be_another(told, &session, first);
    session.marks.add_if(told.event.is_undated(bounds.now, bounds.now), Mark::START_UNDATED);
    session.marks.add_if(is_leavers, Mark::TOKEN_LATE);
    session.marks.add_if(may_be_another, Mark::TRANSACTION_GUESSED);
    consequences::begun(told, session, None)
}

/// One that was booked before is only told to have changed: it has not ended once more.
fn book_now(told: Told<'_>, waiting: Session, was_booked: bool) -> Step {
    let (bounds, id) = (told.bounds(waiting.evse), waiting.id);
    let mut step = consequences::of(told, book(waiting, bounds));
    step.effects.push(told.keep("no-start"));
    if was_booked {
        step.happened = vec![Happened::Updated(id)];
    }
    step
}

/// The messages that waited may have been another transaction's: there was another one at the time, or they are from long
/// after this start.
fn may_be_another(told: Told<'_>, session: &Session, first: Option<Timestamp>) -> bool {
    let is_unnamed = told.event.transaction.is_none();
    let has_another = told.station.not_over_before(session).next().is_some();
    let is_long_after = first.is_some_and(|first| first.duration_since(session.started_at) > FAR);
    if is_unnamed { has_another } else { is_long_after }
}

/// A token that only ended the session paid as long as no other was known.
fn forget_leaver(waiting: &mut Session) {
    let own = waiting.token.as_ref();
    let shows_own = |event: &&TransactionEvent| {
        own.is_some_and(|own| event.token.as_ref().is_some_and(|shown| own.is_shown_as(shown)))
    };
    let mut shown = waiting.parked.iter().filter(shows_own).peekable();
    if shown.peek().is_none() || !shown.all(|event| event.phase == Phase::Ended) {
        return;
    }
    (waiting.token, waiting.token_group, waiting.limits) = (None, None, SessionLimits::default());
    waiting.marks.take_back(&Mark::UNAUTHORIZED);
}

/// Booked with what is known: from its first reading to its end, or to the last that was heard of it.
pub(super) fn book(waiting: Session, bounds: Bounds) -> Session {
    let mut session = replay(waiting, bounds);
    if session.is_open() {
        session = abandon(&session, None);
    }
    session
}

/// The time for its start to come is over.
pub(super) fn give_up(station: &Station, session: &Session, now: Timestamp) -> Session {
    book(session.clone(), Bounds { now, power: station.power(session.evse) })
}

/// The session as if its messages had come in the station's order. They are kept until the start is among them.
fn replay(waiting: Session, bounds: Bounds) -> Session {
    let mut events = waiting.parked.clone();
    events.sort_by_key(|event| (event.phase != Phase::Started, event.seq_no, event.at));
    let start = events.first().filter(|event| event.phase == Phase::Started);
    let has_start = start.is_some();
    let mut session = anew(&waiting, start, began(&events).unwrap_or(waiting.started_at));
    for event in &events {
        if session.is_open() {
            follow(&mut session, event, bounds);
        }
    }
    session.parked_at = None;
    session.parked = if has_start { Vec::new() } else { waiting.parked };
    session
}

/// Without a start, the first reading is where it began.
fn began(events: &[TransactionEvent]) -> Option<Timestamp> {
    let start = events.first().filter(|event| event.phase == Phase::Started);
    let readings = events.iter().flat_map(|event| &event.readings).filter_map(|reading| reading.at);
    let told = events.iter().filter_map(|event| event.at);
    start.and_then(|start| start.at).or_else(|| readings.chain(told).min())
}

/// What was decided about it stays; what was told of it is told again.
fn anew(waiting: &Session, start: Option<&TransactionEvent>, at: Timestamp) -> Session {
    let first = start.or(waiting.parked.first());
    let stays = |mark: &&Mark| !mark.doubts_the_money() && **mark != Mark::NEEDS_REVIEW;
    let mut session = waiting.clone();
    session.state = SessionState::Active;
    session.started_at = at;
    session.started_as = start.and_then(|start| start.told_at);
    session.timeline = waiting.timeline.begun_anew(at, first.and_then(|event| event.charging).unwrap_or_default());
    session.signs.untold = start.is_some_and(leaves_state_open);
    (session.given_back, session.operation_mode) = (None, None);
    session.marks = waiting.marks.iter().filter(stays).cloned().collect::<Marks>();
    session.marks.add_if(start.is_none(), Mark::NO_START);
    session.seen = SeqRanges::default();
    (session.ended_at, session.stop_reason) = (None, None);
    session
}

/// Starts and ends always find room.
fn keep(waiting: &mut Session, event: &TransactionEvent, now: Timestamp) {
    let readings: usize = waiting.parked.iter().map(|event| event.readings.len()).sum();
    let mut event = TransactionEvent { at: event.at.or(Some(now)), ..event.clone() };
    let is_full = waiting.parked.len() >= Session::MAX_PARKED_EVENTS;
    if is_full && event.phase == Phase::Updated {
        return waiting.marks.add(Mark::PARKED_FULL);
    }
    if readings + event.readings.len() > Session::MAX_PARKED_READINGS {
        waiting.marks.add(Mark::PARKED_FULL);
        let within = 1..event.readings.len().saturating_sub(1).max(1);
        event.readings.drain(within);
    }
    if is_full {
        waiting.marks.add(Mark::PARKED_FULL);
        // The first one is where the session begins.
        let spare = waiting.parked.iter().skip(1).position(|event| event.phase == Phase::Updated);
        waiting.parked.remove(spare.map_or(0, |place| place + 1));
    }
    waiting.seen.extend(event.seq_no);
    waiting.parked.push(event);
}

fn oldest_beyond_bound(station: &Station) -> Option<&Session> {
    let parked = || station.sessions.iter().filter(|session| session.state == SessionState::Parked);
    let is_full = parked().count() >= Station::MAX_PARKED;
    parked().min_by_key(|session| session.parked_at).filter(|_| is_full).map(AsRef::as_ref)
}

fn bounds_of(told: Told<'_>, session: &Session) -> Bounds {
    Bounds { now: told.moment.now, power: told.station.power(session.evse) }
}
