//! The engine's outside, in memory: a store that can be told to fail, hooks without opinions, and a link with two ends.

mod said;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion};
use amprule_domain::bill::Bill;
use amprule_domain::command::{Command, CommandAnswer, Exchange, Unsayable, Verdict};
use amprule_domain::decision::Decision;
use amprule_domain::effect::{Answered, Effect, KeptMessage};
use amprule_domain::event::{ChargingEvent, ConnectorStatus, Inbound, ProvisioningEvent, Repetition, StationEvent};
use amprule_domain::outbox::{OutboxRow, Subscriber};
use amprule_domain::ports::*;
use amprule_domain::pricing::{Pin, Price, PricedBy, PricingInput};
use amprule_domain::reply::{AuthorizationStatus, Refusal, Reply};
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use amprule_domain::{
    CommandId, Currency, Decimal, DecisionId, Mark, Occasion, SessionId, SessionNo, StationId, Timestamp, TransactionId,
};
use amprule_engine::{Engine, Ports, Settings};
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio::time::Instant;

pub(crate) use said::Said;

#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) fails: AtomicBool,
    pub(crate) forgets: AtomicBool,
    /// A commit takes a second.
    pub(crate) is_slow: AtomicBool,
    /// The next commit ends in a bug.
    pub(crate) panics: AtomicBool,
    pub(crate) effects: Mutex<Vec<Effect>>,
    /// When something was last written, by the clock of then.
    pub(crate) written: Mutex<Option<Timestamp>>,
}

impl Disk {
    pub(crate) fn sessions(&self, wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        let effects = self.effects.lock().expect("no panic under the lock");
        let mut latest: Vec<Session> = Vec::new();
        for effect in effects.iter() {
            if let Effect::Session(session) = effect {
                latest.retain(|known| known.id != session.id);
                latest.push((**session).clone());
            }
        }
        latest.retain(wanted);
        latest
    }
}

