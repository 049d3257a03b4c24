//! A command was sent, answered or given up: what that means for its session, or for its job.

use super::Station;
use super::step::{Happened, Step};
use crate::command::{Exchange, Origin, Verdict};
use crate::effect::Effect;
use crate::mark::Mark;
use crate::reply::Reply;
use crate::security;
use crate::session::Session;

pub fn exchanged(station: &Station, exchange: Exchange) -> Step {
    let session = match exchange.origin {
        Origin::Limit(id) => station.open().find(|session| session.id == id),
        Origin::Operator | Origin::Site(_) | Origin::Server => None,
    };
    let is_told = exchange.is_open() || exchange.restarted_at.is_some();
    let happened = if is_told { Happened::Commanded } else { Happened::CommandEnded };
    let (id, at) = (&station.record.id, exchange.ended_at.unwrap_or(exchange.queued_at));
    let effect = |change| Effect::Holding { station: id.clone(), at, change: Box::new(change) };
    Step {
        effects: exchange.job().into_iter().chain(security::exchanged(&exchange)).map(effect).collect(),
        happened: vec![happened(exchange.id)],
        sessions: session.and_then(|session| told(session, &exchange)).into_iter().collect(),
        exchanges: vec![exchange],
        ..Step::reply(Reply::Empty)
    }
}

/// The session says that its station does not stop.
fn told(session: &Session, exchange: &Exchange) -> Option<Session> {
    let is_refused = exchange.answer.as_ref().is_some_and(|answer| answer.verdict == Verdict::Refused);
    let mut session = session.clone();
    match (is_refused, session.marks.has(&Mark::STOP_REFUSED)) {
        (true, false) => session.marks.add(Mark::STOP_REFUSED),
        (false, true) if exchange.answer.is_some() => session.marks.take_back(&Mark::STOP_REFUSED),
        _ => return None,
    }
    Some(session)
}
