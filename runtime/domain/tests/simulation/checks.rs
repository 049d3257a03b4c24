//! What must hold after every message, and at the end of the day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::effect::Effect;
use amprule_domain::event::{ChargingEvent, Inbound, Phase, StationEvent};
use amprule_domain::reply::{AuthorizationStatus, Reply};
use amprule_domain::session::{Session, SessionState};
use amprule_domain::{Energy, Mark, SessionNo};

use crate::day::Outcome;
use crate::fault::{DOUBTS_OF_BOOTS, Fault};
use crate::plan::Plan;
use crate::server::{Books, Heard, Server};
use crate::station::{Letter, payer};
use crate::truth::{Truth, policy};
use crate::wire::Delivery;

/// A bill may be this much beside what flowed, and nobody has to look.
pub(crate) fn tolerance_mwh(flowed_mwh: i64) -> i64 {
    200_000 + flowed_mwh / 100
}

/// It may be three times as much below where an end of the session has no register: what flowed there is judged by the pace
/// next to it.
fn below_mwh(plan: &Plan, flowed_mwh: i64) -> i64 {
    let has_edge = plan.has(Fault::NoStartRegister) || plan.has(Fault::NoStopRegister);
    tolerance_mwh(flowed_mwh) * if has_edge { 3 } else { 1 }
}

type Check = Result<(), String>;

/// What was said and done so far.
pub(crate) struct Ledger<'t> {
    truth: &'t Truth,
    /// The visit of the message that a session began with.
    owners: BTreeMap<SessionNo, usize>,
    /// The first answer to each letter.
    answers: BTreeMap<usize, Reply>,
    ended: BTreeSet<usize>,
    /// The sessions that a visit's messages went to.
    joined: BTreeSet<(usize, SessionNo)>,
    contents: BTreeSet<Box<str>>,
    before: Vec<Arc<Session>>,
}

impl<'t> Ledger<'t> {
    pub(crate) fn new(truth: &'t Truth) -> Self {
        let (owners, answers, ended, joined, contents) = Default::default();
        Self { truth, owners, answers, ended, joined, contents, before: Vec::new() }
    }

    /// A message is about to come.
    pub(crate) fn expect(&mut self, server: &Server) {
        self.before.clone_from(&server.books.sessions);
    }

    pub(crate) fn hear(
        &mut self,
        server: &Server,
        letter: &Letter,
        delivery: &Delivery,
        inbound: &Inbound,
        heard: &Heard,
    ) -> Check {
        for effect in &heard.effects {
            if let Effect::Session(session) = effect {
                sound(session)?;
            }
        }
        self.own(letter, heard);
        let StationEvent::Charging(ChargingEvent::Transaction(event)) = &inbound.event else { return Ok(()) };
        if event.phase == Phase::Ended {
            self.ended.extend(letter.visit);
        }
        verdict(inbound, &heard.reply)?;
        match self.answers.get(&delivery.letter) {
            Some(first) => self.is_repeated(server, first, &heard.reply, event.phase == Phase::Started),
            None => {
                if self.contents.insert(inbound.raw.clone()) {
                    is_filed(inbound, heard)?;
                }
                self.answers.insert(delivery.letter, heard.reply.clone());
                Ok(())
            }
        }
    }

    /// Whose sessions they are.
    fn own(&mut self, letter: &Letter, heard: &Heard) {
        let Some(visit) = letter.visit else { return };
        let answered = match &heard.reply {
            Reply::Transaction(reply) => Some(reply.number),
            _ => None,
        };
        let filed = heard.effects.iter().filter_map(|effect| match effect {
            Effect::Readings(row) => Some(row.session),
            _ => None,
        });
        for no in filed.chain(answered).filter(|no| no.0 != 0) {
            self.owners.entry(no).or_insert(visit);
            self.joined.insert((visit, no));
        }
    }