impl Store for Disk {
    fn commit(&self, effects: Vec<Effect>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async move {
            if self.is_slow.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            assert!(!self.panics.swap(false, Ordering::Relaxed), "a bug, for the test");
            if self.fails.load(Ordering::Relaxed) {
                return Err(StoreError::new("the disk is full"));
            }
            self.effects.lock().expect("no panic under the lock").extend(effects);
            Ok(())
        })
    }
    fn station(&self, id: &StationId) -> StoreResult<Option<StationRecord>> {
        let effects = self.effects.lock().expect("no panic under the lock");
        Ok(effects.iter().rev().find_map(|effect| match effect {
            Effect::Station(record) if record.id == *id => Some((**record).clone()),
            _ => None,
        }))
    }
    fn connectors(&self, _: &StationId) -> StoreResult<Vec<ConnectorStatus>> {
        Ok(Vec::new())
    }
    fn stations(&self, _: &Page) -> BoxFuture<'_, StoreResult<Listed<StationRecord>>> {
        unreachable!("the engine lists nothing")
    }
    fn live_sessions(&self, station: &StationId, _: usize) -> StoreResult<Vec<Session>> {
        Ok(self.sessions(|session| session.station == *station))
    }
    fn open_exchanges(&self, station: &StationId) -> StoreResult<Vec<Exchange>> {
        let effects = self.effects.lock().expect("no panic under the lock");
        let mut latest: Vec<Exchange> = Vec::new();
        for effect in effects.iter() {
            if let Effect::Exchange(exchange) = effect {
                latest.retain(|known| known.id != exchange.id);
                latest.push((**exchange).clone());
            }
        }
        latest.retain(|exchange| exchange.station == *station && exchange.is_open());
        Ok(latest)
    }
    fn exchange(&self, _: CommandId) -> StoreResult<Option<Exchange>> {
        unreachable!("the engine asks for open ones")
    }
    fn exchanges(&self, _: &ExchangeFilter, _: &Page) -> BoxFuture<'_, StoreResult<Listed<Exchange>>> {
        unreachable!("the engine lists nothing")
    }
    fn outbox(&self, _: u64, _: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>> {
        unreachable!("the engine reads no outbox")
    }
    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>> {
        unreachable!("the engine reads no outbox")
    }
    fn set_aside(&self, _: &Page) -> BoxFuture<'_, StoreResult<Listed<SetAside>>> {
        unreachable!("the engine lists nothing")
    }
    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>> {
        unreachable!("the engine reads no outbox")
    }
    fn live_stations(&self) -> StoreResult<Vec<StationId>> {
        let live = self.sessions(|session| session.state != amprule_domain::session::SessionState::Ended);
        Ok(live.into_iter().map(|session| session.station).collect())
    }
    fn transaction(&self, station: &StationId, name: &TransactionId) -> StoreResult<Option<Session>> {
        if self.forgets.load(Ordering::Relaxed) {
            return Err(StoreError::new("the disk cannot be read"));
        }
        Ok(self.sessions(|session| session.station == *station && session.transaction == *name).pop())
    }
    fn begun_at(&self, station: &StationId, at: Timestamp, _: usize) -> StoreResult<Vec<Session>> {
        Ok(self.sessions(|session| session.station == *station && session.started_at == at))
    }
    fn answered(&self, _: &StationId, _: usize) -> StoreResult<Vec<Answered>> {
        Ok(Vec::new())
    }
    fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        Ok(self.sessions(|session| session.id == id).pop())
    }
    fn sessions(&self, _: &SessionFilter, _: &Page) -> BoxFuture<'_, StoreResult<Listed<Session>>> {
        Box::pin(async { Ok(Listed { items: self.sessions(|_| true), next: None }) })
    }
    fn readings(&self, _: SessionNo, _: &Page) -> BoxFuture<'_, StoreResult<Listed<StoredReading>>> {
        unreachable!("the engine lists nothing")
    }
    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>> {
        Ok(Vec::new())
    }
    fn token(&self, _: &str) -> StoreResult<Option<TokenRecord>> {
        Ok(None)
    }
    fn tokens(&self, _: &Page) -> BoxFuture<'_, StoreResult<Listed<TokenRecord>>> {
        unreachable!("the engine lists nothing")
    }
    fn spent(&self, _: &str, _: Currency, _: Timestamp) -> StoreResult<Decimal> {
        Ok(Decimal::ZERO)
    }
    fn open_sessions(&self, key: &str) -> StoreResult<u32> {
        let counts = |session: &Session| {
            let is_its = session.token.as_ref().is_some_and(|token| token.key() == key);
            session.is_open() && is_its && !session.marks.has(&Mark::UNAUTHORIZED)
        };
        Ok(u32::try_from(self.sessions(counts).len()).expect("few sessions"))
    }
    fn decisions(&self, _: Option<SessionId>, _: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        unreachable!("the engine lists nothing")
    }
    fn decisions_between(&self, _: &DecisionSpan, _: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        unreachable!("the engine lists nothing")
    }
    fn decision(&self, _: DecisionId) -> StoreResult<Option<Decision>> {
        Ok(None)
    }
    fn kept(&self, _: &StationId, _: &Page) -> BoxFuture<'_, StoreResult<Listed<KeptMessage>>> {
        unreachable!("the engine lists nothing")
    }
    fn last_commit(&self) -> Option<Timestamp> {
        *self.written.lock().expect("no panic under the lock")
    }
    fn bills(&self, _: &Session) -> StoreResult<Vec<Bill>> {
        unreachable!("the engine reads no bills")
    }
    fn last_session_no(&self) -> StoreResult<SessionNo> {
        Ok(SessionNo(0))
    }
}

/// Every token is welcome. What a session costs is its minutes; the price changes after a quarter of an hour.
#[derive(Default)]
pub(crate) struct Willing {
    pub(crate) max_duration_s: Option<u64>,
    pub(crate) prices: bool,
    /// Open sessions that a token may have.
    pub(crate) sessions_max: Option<u32>,
}

