//! When two messages tell the same: the start that is known, the end that is known, or something in between. A name or a
//! sequence number says nothing, since stations use both again; what a message tells does.

use jiff::{SignedDuration, Timestamp};

use super::believe::SLACK;
use super::export;
use crate::Energy;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::mark::Mark;
use crate::session::Session;

/// A session whose end came before its start is not longer than this.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);
/// A start that is sent again may carry the time of that second sending, at most so much later.
const STAMPED_ANEW: SignedDuration = SignedDuration::from_mins(5);
/// The same for a stop under a number that we gave, which is never given twice.
const STOPPED_ANEW: SignedDuration = SignedDuration::from_hours(1);
/// 2001-09-09, in seconds since 1970.
const UNSET_UNTIL_S: i64 = 1_000_000_000;
/// Of two times so far apart one was told by a clock that was not set.
const OTHER_ERA: SignedDuration = SignedDuration::from_hours(300 * 24);
/// What may flow between a start and its repetition, which carries the register of its second sending.
const MOVED: Energy = Energy::from_wh(100);

/// The station names the transaction: the same driver, place and moment, or the same register.
pub(super) fn is_same_start(session: &Session, event: &TransactionEvent) -> bool {
    is_same_start_by_time(session, event) || is_told_anew(session, event)
}

pub(super) fn is_same_start_by_time(session: &Session, event: &TransactionEvent) -> bool {
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
pub(super) fn is_same_unnamed_start(session: &Session, event: &TransactionEvent) -> bool {
    let same_time = match event.told() {
        Some(at) => began(session, at),
        None => session.is_open(),
    };
    let same_token = event.token.as_ref().is_some_and(|token| session.knows(token));
    let has_register = event.last_register().is_some();
    let is_stale = session.marks.has(&Mark::REGISTER_STALE_START);
    let near_register = if event.told().is_some_and(is_set) { has_moved_little } else { same_register };
    same_time
        && same_token
        && is_same_place(session, event)
        && (!has_register || is_stale || near_register(session, event))
}

/// The queue was sent in the wrong order: an end that named no transaction was booked, and this is its start.
pub(super) fn is_end_of(session: &Session, event: &TransactionEvent) -> bool {
    let is_unnamed = session.parked.iter().all(|event| event.transaction.is_none() && event.phase == Phase::Ended);
    let same_token = session.token.as_ref().is_none_or(|_| event.token.as_ref().is_some_and(|t| session.knows(t)));
    let order =
        event.at.zip(session.ended_at).is_some_and(|(begin, end)| begin < end && end.duration_since(begin) < LONGEST);
    let register = event.first_register();
    let rises = register.is_some() && register <= session.timeline.evidence.last_register();
    session.lacks_start() && is_unnamed && same_token && order && rises
}

/// What waits for a start was not told before it.
pub(super) fn told_before(known: &Session, event: &TransactionEvent) -> bool {
    let is_earlier = |told: &TransactionEvent| told.at.zip(event.at).is_some_and(|(told, at)| told + SLACK < at);
    event.told_at.is_none() && known.parked.iter().any(|told| told.told_at.is_none() && is_earlier(told))
}

/// A number that has come already says nothing: some stations number from 0 again after a boot. A repetition is not
/// later than what was heard, and shows no higher register.
pub(super) fn is_told_again(session: &Session, event: &TransactionEvent) -> bool {
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
        || export::tells_higher(session, event)
        || (event.phase == Phase::Ended && !has_told_end);
    let was_seen = event.seq_no.is_some_and(|seq_no| session.seen.contains(seq_no));
    let says_nothing = event.readings.is_empty() || event.offline;
    (was_seen && says_nothing && !is_news)
        || (event.phase == Phase::Ended && has_told_end && is_same_end(session, event))
}

/// The end with the register that counts, or without any at the same time.
pub(super) fn is_same_end(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.register();
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
        // What may have been another's end says nothing of this one's.
        let is_sure = !session.marks.has(&Mark::TRANSACTION_GUESSED);
        event.transaction.is_some() && shows_known(session, event) && is_near && is_sure
    };
    same_register && !export::tells_higher(session, event) && event.told().is_none_or(|at| same_time(at) || near(at))
}

fn is_same_message(known: &TransactionEvent, event: &TransactionEvent) -> bool {
    let shown = |event: &TransactionEvent| event.readings.iter().map(|reading| reading.register).collect::<Vec<_>>();
    (known.phase, known.told(), &known.token) == (event.phase, event.told(), &event.token)
        && shown(known) == shown(event)
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
    let register = event.first_register();
    register.is_some() && register == session.timeline.evidence.first_register()
}

/// The time is the first one's, the register is that of the second sending.
fn has_moved_little(session: &Session, event: &TransactionEvent) -> bool {
    let register = event.first_register();
    let first = session.timeline.evidence.first_register();
    register.zip(first).is_some_and(|(one, other)| one.above(other).max(other.above(one)) <= MOVED)
}

/// Clocks that are not set begin at the same moment after every boot.
fn is_set(at: Timestamp) -> bool {
    at.as_second() > UNSET_UNTIL_S
}

fn shows_known(session: &Session, event: &TransactionEvent) -> bool {
    event.token.as_ref().is_none_or(|shown| session.knows(shown))
}
