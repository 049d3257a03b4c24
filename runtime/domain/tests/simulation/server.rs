//! The server as a station's task drives the state machine, with its store in memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use amprule_domain::charging::{self, Admission, Proposal, Recall, Rules, Settled, Settling, Station, Step};
use amprule_domain::effect::{Answered, Effect, MessageKey};
use amprule_domain::event::{ConnectorStatus, Inbound};
use amprule_domain::ports::{Ids, PricingAnswer};
use amprule_domain::pricing::{Price, PricedBy};
use amprule_domain::reply::Reply;
use amprule_domain::reported::{Report, Reported};
use amprule_domain::session::{Session, SessionState};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::{CommandId, Currency, DecisionId, Moment, SessionId, SessionNo, StationId, Timestamp};

use crate::truth::policy;

/// As the engine keeps them.
const ANSWERS: usize = 16;
const HEARD: usize = 128;

pub(crate) struct Server {
    station: Station,
    answered: VecDeque<Answered>,
    pub books: Books,
    ids: Counter,
}

/// What is on disk.
pub(crate) struct Books {
    record: StationRecord,
    reported: Reported,
    pub sessions: Vec<Arc<Session>>,
    connectors: Vec<ConnectorStatus>,
    answered: Vec<Answered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    None,
    BeforeCommit,
    AfterCommit,
}

/// What a message came to.
pub(crate) struct Heard {
    pub reply: Reply,
    pub effects: Vec<Effect>,
    /// Answered from the answers that are kept.
    pub is_known: bool,
}

impl Server {
    pub(crate) fn new(power_w: Option<i64>) -> Self {
        let mut record = StationRecord::new(StationId::from("cs-1"), Provisioning::Accepted);
        record.power_w_max.extend(power_w.map(|watts| (0, watts)));
        let books = Books {
            record,
            reported: Reported::default(),
            sessions: Vec::new(),
            connectors: Vec::new(),
            answered: Vec::new(),
        };
        let (station, answered) = books.load();
        Self { station, answered, books, ids: Counter(1_000.into()) }
    }

    /// `None`: nothing was written, and nothing is answered.
    pub(crate) fn hear(
        &mut self,
        mut inbound: Inbound,
        now: Timestamp,
        clock_is_sane: bool,
        crash: Crash,
    ) -> Option<Heard> {
        let message = MessageKey { id: inbound.id.clone(), digest: digest(&inbound.raw) };
        charging::believe_times(&mut inbound, now, clock_is_sane);
        let known = self.answered.iter().rev().take(ANSWERS).find(|answered| answered.message == message);
        if let Some(known) = known.filter(|known| amprule_domain::may_repeat(&inbound, &known.reply)) {
            return Some(Heard { reply: known.reply.clone(), effects: Vec::new(), is_known: true });
        }
        if let Some(recall) = charging::recall(&self.station, &inbound.event) {
            let found = self.books.find(&recall);
            if !found.is_empty() {
                self.station.bring_back(found);
            }
        }
        let moment = Moment {
            now,
            clock_is_sane,
            ids: &self.ids,
            pin: &|_, _| None,
            protocol: "simulated",
            heartbeat_s: 300,
            is_watched: true,
            was_heard: self.answered.iter().any(|answered| answered.message.digest == message.digest),
            message: message.clone(),
        };
        let step = amprule_domain::apply(
            &self.station,
            &inbound,
            admission(&self.station, &inbound, moment.was_heard),
            &moment,
        );
        let prices = price(&step);
        let settled =
            charging::settle(&self.station, step, prices, &Settling { now, ids: &self.ids, message: &message });
        let effects = settled.effects.clone();
        let reply = settled.reply.clone();
        if crash == Crash::BeforeCommit {
            self.restart();
            return None;
        }
        self.commit(settled);
        if !effects.is_empty() {
            self.remember(Answered { message, reply: reply.clone() });
        }
        if crash == Crash::AfterCommit {
            self.restart();
        }
        Some(Heard { reply, effects, is_known: false })
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.station.next_deadline()
    }

    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.station.hold_off(now);
        let step = charging::tick(&self.station, now);
        if !step.sessions.is_empty() {
            let prices = price(&step);
            let settled = charging::settle(
                &self.station,
                step,
                prices,
                &Settling { now, ids: &self.ids, message: &MessageKey::nobody() },
            );
            self.commit(settled);
        }
    }

    fn commit(&mut self, settled: Settled) {
        if settled.effects.is_empty() {
            return;
        }
        settled.effects.iter().for_each(|effect| self.books.write(effect));
        self.station.adopt(settled);
    }

    fn remember(&mut self, answered: Answered) {
        if self.answered.len() == HEARD {
            self.answered.pop_front();
        }
        self.answered.push_back(answered);
    }

    fn restart(&mut self) {
        (self.station, self.answered) = self.books.load();
    }
}