impl Hooks for Willing {
    fn authorize<'a>(&'a self, input: AuthorizationInput, _: Occasion<'a>) -> BoxFuture<'a, AuthorizationAnswer> {
        let mut output = AuthorizationOutput { verdict: Opinion::Accept, ..AuthorizationOutput::no_opinion() };
        output.limits.max_duration_s = self.max_duration_s;
        if self.sessions_max.is_some_and(|most| input.open_sessions >= most) {
            output.verdict = Opinion::Reject;
            output.reason = Some(AuthorizationStatus::ConcurrentTx);
        }
        Box::pin(async {
            tokio::task::yield_now().await;
            AuthorizationAnswer { output, decisions: Vec::new() }
        })
    }
    fn pin(&self, _: &Occasion<'_>, _: Option<&str>) -> Option<Arc<Pin>> {
        None
    }
    fn price(&self, _: Option<&Pin>, input: PricingInput, _: About) -> BoxFuture<'_, PricingAnswer> {
        let price = self.prices.then(|| Price {
            currency: Currency::EUR,
            total: Decimal::from(input.session.duration_s / 60),
            lines: Vec::new(),
            at: input.now,
            next_change_at: Some(input.now + SignedDuration::from_mins(15)),
            is_final: input.is_final,
            priced_by: Arc::new(PricedBy {
                unit: "clock".into(),
                version: "1".into(),
                hash: String::new(),
                fallback: false,
            }),
            modified_by: Vec::new(),
            left_out: Vec::new(),
        });
        Box::pin(async { PricingAnswer { price, decisions: Vec::new() } })
    }
}

/// Goes with tokio's time, which a test may hold.
struct Following(Instant);

impl Clock for Following {
    fn now(&self) -> Timestamp {
        began() + self.0.elapsed()
    }
}

/// When every engine of the tests begins.
pub(crate) fn began() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("in range")
}

struct Counting(AtomicI64);

impl Counting {
    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed).unsigned_abs()))
    }
}

impl Ids for Counting {
    fn session(&self) -> SessionId {
        SessionId(self.uuid())
    }
    fn session_no(&self) -> SessionNo {
        SessionNo(self.0.fetch_add(1, Ordering::Relaxed))
    }
    fn decision(&self) -> DecisionId {
        DecisionId(self.uuid())
    }
    fn command(&self) -> CommandId {
        CommandId(self.uuid())
    }
}

pub(crate) fn engine(disk: &Arc<Disk>, settings: Settings) -> Arc<Engine> {
    engine_with(disk, Willing::default(), settings)
}

pub(crate) fn engine_with(disk: &Arc<Disk>, hooks: Willing, settings: Settings) -> Arc<Engine> {
    let ports = Ports {
        store: disk.clone(),
        hooks: Arc::new(hooks),
        clock: Arc::new(Following(Instant::now())),
        ids: Arc::new(Counting(1.into())),
        is_password: Box::new(|password, hash| password == hash.as_bytes()),
    };
    Engine::new(ports, settings)
}

/// What the station's end of a link sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Answer(Result<Reply, Refusal>),
    Call { id: String, action: String },
    Command { id: String, command: Command },
    Closed(CloseReason),
}

/// The station's end.
pub(crate) struct Plug {
    say: mpsc::UnboundedSender<Received>,
    seen: mpsc::UnboundedReceiver<Seen>,
    messages: usize,
}

impl Plug {
    pub(crate) fn event(&mut self, event: StationEvent) {
        self.messages += 1;
        let id = self.messages.to_string().into();
        self.message(id, event);
    }

    pub(crate) fn message(&mut self, id: Box<str>, event: StationEvent) {
        let raw = format!("{event:?}").into();
        let is_same = matches!(
            event,
            StationEvent::Charging(ChargingEvent::Transaction(_))
                | StationEvent::Charging(ChargingEvent::MeterValues(_))
                | StationEvent::Provisioning(ProvisioningEvent::Report(_))
        );
        let repetition = if is_same { Repetition::Same } else { Repetition::Anew };
        let inbound = Inbound { id, action: "Test", event, repetition, tells_cost: false, marks: Vec::new(), raw };
        self.say.send(Received::Event(inbound)).expect("the engine listens");
    }

