//! Prices go in, effects and reply come out.

use std::sync::Arc;

use jiff::Timestamp;

use super::Step;
use super::apply::Outcome;
use crate::effect::{Answered, Effect, MessageKey};
use crate::event::StationCommand;
use crate::mark::Mark;
use crate::ports::PricingAnswer;
use crate::reply::{Reply, TransactionReply};
use crate::session::{Session, SessionState};
use crate::station::StationRecord;
use crate::{SessionId, StationId};

/// A step with everything known: commit the effects, then adopt, then answer.
#[derive(Debug)]
pub struct Settled {
    pub effects: Vec<Effect>,
    pub record: Option<StationRecord>,
    pub sessions: Vec<Arc<Session>>,
    pub reply: Reply,
    pub commands: Vec<StationCommand>,
    pub happened: Vec<Happened>,
}

/// What the event stream tells, once it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Booted,
    Status { evse: u32, connector: u32, status: String },
    Started(SessionId),
    Updated(SessionId),
    Ended(SessionId),
}

/// `prices` are in the order of [`Step::to_price`]; `message` is the one that is answered.
pub fn settle(station: &StationId, mut step: Step, prices: Vec<PricingAnswer>, message: &MessageKey) -> Settled {
    for (id, answer) in step.to_price.iter().zip(prices) {
        if let Some(session) = step.sessions.iter_mut().find(|session| session.id == *id) {
            let decisions = answer.decisions.into_iter().map(|decision| Effect::Decision(Box::new(decision)));
            step.effects.extend(decisions);
            take_price(session, answer.price);
        }
    }
    let as_of = step.as_of;
    let commands = step.sessions.iter_mut().filter_map(|session| stop_at_limit(station, session, as_of)).collect();
    let sessions: Vec<_> = step.sessions.into_iter().map(Arc::new).collect();
    step.effects.extend(sessions.iter().cloned().map(Effect::Session));
    let reply = answer(station, &sessions, step.reply, &mut step.effects, message);
    Settled { effects: step.effects, record: step.record, sessions, reply, commands, happened: step.happened }
}

/// A price that cannot stand leaves the one before and a mark; it never becomes a guess.
fn take_price(session: &mut Session, price: Option<crate::pricing::Price>) {
    let Some(price) = price else {
        if session.pin.is_some() {
            session.marks.add(Mark::NEEDS_REVIEW);
        }
        if session.state == SessionState::Ended || session.price.is_none() {
            session.marks.add(Mark::UNPRICED);
        }
        return;
    };
    if session.price.as_ref().is_some_and(|before| before.currency != price.currency) {
        session.marks.extend([Mark::NEEDS_REVIEW, Mark::new("currency-changed")]);
        return;
    }
    if price.is_doubtful() {
        session.marks.extend([Mark::PRICE_FALLBACK, Mark::NEEDS_REVIEW]);
    }
    session.price = Some(Arc::new(price));
}

/// What the policy allowed is used up: the station is told to stop, once.
fn stop_at_limit(station: &StationId, session: &mut Session, as_of: Option<Timestamp>) -> Option<StationCommand> {
    if !session.is_open() || session.limits.stop_requested {
        return None;
    }
    let limits = &session.limits;
    let at = as_of.map_or(session.timeline.at, |now| now.max(session.timeline.at));
    let seconds = at.as_second() - session.started_at.as_second();
    let total = session.price.as_ref().map(|price| price.total);
    let reached = limits.max_energy.is_some_and(|most| session.energy() >= most)
        || limits.max_duration_s.is_some_and(|most| u64::try_from(seconds).unwrap_or(0) >= most)
        || limits.max_cost.zip(total).is_some_and(|(most, total)| total >= most);
    reached.then(|| {
        session.limits.stop_requested = true;
        session.marks.add(Mark::LIMIT_REACHED);
        StationCommand::StopTransaction { station: station.clone(), transaction: session.transaction.clone() }
    })
}

fn answer(
    station: &StationId,
    sessions: &[Arc<Session>],
    outcome: Outcome,
    effects: &mut Vec<Effect>,
    message: &MessageKey,
) -> Reply {
    let (id, token, empty, remember) = match outcome {
        Outcome::Plain(reply) => return reply,
        Outcome::Transaction { session, token, empty, remember } => (session, token, empty, remember),
    };
    let Some(session) = sessions.iter().find(|session| session.id == id).filter(|_| !empty) else {
        return Reply::Empty;
    };
    let reply = Reply::Transaction(TransactionReply {
        transaction: session.transaction.clone(),
        number: session.no,
        token,
        total_cost: session.price.as_ref().map(|price| price.total),
    });
    if remember {
        let answer = Answered { message: message.clone(), reply: reply.clone() };
        effects.push(Effect::Answered { station: station.clone(), answer });
    }
    reply
}
