//! Prices go in, effects and reply come out.

use std::sync::Arc;

use jiff::Timestamp;

use super::step::{Happened, Outcome, Settled, Step};
use super::{Station, billing, limit};
use crate::StationId;
use crate::bill::Bill;
use crate::effect::{Answered, Effect, MessageKey};
use crate::outbox::{OutboxEvent, OutboxKind};
use crate::ports::{Ids, PricingAnswer};
use crate::reply::{Reply, TransactionReply};
use crate::session::Session;
use crate::{display, smart_charging};

/// What a step is settled with.
pub struct Settling<'a> {
    pub now: Timestamp,
    pub ids: &'a dyn Ids,
    /// The message that is answered; [`MessageKey::nobody`] where no message caused the step.
    pub message: &'a MessageKey,
}

/// `prices` are in the order of [`Step::to_price`].
pub fn settle(station: &Station, mut step: Step, prices: Vec<PricingAnswer>, at: &Settling<'_>) -> Settled {
    take_prices(&mut step, prices);
    issue_bills(station, &mut step, at.now);
    command_stops(station, &mut step, at);
    let id = &station.record.id;
    let told: Vec<_> = step.happened.iter().filter_map(|event| to_others(id, event, at.now)).collect();
    let profiles = forgotten(id, &step, at.now);
    let sessions: Vec<_> = step.sessions.into_iter().map(Arc::new).collect();
    let mut effects = step.effects;
    effects.extend(profiles);
    effects.extend(sessions.iter().cloned().map(Effect::Session));
    effects.extend(step.exchanges.iter().cloned().map(|exchange| Effect::Exchange(Box::new(exchange))));
    effects.extend(told.into_iter().map(Effect::Outbox));
    let reply = answer(id, &sessions, step.reply, &mut effects, at.message);
    let Step { reported, connectors, exchanges, reserved, happened, .. } = step;
    Settled { effects, sessions, reported, connectors, exchanges, reserved, reply, happened }
}

fn take_prices(step: &mut Step, prices: Vec<PricingAnswer>) {
    for (id, answer) in step.to_price.iter().zip(prices) {
        if let Some(session) = step.sessions.iter_mut().find(|session| session.id == *id) {
            billing::take_price(session, answer.price);
            let decisions = answer.decisions.into_iter().map(|decision| Effect::Decision(Box::new(decision)));
            step.effects.extend(decisions);
        }
    }
}

fn issue_bills(station: &Station, step: &mut Step, now: Timestamp) {
    for session in &mut step.sessions {
        let why = step.correction.as_ref().filter(|correction| correction.session == session.id);
        let before = station.sessions.iter().find(|known| known.id == session.id).map(AsRef::as_ref);
        // It may have been issued when the latest stood in the session's row only.
        let goes_on = before.filter(|_| session.is_open()).and_then(Bill::of);
        step.effects.extend(goes_on.map(|bill| Effect::Bill(Box::new(bill))));
        if why.is_none() && !step.to_price.contains(&session.id) {
            continue;
        }
        let bills = billing::bill(before, session, why.map(|correction| correction.why.clone()), now);
        let latest = bills.last().map(|bill| Happened::Billed(session.id, bill.version));
        step.happened.extend(latest);
        step.effects.extend(bills.into_iter().map(|bill| Effect::Bill(Box::new(bill))));
    }
}

fn command_stops(station: &Station, step: &mut Step, at: &Settling<'_>) {
    for session in &mut step.sessions {
        let is_asked = station.exchanges.iter().any(|exchange| exchange.is_of(session.id));
        if limit::is_due(session, step.as_of, at.now) && !is_asked {
            step.exchanges.push(limit::stop(session, at.ids, at.now));
        }
    }
    let over = station.stops_over(&step.sessions, at.now);
    step.happened.extend(over.iter().map(|exchange| Happened::CommandEnded(exchange.id)));
    step.exchanges.extend(over);
}

/// What goes with transactions that have ended: their charging profiles, and their texts on the display.
fn forgotten(station: &StationId, step: &Step, at: Timestamp) -> Vec<Effect> {
    let ended = step.happened.iter().filter_map(|event| match event {
        Happened::Ended(id) => step.session(*id),
        _ => None,
    });
    let forgotten = ended.flat_map(|session| {
        let transaction = session.transaction.as_str();
        [smart_charging::forgotten_with(transaction, session.evse), display::forgotten_with(transaction)]
    });
    forgotten.map(|change| Effect::Holding { station: station.clone(), at, change: Box::new(change) }).collect()
}

/// What subscribers of webhooks are sent; all else is for the event stream only.
fn to_others(station: &StationId, event: &Happened, at: Timestamp) -> Option<OutboxEvent> {
    let (kind, session, bill, command) = match *event {
        Happened::Started(id) => (OutboxKind::SessionStarted, Some(id), None, None),
        Happened::Ended(id) => (OutboxKind::SessionEnded, Some(id), None, None),
        Happened::Billed(id, version) => (OutboxKind::SessionBilled, Some(id), Some(version), None),
        Happened::Voided(id) => (OutboxKind::SessionVoided, Some(id), None, None),
        Happened::Reviewed(id) => (OutboxKind::SessionReviewed, Some(id), None, None),
        Happened::CommandEnded(id) => (OutboxKind::CommandEnded, None, None, Some(id)),
        Happened::Booted
        | Happened::Status { .. }
        | Happened::Updated(_)
        | Happened::Metered(..)
        | Happened::Noted { .. }
        | Happened::Commanded(_) => return None,
    };
    Some(OutboxEvent { at, kind, station: station.clone(), session, bill, command })
}

fn answer(
    station: &StationId,
    sessions: &[Arc<Session>],
    outcome: Outcome,
    effects: &mut Vec<Effect>,
    message: &MessageKey,
) -> Reply {
    let (id, token, empty, remember, tells_cost, tells_limit) = match outcome {
        Outcome::Plain(reply) => return reply,
        Outcome::Transaction { session, token, empty, remember, tells_cost, tells_limit } => {
            (session, token, empty, remember, tells_cost, tells_limit)
        }
    };
    let Some(session) = sessions.iter().find(|session| session.id == id).filter(|_| !empty) else {
        return Reply::Empty;
    };
    let reply = Reply::Transaction(TransactionReply {
        transaction: session.transaction.clone(),
        number: session.no,
        token,
        total_cost: session.price.as_ref().filter(|_| tells_cost).map(|price| price.total),
        limit: tells_limit.then(|| session.limits.as_told()).flatten(),
        news: None,
    });
    if remember {
        let answer = Answered { message: message.clone(), reply: reply.clone() };
        effects.push(Effect::Answered { station: station.clone(), answer });
    }
    reply
}