    /// The same answer again, and nothing else.
    fn is_repeated(&self, server: &Server, first: &Reply, again: &Reply, is_start: bool) -> Check {
        let told = |reply: &Reply| match reply {
            // Only the answer to a start names the transaction.
            Reply::Transaction(reply) => {
                let named = is_start.then_some((&reply.transaction, reply.number));
                format!("{named:?} {:?}", reply.token)
            }
            other => format!("{other:?}"),
        };
        if told(first) != told(again) {
            return Err(format!("a repetition was answered {}, not {}", told(again), told(first)));
        }
        let sum = |sessions: &[Arc<Session>]| {
            let facts =
                |s: &Arc<Session>| (s.no, s.energy(), s.token.as_ref().map(|token| token.id_token.clone()), s.state);
            sessions.iter().map(facts).collect::<Vec<_>>()
        };
        let (before, after) = (sum(&self.before), sum(&server.books.sessions));
        if before == after { Ok(()) } else { Err(format!("a repetition has made {before:?} to {after:?}")) }
    }

    /// The books at the end of the day.
    pub(crate) fn close(&self, plan: &Plan, books: &Books) -> Result<Vec<Outcome>, String> {
        for session in &books.sessions {
            sound(session)?;
            if !self.owners.contains_key(&session.no) {
                return Err(format!("nobody has begun session {}", session.no.0));
            }
        }
        (0..self.truth.visits.len()).map(|visit| self.close_visit(plan, books, visit)).collect()
    }

    fn close_visit(&self, plan: &Plan, books: &Books, no: usize) -> Result<Outcome, String> {
        let visit = &self.truth.visits[no];
        let sessions: Vec<_> =
            books.sessions.iter().filter(|session| self.owners.get(&session.no) == Some(&no)).cloned().collect();
        let is_over = sessions.iter().all(|session| session.state == SessionState::Ended);
        let is_sure = |session: &&Arc<Session>| !needs_review(session) && session.state == SessionState::Ended;
        let billed: Energy = sessions.iter().filter(is_sure).map(|session| session.energy()).sum();
        let mut joined = books.sessions.iter().filter(|session| self.joined.contains(&(no, session.no)));
        let outcome = Outcome {
            flowed_mwh: visit.flowed_mwh(),
            told_mwh: sessions.iter().map(|session| session.energy()).sum::<Energy>().mwh(),
            billed_mwh: billed.mwh(),
            tokens: sessions
                .iter()
                .filter(|session| session.has_accepted_token())
                .filter_map(|session| session.token.as_ref())
                .map(|token| token.id_token.clone())
                .collect(),
            marks: sessions.iter().flat_map(|session| session.marks.iter().cloned()).collect(),
            sessions: sessions.len(),
            is_over,
            is_mixed_up: joined.any(|session| needs_review(session)),
        };
        let of = |what: &str| {
            let list: Vec<_> = sessions.iter().map(|session| brief(session)).collect();
            format!("visit {no} ({} Wh flowed): {what}\n  {}", visit.flowed_mwh() / 1000, list.join("\n  "))
        };
        if outcome.billed_mwh > outcome.flowed_mwh + tolerance_mwh(outcome.flowed_mwh) {
            return Err(of("more is billed than has flowed"));
        }
        if self.ended.contains(&no) && !is_over {
            return Err(of("its end was answered, and it has not ended"));
        }
        let is_sure = is_over && !outcome.needs_review() && !outcome.is_mixed_up;
        let below = below_mwh(plan, outcome.flowed_mwh);
        if self.ended.contains(&no) && is_sure && outcome.billed_mwh + below < outcome.flowed_mwh {
            return Err(of("less is billed than has flowed"));
        }
        for session in sessions.iter().filter(|session| !needs_review(session) && session.has_accepted_token()) {
            let token = session.token.as_ref().map(|token| token.id_token.as_str());
            if token != payer(visit) {
                return Err(of(&format!("{token:?} pays, and {} has charged", visit.token)));
            }
        }
        self.is_excused(plan, &outcome).map_err(|what| of(&what))?;
        Ok(outcome)
    }

