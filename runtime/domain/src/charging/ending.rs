//! The end of a session: what it tells, or where a rule puts it, and what the session as a whole says of its energy.

use jiff::Timestamp;

use super::measure::{measure_end, redate};
use super::state::{clock, enter, learn_state};
use super::told::Bounds;
use super::{Station, believe, export};
use crate::Energy;
use crate::event::TransactionEvent;
use crate::evidence::Point;
use crate::mark::Mark;
use crate::session::{Session, SessionState};

/// A session that charged for so long after its last register has drawn what nobody has seen.
const UNMETERED_S: i64 = 300;
/// One that charged for longer before its first register had begun to draw.
const LEAD_S: i64 = 30;
/// What may have flowed and nobody has seen, besides a hundredth.
const UNSEEN: Energy = Energy::from_wh(150);
/// A session that is booked as so much longer than the station tells it began by another clock.
const CLOCK_OFF_S: i64 = 300;
/// Where an interval is missing, but hardly anything can have flowed.
const GAP_S: i64 = 15;
/// Start and end of a session that drew anything are not in one moment.
const INSTANT_S: i64 = 15;
/// What may flow between another driver's token and the end that this driver asks for.
const LEAVING: Energy = Energy::from_wh(500);

pub(super) fn end(session: &mut Session, event: &TransactionEvent, bounds: Bounds) {
    let end = believe::end(session, event, bounds.now);
    session.marks.add_if(event.is_undated(bounds.now, session.timeline.at), Mark::END_UNDATED);
    session.marks.add_if(end.clock_moved, Mark::CLOCK_MOVED);
    if end.redates {
        redate(session, end.at);
    }
    measure_end(session, event, end.at, bounds.power);
    export::measure_end(session, event, end.at, bounds.power);
    learn_state(session, event);
    if let Some(state) = event.charging {
        enter(session, end.at, state);
    }
    finish(session, end.at, event.stop_reason.clone());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let possible = Point::delivered(bounds.power, seconds + INSTANT_S) + session.timeline.evidence.resolution();
    session.marks.add_if(session.energy() > possible, Mark::CLOCK_MOVED);
    session.marks.add_if(is_longer_than_told(session, event, seconds), Mark::CLOCK_MOVED);
}

/// The station's start was not believed, and it tells of a shorter session than is booked: our own clock may have been
/// behind.
fn is_longer_than_told(session: &Session, event: &TransactionEvent, seconds: i64) -> bool {
    let told = session.started_as.zip(event.told()).map(|(start, end)| end.as_second() - start.as_second());
    told.is_some_and(|told| told >= 0 && seconds - told > CLOCK_OFF_S)
}

pub(super) fn finish(session: &mut Session, at: Timestamp, reason: Option<String>) {
    let clock = clock(session);
    session.timeline.cut_off(at);
    let odd = session.timeline.finish(at, &clock);
    session.marks.extend(odd);
    export::finish(session, at);
    session.stop_awaited_since = None;
    session.marks.take_back(&Mark::STOP_AWAITED);
    session.state = SessionState::Ended;
    session.ended_at = Some(at.max(session.timeline.at));
    session.stop_reason = reason;
    weigh_edges(session);
    weigh(session);
}

/// What may have flowed before the first register and after the last one.
pub(super) fn weigh_edges(session: &mut Session) {
    let (timeline, evidence) = (&session.timeline, &session.timeline.evidence);
    let tolerance = UNSEEN + session.energy().share(1, 100);
    let first = evidence.first_read_at().unwrap_or(session.started_at);
    let last = evidence.told_until().unwrap_or(session.started_at);
    let (lead, rest) = (timeline.charged_within(session.started_at, first), timeline.charged_within(last, timeline.at));
    let lead = lead.max(evidence.lead().as_secs());
    let (before, after) = evidence.unseen(lead, rest);
    // Nothing was seen to flow that it could be judged by.
    let saw_none = timeline.charged_within(first, last) < LEAD_S || session.energy() == Energy::ZERO;
    let begins_at_zero = evidence.first_register() == Some(Energy::ZERO);
    let is_unknown = lead > LEAD_S && (saw_none || begins_at_zero);
    session.marks.add_if(before > tolerance || lead > UNMETERED_S || is_unknown, Mark::START_UNMETERED);
    session.marks.add_if(after > tolerance || rest > UNMETERED_S, Mark::END_UNMETERED);
}

/// What the session as a whole says of its energy.
fn weigh(session: &mut Session) {
    let (evidence, energy) = (&session.timeline.evidence, session.energy());
    let seconds = session.timeline.at.as_second() - session.started_at.as_second();
    let has_charged = |(from, to)| session.timeline.charged_within(from, to) > GAP_S;
    let is_sum_with_gaps = evidence.is_sum_of_intervals() && session.seen.gaps().next().is_some()
        || evidence.gaps(session.started_at, session.timeline.at).any(has_charged);
    let after_token = session.second_token_at.map_or(Energy::ZERO, |before| energy.above(before));
    let charged = session.timeline.charged_within(session.started_at, session.timeline.at);
    let odd = [Mark::REGISTER_DROPOUT, Mark::REGISTER_JUMPED];
    let has_two_meters =
        session.marks.has(&Mark::TRANSACTION_REPAIRED) && odd.iter().any(|mark| session.marks.has(mark));
    let doubts = [
        (has_two_meters, Mark::END_CONTRADICTS),
        (evidence.shows_only_zero() && charged > UNMETERED_S, Mark::ENERGY_UNKNOWN),
        (!evidence.proves_energy(), Mark::ENERGY_UNKNOWN),
        (evidence.is_contradicted(energy, seconds), Mark::POWER_CONTRADICTS),
        (evidence.is_open_question(), Mark::END_CONTRADICTS),
        (evidence.may_begin_stale(), Mark::REGISTER_STALE_START),
        (is_sum_with_gaps, Mark::ENERGY_INCOMPLETE),
        (after_token > LEAVING, Mark::SECOND_TOKEN),
        (session.marks.has(&Mark::UNAUTHORIZED) && energy > LEAVING, Mark::CHARGED_UNAUTHORIZED),
    ];
    session.marks.extend(doubts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark));
}

/// What the other sessions of its EVSE say of it.
pub(super) fn weigh_against_others(session: &mut Session, station: &Station) {
    session.marks.add_if(station.has_another_then(session), Mark::SESSIONS_OVERLAP);
    session.marks.add_if(ends_where_it_began(session, station), Mark::REGISTER_STALE_START);
}

/// From zero to where the EVSE's session before has ended: the meter was not ready, and nothing was drawn.
fn ends_where_it_began(session: &Session, station: &Station) -> bool {
    let span = |session: &Session| session.timeline.evidence.span();
    let Some((Energy::ZERO, last)) = span(session) else {
        return false;
    };
    let before = station.before(session.evse, session.started_at);
    last > Energy::ZERO && before.and_then(span).is_some_and(|(first, end)| end == last && first > Energy::ZERO)
}

/// The station never told the end: it is where the last register was read.
pub(super) fn abandon(open: &Session, until: Option<Timestamp>) -> Session {
    let mut session = open.clone();
    session.marks.add(Mark::NO_STOP);
    let last = session.timeline.evidence.read_at().unwrap_or(session.timeline.at);
    let at = until.map_or(last, |until| last.min(until)).max(session.started_at);
    finish(&mut session, at, None);
    session.stop_awaited_since = open.stop_awaited_since;
    session
}
