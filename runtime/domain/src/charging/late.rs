//! What comes after the end.
//!
//! The end counts as it was told, with these exceptions. An end that only a later start or a rule had brought about is
//! replaced by the station's own, or taken back when the session goes on. A register that was read before the end, after
//! the last one that we have, and higher than it, is filed and the session is priced anew: the station delivered out of
//! order, or was offline, and energy is the difference of its registers. A register that reads no higher changes no
//! energy and is only kept. Everything else contradicts the end: it is kept, and a person has to look.

use super::admit::admit;
use super::consequences;
use super::ending::weigh_edges;
use super::export;
use super::follow::follow;
use super::measure::note_hours;
use super::step::{Happened, Step};
use super::told::Told;
use crate::Energy;
use crate::event::{ChargingState, Phase, TransactionEvent};
use crate::evidence::{Point, Power};
use crate::mark::Mark;
use crate::reading::Reading;
use crate::session::{Session, SessionState};

/// The last sample may be rounded otherwise than the stop.
const ROUNDING: Energy = Energy::from_wh(10);

/// They are weighed again at the true end.
const DOUBTS_OF_AN_END: [Mark; 7] = [
    Mark::ENERGY_UNKNOWN,
    Mark::END_CONTRADICTS,
    Mark::END_UNMETERED,
    Mark::START_UNMETERED,
    Mark::POWER_CONTRADICTS,
    Mark::SECOND_TOKEN,
    Mark::CHARGED_UNAUTHORIZED,
];

pub(super) fn after_the_end(told: Told<'_>, mut session: Session) -> Step {
    let event = told.event;
    admit(&mut session, told);
    let is_ours = session.expects_own_end();
    if is_ours && event.phase == Phase::Ended {
        session.marks.take_back(&Mark::NO_STOP);
        session.marks.add(Mark::LATE_STOP);
        return go_on(told, session);
    }
    if is_ours && goes_on_after(&session, told) {
        session.marks.take_back(&Mark::NO_STOP);
        return go_on(told, session);
    }
    session.seen.extend(event.seq_no);
    export::after_the_end(&mut session, event);
    let power = told.bounds(session.evse).power;
    if file(&mut session, event, power) {
        return amended(told, session);
    }
    match event.phase {
        Phase::Ended => session.marks.add(Mark::SECOND_STOP),
        Phase::Updated | Phase::Started => {
            session.marks.add(Mark::LATE_READING);
            session.marks.add_if(contradicts(&session, event), Mark::LATE_CONTRADICTS);
        }
    }
    note(&mut session, event);
    consequences::filed(told, session, "late")
}

/// It shows more than was counted. What flowed in an interval that comes late is in no later reading.
fn contradicts(session: &Session, event: &TransactionEvent) -> bool {
    let evidence = &session.timeline.evidence;
    let register = event.readings.iter().filter_map(|reading| reading.register).next_back();
    let is_higher = register.is_some_and(|register| register > evidence.last_register().unwrap_or_default() + ROUNDING);
    is_higher || evidence.began_above(register) || event.readings.iter().any(Reading::is_interval)
}

/// What it says of hours and states that were billed otherwise.
fn note(session: &mut Session, event: &TransactionEvent) {
    for reading in &event.readings {
        if let (Some(at), Some(register)) = (reading.at.or(event.at), reading.register) {
            note_hours(session, Point::new(at.max(session.started_at), register));
        }
    }
    let is_other = event.at.zip(event.charging).is_some_and(|(at, state)| session.timeline.state_at(at) != state);
    let goes_on = event.phase == Phase::Updated && event.at < session.ended_at;
    session.marks.add_if(is_other && goes_on, Mark::LATE_STATE);
}

/// It had not ended: this is its own end, or it goes on.
fn go_on(told: Told<'_>, mut session: Session) -> Step {
    session.state = SessionState::Active;
    (session.ended_at, session.stop_reason) = (None, None);
    // The command to stop it is over: its limits are checked again.
    session.limits.stop_requested = false;
    DOUBTS_OF_AN_END.iter().for_each(|mark| session.marks.take_back(mark));
    // What was told of its states after its last register is gone.
    let is_cut = session.timeline.state != ChargingState::Charging;
    session.marks.add_if(is_cut, Mark::LATE_STATE);
    let bounds = told.bounds(session.evse);
    follow(&mut session, told.event, bounds);
    consequences::of(told, session)
}

fn goes_on_after(session: &Session, told: Told<'_>) -> bool {
    let is_after = session.ended_at.zip(told.event.at).is_some_and(|(end, at)| at > end);
    is_after && told.station.open_on(Some(session.evse).filter(|evse| *evse > 0)).is_none()
}

/// True when a register fitted. Those that read no higher than the last one before them add nothing.
fn file(session: &mut Session, event: &TransactionEvent, power: Power) -> bool {
    let Some(ended_at) = session.ended_at else {
        return false;
    };
    let before = session.timeline.evidence.last_register();
    let mut registers: Vec<_> = event
        .readings
        .iter()
        .filter_map(|reading| Some((Point::new(reading.at.or(event.at)?, reading.register?), reading.meter)))
        .collect();
    registers.sort_by_key(|(point, _)| (point.at, point.register));
    let highest = registers.iter().map(|(point, _)| point.register).max();
    let mut timeline = session.timeline.clone();
    for (point, meter) in registers {
        timeline.amend(meter, point, ended_at, power);
    }
    // All of the message fits or none of it.
    let last = timeline.evidence.last_register();
    let fits = last > before && last >= highest;
    if fits {
        session.timeline = timeline;
    }
    fits
}

/// The bill changes, the end does not.
fn amended(told: Told<'_>, mut session: Session) -> Step {
    session.marks.add(Mark::LATE_READING);
    if session.timeline.evidence.proves_energy() {
        [Mark::ENERGY_UNKNOWN, Mark::END_UNMETERED].iter().for_each(|mark| session.marks.take_back(mark));
        weigh_edges(&mut session);
    }
    let id = session.id;
    let mut step = consequences::of(told, session);
    step.effects.push(told.keep("late"));
    step.happened = vec![Happened::Updated(id)];
    step
}
