//! Transactions: started, updated, ended, in any order, more than once, or never.
//!
//! No message about a transaction is refused. A repetition changes nothing and gets the same answer; what has no
//! start is parked and replayed when the start comes; an end that can have no start (1.6) is booked and marked.

use std::sync::Arc;

use jiff::Timestamp;

use super::apply::{Outcome, Step};
use super::course::{self, abandon, admit, blank, follow, pin};
use super::{Admission, Happened, Moment, Station, late};
use crate::effect::{Effect, ReadingsRow};
use crate::event::{Inbound, Phase, TransactionEvent};
use crate::mark::Mark;
use crate::reply::{AuthorizationStatus, Reply, TokenInfo, TransactionReply};
use crate::session::{Session, SessionState};
use crate::{SessionNo, TransactionId};

/// A station's message about a transaction, with all that is needed to understand it.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub station: &'a Station,
    pub inbound: &'a Inbound,
    pub event: &'a TransactionEvent,
    pub admission: &'a Admission,
    pub moment: &'a Moment<'a>,
}

pub(super) fn apply(told: Told<'_>) -> Step {
    match told.event.phase {
        Phase::Started => started(told),
        Phase::Updated | Phase::Ended => followed(told),
    }
}

fn started(told: Told<'_>) -> Step {
    let Told { station, event, .. } = told;
    let known = match &event.transaction {
        Some(transaction) => station.by_transaction(transaction),
        None => station.sessions.iter().rev().find(|session| is_same_start(session, event)).map(Arc::as_ref),
    };
    match known {
        Some(parked) if parked.state == SessionState::Parked => reconcile(told, parked),
        Some(ended) if begins_after(ended, event) => reopen(told),
        Some(session) => repeated(session, event),
        None => open(told),
    }
}

fn open(told: Told<'_>) -> Step {
    let session = begin(told, blank(told, told.moment.ids.session_no()));
    replacing(told, session)
}

/// Some stations count their transactions from 1 after each boot: a start after the end is another transaction.
fn begins_after(ended: &Session, event: &TransactionEvent) -> bool {
    ended.ended_at.zip(event.at).is_some_and(|(end, begin)| begin > end)
}

fn reopen(told: Told<'_>) -> Step {
    let mut session = begin(told, blank(told, told.moment.ids.session_no()));
    session.marks.add(Mark::TRANSACTION_REUSED);
    replacing(told, session)
}

/// The start of a parked transaction has come: what came before it is replayed, in the station's order.
fn reconcile(told: Told<'_>, known: &Session) -> Step {
    let blank = Session { id: known.id, ..blank(told, known.no) };
    let mut session = begin(told, blank);
    session.marks.extend(known.marks.iter().filter(|mark| **mark != Mark::NO_START).cloned());
    let mut parked = known.parked.clone();
    parked.sort_by_key(|event| (event.seq_no, event.at));
    for event in &parked {
        if session.is_open() {
            session.token = session.token.or_else(|| event.token.clone());
            follow(&mut session, event, told.moment.now);
        }
    }
    replacing(told, session)
}

/// A start says that whatever was open on its EVSE before is over.
fn replacing(told: Told<'_>, session: Session) -> Step {
    let evse = told.event.evse.filter(|evse| *evse > 0);
    let is_later = |open: &&Session| told.event.at.is_none_or(|at| at >= open.started_at);
    // An old start that was queued offline says nothing about the session that runs now.
    let forgotten = evse.and_then(|evse| told.station.open_on(Some(evse))).filter(is_later);
    let mut step = step(told, session);
    if let Some(forgotten) = forgotten {
        let ended = abandon(forgotten, told);
        step.to_price.push(ended.id);
        step.happened.push(Happened::Ended(ended.id));
        step.sessions.push(ended);
    }
    step
}

fn begin(told: Told<'_>, mut session: Session) -> Session {
    session.state = SessionState::Active;
    session.marks.extend(told.inbound.marks.iter().cloned());
    admit(&mut session, told);
    session.pin = pin(&session, told);
    follow(&mut session, told.event, told.moment.now);
    session
}

fn followed(told: Told<'_>) -> Step {
    let Told { station, event, .. } = told;
    let by_name = event.transaction.as_ref().and_then(|transaction| station.by_transaction(transaction));
    // Only 1.6 stations leave the transaction out, or send 0: the one that is open is meant.
    let meant = by_name.or_else(|| station.open_on(event.evse).filter(|_| event.transaction.is_none()));
    let Some(known) = meant else {
        return orphan(told);
    };
    if event.seq_no.is_some_and(|seq_no| known.seen.contains(seq_no)) {
        return repeated(known, event);
    }
    let mut session = known.clone();
    session.marks.extend(told.inbound.marks.iter().cloned());
    if by_name.is_none() {
        session.marks.add(Mark::TRANSACTION_REPAIRED);
    }
    let ends_nothing = event.seq_no.is_none() && event.phase == Phase::Ended;
    match known.state {
        SessionState::Parked if ends_nothing => end_without_start(told, Some(known)),
        SessionState::Active => {
            admit(&mut session, told);
            follow(&mut session, event, told.moment.now);
            step(told, session)
        }
        SessionState::Ended => late::late(told, session),
        SessionState::Parked => park(told, session),
    }
}