    pub(crate) fn result(&mut self, id: &str, payload: &str) {
        let said = Received::Raw { id: id.into(), outcome: CallOutcome::Result(payload.into()) };
        self.say.send(said).expect("the engine listens");
    }

    pub(crate) fn verdict(&mut self, id: &str, verdict: Verdict) {
        let status = format!("{verdict:?}");
        let answer = CommandAnswer { verdict, status, reason: None, transaction: None, body: None, odd: None };
        self.say.send(Received::Answer { id: id.into(), answer }).expect("the engine listens");
    }

    /// The next thing; `None` once the engine has dropped its end.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        self.seen.recv().await
    }

    pub(crate) async fn answer(&mut self) -> Result<Reply, Refusal> {
        match self.next().await {
            Some(Seen::Answer(answer)) => answer,
            other => panic!("expected an answer, saw {other:?}"),
        }
    }
}

struct Wire {
    said: mpsc::UnboundedReceiver<Received>,
    shows: mpsc::UnboundedSender<Seen>,
    takes_writes: bool,
    is_strict: bool,
}

pub(crate) fn wire() -> (Plug, Box<dyn Link>) {
    wire_that(true, false)
}

/// Of a version that lets a pending station say nothing unasked.
pub(crate) fn strict_wire() -> (Plug, Box<dyn Link>) {
    wire_that(true, true)
}

/// A half-dead socket: it never takes a write.
pub(crate) fn dead_wire() -> (Plug, Box<dyn Link>) {
    wire_that(false, false)
}

fn wire_that(takes_writes: bool, is_strict: bool) -> (Plug, Box<dyn Link>) {
    let (say, said) = mpsc::unbounded_channel();
    let (shows, seen) = mpsc::unbounded_channel();
    (Plug { say, seen, messages: 0 }, Box::new(Wire { said, shows, takes_writes, is_strict }))
}

impl Link for Wire {
    fn protocol(&self) -> &'static str {
        "ocpp-test"
    }
    fn set_zone(&mut self, _: jiff::tz::TimeZone) {}
    fn receive(&mut self) -> BoxFuture<'_, Received> {
        Box::pin(async { self.said.recv().await.unwrap_or(Received::Closed) })
    }
    fn answer<'a>(&'a mut self, _: &'a Inbound, answer: Result<Reply, Refusal>) -> BoxFuture<'a, Result<(), Closed>> {
        Box::pin(async move {
            if !self.takes_writes {
                std::future::pending::<()>().await;
            }
            self.shows.send(Seen::Answer(answer)).map_err(|_| Closed)
        })
    }
    fn command<'a>(
        &'a mut self,
        id: &'a str,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Option<&'static str>, Unsayable>> {
        let seen = Seen::Command { id: id.to_owned(), command: command.clone() };
        Box::pin(async move {
            if !self.takes_writes {
                std::future::pending::<()>().await;
            }
            if matches!(command, Command::Report { .. }) {
                return Err(Unsayable::NotSupported("ocpp-test has no such command".to_owned()));
            }
            self.shows.send(seen).map_err(|_| Unsayable::Closed)?;
            Ok(None)
        })
    }
    fn raw(&mut self) -> Option<&mut dyn RawCalls> {
        Some(self)
    }
    fn is_strict_about_pending(&self) -> bool {
        self.is_strict
    }
    fn close(&mut self, why: CloseReason) -> BoxFuture<'_, ()> {
        Box::pin(async move { drop(self.shows.send(Seen::Closed(why))) })
    }
}

impl RawCalls for Wire {
    fn call<'a>(
        &'a mut self,
        id: &'a str,
        action: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<&'static str>, CallRefused>> {
        let seen = Seen::Call { id: id.to_owned(), action: action.to_owned() };
        Box::pin(async move {
            if !self.takes_writes {
                std::future::pending::<()>().await;
            }
            self.shows.send(seen).map_err(|_| CallRefused::Closed)?;
            Ok((action == "Trigger").then_some("Test"))
        })
    }
}
