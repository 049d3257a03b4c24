//! What people do to a session: end it, void it, review it, have it priced again. Each leaves who did it, and why.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::begin::pin;
use super::ending::abandon;
use super::question::site;
use super::state::cut_by_new_pin;
use super::step::{Correction, Happened, Step};
use super::{Station, startless};
use crate::SessionId;
use crate::mark::Mark;
use crate::moment::Pinning;
use crate::ports::PricingAnswer;
use crate::pricing::Price;
use crate::reply::Reply;
use crate::session::{Act, Session, SessionState, Verb};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCarried {
    #[error("there is no such session")]
    Unknown,
    #[error("it has ended already")]
    Ended,
    #[error("it has not ended; end it first")]
    Open,
    #[error("it has no bill that could be voided")]
    NotBilled,
    #[error("it is void already; have it priced again to take that back")]
    Void,
    #[error("it does not need review")]
    NothingToReview,
    #[error("its tariff cannot price it now; the bill stays as it is")]
    NoPrice,
    #[error("people have done {} things to it, which is as many as are kept", Session::MAX_ACTS)]
    TooManyActs,
}

/// Of [`Session::MAX_ACTS`], those that prices leave to the other verbs.
const ACTS_BESIDE_PRICES: usize = 8;

/// What was done is a step like a message's: it is priced, settled and committed.
///
/// # Errors
/// Why it cannot be done; nothing has changed.
pub fn carry_out(station: &Station, id: SessionId, act: &Act, pinning: &Pinning<'_>) -> Result<Step, NotCarried> {
    let known = station.sessions.iter().find(|session| session.id == id).ok_or(NotCarried::Unknown)?;
    let room = match act.verb {
        Verb::Reprice { .. } => Session::MAX_ACTS - ACTS_BESIDE_PRICES,
        _ => Session::MAX_ACTS,
    };
    if known.acts.len() >= room {
        return Err(NotCarried::TooManyActs);
    }
    let mut session = Session { acts: with(known, act), ..Session::clone(known) };
    match act.verb {
        Verb::End => end(station, &session, act),
        Verb::Void => {
            void(&mut session, act.at)?;
            Ok(corrected(session, act, Happened::Voided(id)))
        }
        Verb::Review => {
            review(&mut session)?;
            Ok(changed(session, Happened::Reviewed(id)))
        }
        Verb::Reprice { anew } => {
            reprice(&mut session, station, anew.then_some(pinning))?;
            let step = corrected(session, act, Happened::Updated(id));
            Ok(Step { to_price: vec![id], ..step })
        }
    }
}

/// Whether what was answered lets the act stand: one that asks for a price needs one, of the units that were meant. Where
/// none was, that is the configuration's static tariff.
///
/// # Errors
/// [`NotCarried::NoPrice`]
pub fn may_stand(act: &Act, step: &Step, prices: &[PricingAnswer]) -> Result<(), NotCarried> {
    let has_units = |session: &Session| session.pin.as_ref().is_some_and(|pin| !pin.is_static_tariff());
    let may_be_static = !step.sessions.iter().any(has_units);
    let is_meant = |price: &Price| !price.is_doubtful() || may_be_static && price.is_static();
    let is_good = |answer: &PricingAnswer| answer.price.as_ref().is_some_and(is_meant);
    let needs_price = matches!(act.verb, Verb::Reprice { .. });
    if needs_price && !prices.iter().all(is_good) { Err(NotCarried::NoPrice) } else { Ok(()) }
}

fn with(session: &Session, act: &Act) -> Arc<Vec<Act>> {
    Arc::new(session.acts.iter().cloned().chain([act.clone()]).collect())
}

/// In the books, at its last reading. What the station tells of it later still counts.
fn end(station: &Station, session: &Session, act: &Act) -> Result<Step, NotCarried> {
    let mut ended = match session.state {
        SessionState::Ended => return Err(NotCarried::Ended),
        SessionState::Parked => startless::give_up(station, session, act.at),
        SessionState::Active => abandon(session, None),
    };
    ended.marks.add(Mark::ENDED_BY_OPERATOR);
    let correction = Some(correction(session.id, act));
    let mut step = Step { correction, ..Step::reply(Reply::Empty) };
    step.also_ended(ended);
    Ok(step)
}

/// It costs nothing, and no later message changes that.
fn void(session: &mut Session, now: Timestamp) -> Result<(), NotCarried> {
    if session.state != SessionState::Ended {
        return Err(NotCarried::Open);
    }
    if session.marks.has(&Mark::VOIDED) {
        return Err(NotCarried::Void);
    }
    let price = session.price.as_deref().filter(|price| price.is_final).ok_or(NotCarried::NotBilled)?;
    session.price = Some(Arc::new(Price {
        total: price.currency.round(Decimal::ZERO),
        lines: Vec::new(),
        at: now,
        modified_by: Vec::new(),
        left_out: Vec::new(),
        ..price.clone()
    }));
    session.marks.add(Mark::VOIDED);
    Ok(())
}

/// The doubts stay, to be read; nobody has to look again until there is another one.
fn review(session: &mut Session) -> Result<(), NotCarried> {
    if !session.marks.has(&Mark::NEEDS_REVIEW) {
        return Err(NotCarried::NothingToReview);
    }
    if session.state != SessionState::Ended {
        return Err(NotCarried::Open);
    }
    session.marks.take_back(&Mark::NEEDS_REVIEW);
    session.marks.add(Mark::REVIEWED);
    Ok(())
}

/// By the versions that it is pinned to, or, with `pinning`, by those that are active now for such a session.
fn reprice(session: &mut Session, station: &Station, pinning: Option<&Pinning<'_>>) -> Result<(), NotCarried> {
    if session.state != SessionState::Ended {
        return Err(NotCarried::Open);
    }
    session.marks.take_back(&Mark::VOIDED);
    session.marks.add(Mark::REPRICED);
    if let Some(pinning) = pinning {
        session.pin = pin(session, &station.record, pinning);
        session.site = Some(site(&station.record, &station.reported, session.evse, session.connector).into());
        cut_by_new_pin(session);
        session.price = None;
    }
    Ok(())
}

fn corrected(session: Session, act: &Act, happened: Happened) -> Step {
    Step { correction: Some(correction(session.id, act)), ..changed(session, happened) }
}

fn correction(session: SessionId, act: &Act) -> Correction {
    Correction { session, why: format!("{} by {}: {}", act.verb.past(), act.actor, act.reason) }
}

fn changed(session: Session, happened: Happened) -> Step {
    Step { happened: vec![happened], sessions: vec![session], ..Step::reply(Reply::Empty) }
}
