//! What comes after the end.
//!
//! The end counts as it was told, with three exceptions. An end that only a later start had brought about is replaced by
//! the station's own. A register that was read before the end, after the last one that we have, and higher than it, is
//! filed and the session is priced anew: the station delivered out of order, or was offline, and energy is the difference
//! of its registers. A register that reads no higher changes no energy and is only kept. Everything else contradicts the
//! end: it is kept, and a person has to look.

use jiff::Timestamp;

use super::Happened;
use super::apply::Step;
use super::course::follow;
use super::transaction::{Told, repeated, step};
use crate::Energy;
use crate::event::{Phase, TransactionEvent};
use crate::mark::Mark;
use crate::session::Session;

pub(super) fn late(told: Told<'_>, mut session: Session) -> Step {
    let event = told.event;
    let register = event.readings.iter().filter_map(|reading| reading.register).next_back();
    if event.phase == Phase::Ended && session.marks.has(&Mark::NO_STOP) && !session.marks.has(&Mark::LATE_STOP) {
        return own_end(told, session);
    }
    if event.phase == Phase::Ended && register == session.timeline.last_register {
        return repeated(&session, event);
    }
    session.seen.extend(event.seq_no);
    if file(&mut session, event) {
        return amended(told, session);
    }
    match event.phase {
        Phase::Ended => session.marks.extend([Mark::SECOND_STOP, Mark::NEEDS_REVIEW]),
        Phase::Updated | Phase::Started if register > session.timeline.last_register => {
            session.marks.extend([Mark::LATE_READING, Mark::NEEDS_REVIEW]);
        }
        Phase::Updated | Phase::Started => session.marks.add(Mark::LATE_READING),
    }
    told.filed(session, "late")
}

/// A later start had ended the session; this is its own end.
fn own_end(told: Told<'_>, mut session: Session) -> Step {
    session.marks.add(Mark::LATE_STOP);
    session.state = crate::session::SessionState::Active;
    follow(&mut session, told.event, told.moment.now);
    step(told, session)
}

/// True when a register fitted. Those that read no higher than the last one before them add nothing.
fn file(session: &mut Session, event: &TransactionEvent) -> bool {
    let Some(ended_at) = session.ended_at else {
        return false;
    };
    let read = |reading: &crate::reading::Reading| Some((reading.at.or(event.at)?, reading.register?));
    let mut registers: Vec<(Timestamp, Energy)> = event.readings.iter().filter_map(read).collect();
    registers.sort_unstable();
    let highest = registers.iter().map(|(_, register)| *register).max();
    let mut course = session.timeline.clone();
    for (at, register) in registers {
        course.amend(at, register, ended_at);
    }
    // All of the message fits or none of it.
    let fits = course.last_register > session.timeline.last_register && course.last_register >= highest;
    if fits {
        session.timeline = course;
    }
    fits
}

/// The bill changes, the end does not.
fn amended(told: Told<'_>, mut session: Session) -> Step {
    session.marks.add(Mark::LATE_READING);
    let id = session.id;
    let mut step = step(told, session);
    step.effects.push(told.keep("late"));
    step.happened = vec![Happened::Updated(id)];
    step
}
