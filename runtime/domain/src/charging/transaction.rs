//! A message about a transaction: which session it means, and what that session becomes.
//!
//! No message about a transaction is refused. A repetition changes nothing and gets the same answer; what has no start
//! waits for it, or is booked without it; what cannot belong to the session that it names is kept for a person.

use super::admit::admit;
use super::begin::{blank, pin};
use super::follow::{awaiting_stop, follow};
use super::identify::{Meant, New, Running, identify};
use super::step::Step;
use super::told::Told;
use super::{consequences, late, startless};
use crate::SessionNo;
use crate::event::{Naming, Phase, TransactionEvent};
use crate::mark::Mark;
use crate::session::{Session, SessionState};

pub(super) fn apply(told: Told<'_>) -> Step {
    apply_to(identify(told.station, told.event, told.moment.was_heard), told)
}

pub(super) fn apply_to(meant: Meant<'_>, told: Told<'_>) -> Step {
    match meant {
        Meant::New(new) => begin(told, new),
        Meant::Running(running) => go_on(told, running),
        Meant::Repetition(session) => consequences::repeated(told, session),
        Meant::Startless(session) => startless::join(told, session.clone()),
        Meant::Ended(session) => ended(told, session),
        Meant::Foreign(session) => foreign(told, session),
        Meant::Nobody => nobody(told),
    }
}

/// An end of a session that has ended may be that of a newer one of its name.
fn ended(told: Told<'_>, session: &Session) -> Step {
    let mut step = late::after_the_end(told, session.clone());
    let newer = told.event.transaction.as_ref().and_then(|name| told.station.named(name).find(|newer| newer.is_open()));
    let newer = newer.filter(|_| told.event.phase == Phase::Ended);
    step.sessions.extend(newer.and_then(|newer| awaiting_stop(newer, told.moment.now)));
    step
}

fn begin(told: Told<'_>, new: New<'_>) -> Step {
    let mut session = blank(told, told.moment.ids.session_no(), told.at());
    session.state = SessionState::Active;
    told.carry_marks(&mut session);
    session.marks.add_if(new.reuses_name, Mark::TRANSACTION_REUSED);
    // Without a boot a station does not begin to number anew: it may be a repetition with other words.
    let may_repeat = new.instead_of.is_some_and(|before| before.signs.booted.is_none());
    session.marks.add_if(may_repeat, Mark::TRANSACTION_GUESSED);
    admit(&mut session, told);
    session.pin = pin(&session, &told.station.record, told.moment.pin);
    let bounds = told.bounds(session.evse);
    follow(&mut session, told.event, bounds);
    if new.end_may_be_told {
        session = awaiting_stop(&session, told.moment.now).unwrap_or(session);
    }
    consequences::begun(told, session, new.instead_of)
}

fn go_on(told: Told<'_>, running: Running<'_>) -> Step {
    let mut session = running.session.clone();
    told.carry_marks(&mut session);
    session.marks.add_if(running.is_guessed, Mark::TRANSACTION_REPAIRED);
    let may_be_another =
        running.is_guessed && told.event.phase == Phase::Ended && may_end_another(told, running.session);
    session.marks.add_if(may_be_another, Mark::TRANSACTION_GUESSED);
    admit(&mut session, told);
    let bounds = told.bounds(session.evse);
    follow(&mut session, told.event, bounds);
    consequences::of(told, session)
}

/// Another session runs, or has begun since, and nobody but its driver can tell which one has ended; or a stranger, who may
/// have a session of his own, ends it.
fn may_end_another(told: Told<'_>, session: &Session) -> bool {
    let shown = told.event.token.as_ref();
    let shows_driver = shown.is_some_and(|shown| session.token.as_ref().is_some_and(|own| own.is_shown_as(shown)));
    let others = || told.station.not_over_before(session);
    let is_drivers = |other: &Session| shown.is_some_and(|shown| other.knows(shown));
    let is_strangers = shown.is_some_and(|shown| !session.knows(shown));
    if shows_driver { others().any(is_drivers) } else { is_strangers || others().next().is_some() }
}

/// The end of a transaction that is not the session of its name: it is booked as a session of its own, under a name of
/// ours, and the session of that name goes on.
fn foreign(told: Told<'_>, session: &Session) -> Step {
    if told.event.phase != Phase::Ended {
        return consequences::filed_as(told, session.no, "foreign");
    }
    let event = TransactionEvent { transaction: None, ..told.event.clone() };
    let mut step = lone_end(Told { event: &event, ..told });
    match step.sessions.iter_mut().find(|other| other.id == session.id) {
        Some(named) => named.marks.add(Mark::FOREIGN_STOP),
        None => {
            let mut named = session.clone();
            named.marks.add(Mark::FOREIGN_STOP);
            step.sessions.push(named);
        }
    }
    step
}

/// An end that is nobody's may still be the end of one that runs there, or of one for which another's was taken.
fn lone_end(told: Told<'_>) -> Step {
    let mut step = startless::begin(told);
    let may_be_meant = |open: &&Session| told.event.evse.is_none_or(|evse| evse == open.evse);
    let running = told.station.open().filter(may_be_meant);
    step.sessions.extend(running.filter_map(|open| awaiting_stop(open, told.moment.now)));
    let guessed = told.station.sessions.iter().filter(|ended| may_have_taken_another(ended, told.event));
    for ended in guessed {
        let mut doubtful = Session::clone(ended);
        doubtful.marks.add(Mark::TRANSACTION_GUESSED);
        step.sessions.push(doubtful);
    }
    step
}

/// Its messages named no transaction, and now there is an end too many.
fn may_have_taken_another(ended: &Session, end: &TransactionEvent) -> bool {
    let is_guess = ended.marks.has(&Mark::TRANSACTION_REPAIRED) && !ended.marks.has(&Mark::TRANSACTION_GUESSED);
    let had_begun = end.at.is_none_or(|at| ended.started_at <= at);
    let may_be_drivers = end.token.as_ref().is_none_or(|token| ended.knows(token));
    ended.state == SessionState::Ended && is_guess && had_begun && may_be_drivers
}

fn nobody(told: Told<'_>) -> Step {
    let event = told.event;
    let waits = event.transaction.is_some() && !(event.naming == Naming::Ours && told.station.is_free(event.evse));
    match event.phase {
        Phase::Updated if !waits => consequences::filed_as(told, SessionNo(0), "no-transaction"),
        Phase::Ended if event.transaction.is_none() || event.naming == Naming::Ours => lone_end(told),
        Phase::Started | Phase::Updated | Phase::Ended => startless::begin(told),
    }
}
