//! What a message has changed: what is to be priced, written, answered and told.

use std::sync::Arc;

use super::Station;
use super::admit::verdict;
use super::ending::{abandon, weigh_against_others};
use super::question::site;
use super::step::{Happened, Outcome, Step};
use super::told::Told;
use crate::SessionNo;
use crate::effect::{Answered, Effect};
use crate::event::Phase;
use crate::mark::Mark;
use crate::place::Site;
use crate::reply::{Reply, TransactionReply};
use crate::session::{Session, SessionState};

/// The session of the message has gone on, begun or ended.
pub(super) fn of(told: Told<'_>, mut session: Session) -> Step {
    let (id, phase) = (session.id, told.event.phase);
    if !told.moment.clock_is_sane {
        session.marks.add(Mark::SERVER_CLOCK_DOUBTFUL);
    }
    keep_site(&mut session, told.station);
    if session.state == SessionState::Ended {
        weigh_against_others(&mut session, told.station);
    }
    let happened = match (phase, session.state) {
        (Phase::Started, SessionState::Ended) => vec![Happened::Started(id), Happened::Ended(id)],
        (Phase::Started, _) => vec![Happened::Started(id)],
        (_, SessionState::Ended) => vec![Happened::Ended(id)],
        _ => vec![Happened::Updated(id)],
    };
    let metered = told.flow().map(|flow| Happened::Metered(id, flow));
    let priced = session.state == SessionState::Ended || (phase != Phase::Started && needs_cost(told, &session));
    Step {
        effects: told.readings(session.no).collect(),
        to_price: priced.then_some(id).into_iter().collect(),
        reply: answer(told, &session, phase == Phase::Started),
        sessions: vec![session],
        happened: happened.into_iter().chain(metered).collect(),
        ..Step::reply(Reply::Empty)
    }
}

/// From the first message on that says where it is; its plug from that on which says at which connector.
fn keep_site(session: &mut Session, station: &Station) {
    let before = station.sessions.iter().find(|known| known.id == session.id);
    let is_plugged_in = before.is_some_and(|known| known.connector != session.connector);
    if session.evse > 0 && (session.site.is_none() || is_plugged_in) {
        let now = site(&station.record, &station.reported, session.evse, session.connector);
        let place = session.site.as_ref().map(|known| known.place.clone()).unwrap_or_default();
        let site = Site { place, ..Site::default() }.before(now);
        session.site = Some(site).filter(|site| *site != Site::default()).map(Arc::new);
    }
}

/// A running price is computed when somebody needs it: for the answer, for a limit or a budget in money, or to be seen.
fn needs_cost(told: Told<'_>, session: &Session) -> bool {
    told.inbound.tells_cost || told.moment.is_watched || session.limits.need_cost()
}

/// A start says that whatever was open on its EVSE, or under its name, is over. So is the oldest beyond the bound.
pub(super) fn begun(told: Told<'_>, session: Session, named: Option<&Session>) -> Step {
    let (station, at) = (told.station, told.event.at);
    let on_evse = station.open_before(told.event);
    let surplus = station.open().next().filter(|_| station.open().count() >= Station::MAX_OPEN);
    let id = session.id;
    let mut step = of(told, session);
    for over in [named, on_evse, surplus].into_iter().flatten() {
        if over.id != id && step.session(over.id).is_none() {
            let mut ended = abandon(over, at);
            let is_named = named.is_some_and(|named| named.id == over.id);
            ended.marks.add_if(is_named, Mark::TRANSACTION_REUSED);
            step.also_ended(ended);
        }
    }
    step
}

/// The message is filed with its session and accepted, and does nothing else.
pub(super) fn filed(told: Told<'_>, session: Session, why: &'static str) -> Step {
    let mut effects = vec![told.keep(why)];
    effects.extend(told.readings(session.no));
    Step { effects, reply: answer(told, &session, false), sessions: vec![session], ..Step::reply(Reply::Empty) }
}

/// The message is filed and accepted, and changes no session. `number` 0: it is no session's.
pub(super) fn filed_as(told: Told<'_>, number: SessionNo, why: &'static str) -> Step {
    let token = told.event.token.as_ref().map(|_| told.admission.info.clone());
    let reply = TransactionReply { transaction: told.name(), number, token, total_cost: None, limit: None, news: None };
    let reply = if told.event.is_plain() { Reply::Empty } else { Reply::Transaction(reply) };
    let answer = Answered { message: told.moment.message.clone(), reply: reply.clone() };
    let answered = Effect::Answered { station: told.station.record.id.clone(), answer };
    Step { effects: vec![told.keep(why), answered], ..Step::reply(reply) }
}

/// The same answer as the first time, and nothing else; only what the meter has signed may have been left out then.
pub(super) fn repeated(told: Told<'_>, session: &Session) -> Step {
    let event = told.event;
    let known = |token| session.verdict_on(token).unwrap_or(&told.admission.info).clone();
    let reply = TransactionReply {
        transaction: session.transaction.clone(),
        number: session.no,
        token: event.token.as_ref().map(known),
        total_cost: session.price.as_ref().filter(|_| told.inbound.tells_cost).map(|price| price.total),
        limit: None,
        news: None,
    };
    let reply = if event.is_plain() { Reply::Empty } else { Reply::Transaction(reply) };
    let signed = told.signed(session.no).filter(|_| !told.moment.was_heard);
    Step { effects: signed.into_iter().collect(), ..Step::reply(reply) }
}

/// Its own token was accepted with this very message.
fn is_let_in(session: &Session, told: Told<'_>) -> bool {
    let shown = told.event.token.as_ref();
    let is_own = session.token.as_ref().zip(shown).is_some_and(|(own, shown)| own.is_shown_as(shown));
    let before = told.station.sessions.iter().find(|known| known.id == session.id);
    is_own && session.has_accepted_token() && !before.is_some_and(|known| known.has_accepted_token())
}

fn answer(told: Told<'_>, session: &Session, remember: bool) -> Outcome {
    let token = verdict(session, told);
    let tells_cost = told.inbound.tells_cost;
    let tells_limit = told.moment.protocol == "ocpp2.1" && is_let_in(session, told);
    Outcome::Transaction { session: session.id, token, empty: told.event.is_plain(), remember, tells_cost, tells_limit }
}