    /// A mark excuses a wrong amount only when it is there because of a fault of this day.
    fn is_excused(&self, plan: &Plan, outcome: &Outcome) -> Check {
        let doubts = || outcome.marks.iter().filter(|mark| mark.doubts_the_money());
        let of_boots = |mark: &Mark| plan.boots() && DOUBTS_OF_BOOTS.contains(mark);
        let has_cause = |mark: &Mark| of_boots(mark) || plan.faults.iter().any(|fault| fault.doubts().contains(mark));
        let off = (outcome.flowed_mwh - outcome.told_mwh).abs();
        let is_wrong = outcome.is_over && off > below_mwh(plan, outcome.flowed_mwh);
        if is_wrong && outcome.needs_review() && !doubts().any(has_cause) {
            return Err(format!("none of these faults explains {:?}", doubts().map(Mark::as_str).collect::<Vec<_>>()));
        }
        Ok(())
    }
}

fn needs_review(session: &Session) -> bool {
    session.marks.has(&Mark::NEEDS_REVIEW)
}

/// What a session must be at any time.
fn sound(session: &Session) -> Check {
    let wrong = |what: &str| Err(format!("{what}: {}", brief(session)));
    let periods: Vec<_> = session.timeline.all().collect();
    if periods.iter().map(|period| period.energy).sum::<Energy>() != session.energy() {
        return wrong("the periods' sum is not the session's energy");
    }
    if periods.iter().any(|period| period.ended_at < period.started_at || period.energy < Energy::ZERO) {
        return wrong("a period is turned around");
    }
    if periods.windows(2).any(|pair| pair[0].ended_at != pair[1].started_at) {
        return wrong("there is a gap between periods");
    }
    if session.ended_at.is_some_and(|end| end < session.started_at) {
        return wrong("it ended before it began");
    }
    let (first, last) = (periods.first().map(|p| p.started_at), periods.last().map(|p| p.ended_at));
    if session.state == SessionState::Ended
        && first.is_some()
        && (first != Some(session.started_at) || last != session.ended_at)
    {
        return wrong("the periods do not go from its start to its end");
    }
    for admitted in session.admitted.iter() {
        if admitted.info.status == AuthorizationStatus::Accepted
            && policy(&admitted.token).status != AuthorizationStatus::Accepted
        {
            return wrong("nobody has accepted its token");
        }
    }
    let is_its_own = session.token.as_ref().is_some_and(|token| policy(token).status == AuthorizationStatus::Accepted);
    if session.has_accepted_token() && !is_its_own {
        return wrong("it charges with a token that nobody has accepted");
    }
    let bill = session.price.as_ref().filter(|_| session.state == SessionState::Ended);
    if bill.is_some_and(|bill| bill.total != session.energy().wh()) {
        return wrong("the bill is not for its energy");
    }
    Ok(())
}

/// Every token gets the policy's own answer.
fn verdict(inbound: &Inbound, reply: &Reply) -> Check {
    let (StationEvent::Charging(ChargingEvent::Transaction(event)), Reply::Transaction(reply)) =
        (&inbound.event, reply)
    else {
        return Ok(());
    };
    match (&event.token, &reply.token) {
        (Some(shown), Some(told)) if *told == policy(shown) => Ok(()),
        (None, None) => Ok(()),
        (shown, told) => Err(format!("{shown:?} was answered {told:?}")),
    }
}

/// What is acknowledged is in the books.
fn is_filed(inbound: &Inbound, heard: &Heard) -> Check {
    let StationEvent::Charging(ChargingEvent::Transaction(event)) = &inbound.event else { return Ok(()) };
    let is_in_books = heard.effects.iter().any(|effect| match effect {
        Effect::Readings(row) => row.readings.len() == event.readings.len(),
        Effect::Kept(_) => true,
        Effect::Session(_) => event.readings.is_empty(),
        _ => false,
    });
    if is_in_books && !heard.is_known {
        Ok(())
    } else {
        Err("it was acknowledged and is nowhere in the books".to_owned())
    }
}

pub(crate) fn brief(session: &Session) -> String {
    let marks: Vec<_> = session.marks.iter().map(Mark::as_str).collect();
    let token = session.token.as_ref().map(|token| token.id_token.as_str());
    let second = |at: amprule_domain::Timestamp| at.as_second() - crate::truth::EPOCH;
    format!(
        "session {} {:?} {}: {:?}, {} to {:?}, {} at {:?}, {marks:?}",
        session.no.0,
        session.transaction.as_str(),
        session.evse,
        session.state,
        second(session.started_at),
        session.ended_at.map(second),
        session.energy(),
        token,
    )
}