impl Books {
    fn load(&self) -> (Station, VecDeque<Answered>) {
        let (mut past, mut sessions): (Vec<_>, Vec<_>) = self
            .sessions
            .iter()
            .map(|session| Session::clone(session))
            .partition(|session| session.state == SessionState::Ended);
        past.sort_by_key(|session| (session.started_at, session.no));
        let surplus = past.len().saturating_sub(Station::ENDED_AT_HAND);
        sessions.extend(past.into_iter().skip(surplus));
        sessions.sort_by_key(|session| (session.started_at, session.no));
        // What is on disk has gone through its written form.
        let sessions = sessions.iter().map(written).collect();
        let (record, reported) = (self.record.clone(), self.reported.clone());
        let station = Station::new(record, reported, sessions, self.connectors.clone(), Vec::new(), Rules::default());
        let latest = self.answered.len().saturating_sub(HEARD);
        (station, self.answered[latest..].iter().cloned().collect())
    }

    fn write(&mut self, effect: &Effect) {
        match effect {
            Effect::Reported { report, .. } => self.reported.take(Report::clone(report)),
            Effect::Session(session) => match self.sessions.iter_mut().find(|known| known.id == session.id) {
                Some(known) => *known = session.clone(),
                None => self.sessions.push(session.clone()),
            },
            Effect::Connector { status, .. } => {
                self.connectors.retain(|known| (known.evse, known.connector) != (status.evse, status.connector));
                self.connectors.push(status.clone());
            }
            Effect::Answered { answer, .. } => self.answered.push(answer.clone()),
            Effect::Readings(row) => self.answered.push(Answered { message: row.message.clone(), reply: Reply::Empty }),
            _ => {}
        }
    }

    fn find(&self, recall: &Recall) -> Vec<Session> {
        let mut sessions: Vec<_> = self.sessions.iter().map(|session| Session::clone(session)).collect();
        sessions.sort_by_key(|session| session.no);
        match recall {
            Recall::Transaction(name) => {
                sessions.into_iter().rfind(|session| session.transaction == *name).into_iter().collect()
            }
            Recall::BegunAt(at) => sessions.into_iter().filter(|session| session.started_at == *at).collect(),
        }
    }
}

fn written(session: &Session) -> Session {
    let text = serde_json::to_string(session).expect("a session can be written");
    serde_json::from_str(&text).expect("and read again")
}

fn admission(station: &Station, inbound: &Inbound, was_heard: bool) -> Admission {
    match charging::propose(station, &inbound.event, was_heard) {
        Proposal::Stands(admission) => admission,
        Proposal::Ask(question) => {
            let info = policy(&question.token);
            let mut admission = Admission::of_status(info.status);
            admission.info = info;
            admission.kind = Some("ISO14443".to_owned());
            admission
        }
    }
}

/// A watt-hour costs one, so that the bill tells what it was made for.
fn price(step: &Step) -> Vec<PricingAnswer> {
    let of = |id: &SessionId| {
        let session = step.seen(*id)?;
        let (unit, version) = ("per-wh".to_owned(), "1".to_owned());
        let by = Arc::new(PricedBy { unit, version, hash: String::new(), fallback: false });
        let is_final = session.state == SessionState::Ended;
        Some(Price::plain(Currency::EUR, session.energy().wh(), session.timeline.at, is_final, by))
    };
    step.to_price.iter().map(|id| PricingAnswer { price: of(id), decisions: Vec::new() }).collect()
}

fn digest(raw: &str) -> u64 {
    raw.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

struct Counter(AtomicI64);

impl Counter {
    fn next(&self) -> i64 {
        self.0.fetch_add(1, Relaxed)
    }

    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.next().unsigned_abs()))
    }
}

impl Ids for Counter {
    fn session(&self) -> SessionId {
        SessionId(self.uuid())
    }
    fn session_no(&self) -> SessionNo {
        SessionNo(self.next())
    }
    fn decision(&self) -> DecisionId {
        DecisionId(self.uuid())
    }

    fn command(&self) -> CommandId {
        CommandId(self.uuid())
    }
}