/// 1.6 names no transaction at a start: equal connector, token, time and meter make it the same one.
fn is_same_start(session: &Session, event: &TransactionEvent) -> bool {
    let same_token = match (&session.token, &event.token) {
        (Some(ours), Some(theirs)) => ours.key() == theirs.key(),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    same_token
        && event.at == Some(session.started_at)
        && event.evse.unwrap_or(0) == session.evse
        && event.readings.iter().find_map(|reading| reading.register) == session.timeline.first_register
}

/// A message about a transaction that we have never heard of.
fn orphan(told: Told<'_>) -> Step {
    let Told { station, event, .. } = told;
    let is_v16 = event.seq_no.is_none();
    if is_v16 && event.phase == Phase::Ended {
        return end_without_start(told, None);
    }
    let parked = station.sessions.iter().filter(|session| session.state == SessionState::Parked).count();
    if event.transaction.is_none() || parked >= Station::MAX_PARKED {
        return Step { effects: vec![told.keep("no-transaction")], ..Step::reply(unknown_reply(event)) };
    }
    let mut session = blank(told, told.moment.ids.session_no());
    session.marks.add(Mark::NO_START);
    park(told, session)
}

/// 1.6: the start will never come under this number. The registers in its messages are all we have.
fn end_without_start(told: Told<'_>, parked: Option<&Session>) -> Step {
    let Told { event, moment, .. } = told;
    let before = parked.map_or(&[][..], |parked| &parked.parked);
    let readings = before.iter().chain([event]).flat_map(|event| &event.readings);
    let first: Option<Timestamp> = readings.filter_map(|reading| reading.at).min();
    let no = parked.map_or_else(|| moment.ids.session_no(), |parked| parked.no);
    let mut session = course::blank_at(told, no, first.or(event.at).unwrap_or(moment.now));
    session.id = parked.map_or(session.id, |parked| parked.id);
    session.state = SessionState::Active;
    session.pin = pin(&session, told);
    session.marks.extend(told.inbound.marks.iter().cloned());
    session.marks.extend([Mark::NO_START, Mark::NEEDS_REVIEW]);
    admit(&mut session, told);
    before.iter().for_each(|event| follow(&mut session, event, moment.now));
    follow(&mut session, event, moment.now);
    let mut step = step(told, session);
    step.effects.push(told.keep("no-start"));
    step
}

fn park(told: Told<'_>, mut session: Session) -> Step {
    if session.parked.len() < Session::MAX_PARKED_EVENTS {
        session.parked.push(told.event.clone());
        session.seen.extend(told.event.seq_no);
    } else {
        session.marks.add(Mark::PARKED_FULL);
    }
    told.filed(session, "parked")
}

/// The same answer as the first time, and nothing else.
pub(super) fn repeated(session: &Session, event: &TransactionEvent) -> Step {
    let refused = event.phase == Phase::Started && session.marks.has(&Mark::UNAUTHORIZED);
    let status = if refused { AuthorizationStatus::Invalid } else { AuthorizationStatus::Accepted };
    let reply = TransactionReply {
        transaction: session.transaction.clone(),
        number: session.no,
        token: event.token.as_ref().map(|_| TokenInfo::status(status)),
        total_cost: session.price.as_ref().map(|price| price.total),
    };
    Step::reply(if is_plain(event) { Reply::Empty } else { Reply::Transaction(reply) })
}

pub(super) fn step(told: Told<'_>, session: Session) -> Step {
    let (id, event) = (session.id, told.event);
    let happened = match (event.phase, session.state) {
        (Phase::Started, SessionState::Ended) => vec![Happened::Started(id), Happened::Ended(id)],
        (Phase::Started, _) => vec![Happened::Started(id)],
        (_, SessionState::Ended) => vec![Happened::Ended(id)],
        _ => vec![Happened::Updated(id)],
    };
    let priced = event.phase != Phase::Started || session.state == SessionState::Ended;
    let reply = Outcome::Transaction {
        session: id,
        token: event.token.as_ref().map(|_| told.admission.info.clone()),
        empty: is_plain(event),
        remember: event.phase == Phase::Started,
    };
    Step {
        effects: told.readings(session.no).into_iter().collect(),
        to_price: priced.then_some(id).into_iter().collect(),
        sessions: vec![session],
        happened,
        reply,
        ..Step::reply(Reply::Empty)
    }
}

impl Told<'_> {
    pub(super) fn keep(self, why: &'static str) -> Effect {
        super::apply::keep(self.station, self.inbound, self.moment, why)
    }

    fn readings(self, session: SessionNo) -> Option<Effect> {
        (!self.event.readings.is_empty()).then(|| {
            Effect::Readings(ReadingsRow {
                session,
                received_at: self.moment.now,
                message: self.moment.message.clone(),
                readings: self.event.readings.clone(),
            })
        })
    }

    /// The message is filed with its session and accepted, and does nothing else.
    pub(super) fn filed(self, session: Session, why: &'static str) -> Step {
        let mut effects = vec![self.keep(why)];
        effects.extend(self.readings(session.no));
        let reply = Outcome::Transaction {
            session: session.id,
            token: accepted(self.event),
            empty: is_plain(self.event),
            remember: false,
        };
        Step { effects, reply, sessions: vec![session], ..Step::reply(Reply::Empty) }
    }
}

fn accepted(event: &TransactionEvent) -> Option<TokenInfo> {
    event.token.as_ref().map(|_| TokenInfo::status(AuthorizationStatus::Accepted))
}

fn unknown_reply(event: &TransactionEvent) -> Reply {
    if is_plain(event) {
        return Reply::Empty;
    }
    let transaction = event.transaction.clone().unwrap_or_else(|| TransactionId::new("0"));
    Reply::Transaction(TransactionReply { transaction, number: SessionNo(0), token: accepted(event), total_cost: None })
}

/// 1.6 MeterValues are answered with nothing.
pub(super) fn is_plain(event: &TransactionEvent) -> bool {
    event.phase == Phase::Updated && event.seq_no.is_none()
}
