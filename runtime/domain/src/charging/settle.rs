//! Prices go in, effects and reply come out.

use std::sync::Arc;

use jiff::Timestamp;

use super::Station;
use super::consequences::{Happened, Outcome, Step};
use crate::StationId;
use crate::effect::{Answered, BillVersion, Effect, MessageKey};
use crate::event::{ConnectorStatus, StationCommand};
use crate::mark::Mark;
use crate::ports::PricingAnswer;
use crate::pricing::Price;
use crate::reply::{Reply, TransactionReply};
use crate::session::{Session, SessionState};
use crate::station::StationRecord;

/// A step with everything known: commit the effects, then adopt, then answer.
#[derive(Debug)]
pub struct Settled {
    pub effects: Vec<Effect>,
    pub record: Option<StationRecord>,
    pub sessions: Vec<Arc<Session>>,
    pub connector: Option<ConnectorStatus>,
    pub reply: Reply,
    pub commands: Vec<StationCommand>,
    pub happened: Vec<Happened>,
}

/// `prices` are in the order of [`Step::to_price`]; `message` is the one that is answered, at `now`.
pub fn settle(
    station: &Station,
    mut step: Step,
    prices: Vec<PricingAnswer>,
    message: &MessageKey,
    now: Timestamp,
) -> Settled {
    for (id, answer) in step.to_price.iter().zip(prices) {
        if let Some(session) = step.sessions.iter_mut().find(|session| session.id == *id) {
            let decisions = answer.decisions.into_iter().map(|decision| Effect::Decision(Box::new(decision)));
            step.effects.extend(decisions);
            take_price(session, answer.price);
            let before = station.sessions.iter().find(|known| known.id == *id);
            step.effects.extend(bill(before.map(AsRef::as_ref), session, now));
        }
    }
    let (id, as_of) = (&station.record.id, step.as_of);
    let commands = step.sessions.iter_mut().filter_map(|session| stop_at_limit(id, session, as_of)).collect();
    let sessions: Vec<_> = step.sessions.into_iter().map(Arc::new).collect();
    step.effects.extend(sessions.iter().cloned().map(Effect::Session));
    let reply = answer(id, &sessions, step.reply, &mut step.effects, message);
    let Step { effects, record, connector, happened, .. } = step;
    Settled { effects, record, sessions, connector, reply, commands, happened }
}

/// A price that cannot stand leaves the one before and a mark; it never becomes a guess.
fn take_price(session: &mut Session, price: Option<Price>) {
    let Some(price) = price else {
        session.marks.add_if(session.pin.is_some(), Mark::PRICE_MISSING);
        if session.state == SessionState::Ended || session.price.is_none() {
            session.marks.add(Mark::UNPRICED);
        }
        return;
    };
    if session.price.as_ref().is_some_and(|before| before.currency != price.currency) {
        return session.marks.add(Mark::CURRENCY_CHANGED);
    }
    // What the pinned version has said of an ended session is not replaced by what a stand-in says.
    let stands = |before: &Price| before.is_final && !before.is_doubtful() && session.state == SessionState::Ended;
    if price.is_doubtful() && session.price.as_deref().is_some_and(stands) {
        return session.marks.add(Mark::PRICE_KEPT);
    }
    if price.is_doubtful() {
        session.marks.add(Mark::PRICE_FALLBACK);
    } else if price.is_final {
        [Mark::PRICE_FALLBACK, Mark::PRICE_MISSING, Mark::UNPRICED]
            .iter()
            .for_each(|mark| session.marks.take_back(mark));
    }
    let is_owed = price.is_final && !price.total.is_zero() && session.token.is_none();
    session.marks.add_if(is_owed, Mark::NO_TOKEN);
    session.price = Some(Arc::new(price));
}

/// Numbers the bill of an ended session. When another one replaces it, or the session goes on after all, it is kept.
fn bill(before: Option<&Session>, session: &mut Session, now: Timestamp) -> Option<Effect> {
    let price = session.price.as_ref()?;
    let known = before.map_or(0, |before| before.bill);
    let billed = before.and_then(|before| Some((before, before.price.as_ref().filter(|price| price.is_final)?)));
    let Some((before, earlier)) = billed.filter(|_| known > 0) else {
        session.bill = if price.is_final { known + 1 } else { known };
        return None;
    };
    let is_same = price.is_final && earlier.total == price.total;
    if is_same && before.energy() == session.energy() && before.ended_at == session.ended_at {
        return None;
    }
    session.bill = known + u32::from(price.is_final);
    let news = session.marks.iter().filter(|mark| !before.marks.has(mark)).map(Mark::as_str);
    let why: Vec<&str> = news.collect();
    Some(Effect::Bill(Box::new(BillVersion {
        session: session.no,
        version: before.bill,
        energy: before.energy(),
        ended_at: before.ended_at,
        price: Price::clone(earlier),
        replaced_at: now,
        why: why.join(", "),
    })))
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
