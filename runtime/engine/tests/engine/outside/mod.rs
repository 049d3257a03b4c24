//! The engine's outside, in memory: a store that can be told to fail, hooks without opinions, and a link with two ends.

mod said;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput, Opinion};
use amprule_domain::command::{Command, CommandAnswer, Exchange, Unsayable, Verdict};
use amprule_domain::doors::{Records, StationBooks, StoreError, StoreFuture, Writer};
use amprule_domain::effect::{Answered, Effect};
use amprule_domain::event::{ChargingEvent, ConnectorStatus, Inbound, ProvisioningEvent, Repetition, StationEvent};
use amprule_domain::holding::{Holding, Kind};
use amprule_domain::ports::*;
use amprule_domain::pricing::{Pin, Price, PricedBy, PricingInput};
use amprule_domain::reply::{AuthorizationStatus, Refusal, Reply};
use amprule_domain::reported::Reported;
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

impl Writer for Disk {
    fn commit(&self, effects: Vec<Effect>) -> StoreFuture<'_, ()> {
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
}

impl Records for Disk {
    fn station<'a>(&'a self, id: &'a StationId) -> StoreFuture<'a, Option<StationRecord>> {
        let effects = self.effects.lock().expect("no panic under the lock");
        read(effects.iter().rev().find_map(|effect| match effect {
            Effect::Station(record) if record.id == *id => Some((**record).clone()),
            _ => None,
        }))
    }
    fn reported<'a>(&'a self, id: &'a StationId) -> StoreFuture<'a, Reported> {
        let mut reported = Reported::default();
        for effect in self.effects.lock().expect("no panic under the lock").iter() {
            match effect {
                Effect::Reported { station, report } if station == id => reported.take((**report).clone()),
                _ => {}
            }
        }
        read(reported)
    }
    fn connectors<'a>(&'a self, _: &'a StationId) -> StoreFuture<'a, Vec<ConnectorStatus>> {
        read(Vec::new())
    }
    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<Session>> {
        read(self.sessions(|session| session.id == id).pop())
    }
    fn token<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        read(None)
    }
    fn entered<'a>(&'a self, _: &'a str) -> StoreFuture<'a, Option<TokenRecord>> {
        read(None)
    }
}

impl StationBooks for Disk {
    fn live_stations(&self) -> StoreFuture<'_, Vec<StationId>> {
        let live = self.sessions(|session| session.state != amprule_domain::session::SessionState::Ended);
        read(live.into_iter().map(|session| session.station).collect())
    }
    fn live_sessions<'a>(&'a self, station: &'a StationId, _: usize) -> StoreFuture<'a, Vec<Session>> {
        read(self.sessions(|session| session.station == *station))
    }
    fn held<'a>(&'a self, _: &'a StationId, _: Kind, _: &'a str) -> StoreFuture<'a, Vec<Holding>> {
        read(Vec::new())
    }
    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<Exchange>> {
        let effects = self.effects.lock().expect("no panic under the lock");
        let mut latest: Vec<Exchange> = Vec::new();
        for effect in effects.iter() {
            if let Effect::Exchange(exchange) = effect {
                latest.retain(|known| known.id != exchange.id);
                latest.push((**exchange).clone());
            }
        }
        latest.retain(|exchange| exchange.station == *station && exchange.is_open());
        read(latest)
    }
    fn holding<'a>(&'a self, _: &'a StationId, _: Kind, _: &'a str) -> StoreFuture<'a, Option<Holding>> {
        read(None)
    }
    fn latest_exchanges<'a>(&'a self, _: &'a StationId, _: usize) -> StoreFuture<'a, Vec<Exchange>> {
        read(Vec::new())
    }
    fn answered<'a>(&'a self, _: &'a StationId, _: usize) -> StoreFuture<'a, Vec<Answered>> {
        read(Vec::new())
    }
    fn transaction<'a>(&'a self, station: &'a StationId, name: &'a TransactionId) -> StoreFuture<'a, Option<Session>> {
        if self.forgets.load(Ordering::Relaxed) {
            return Box::pin(async { Err(StoreError::new("the disk cannot be read")) });
        }
        read(self.sessions(|session| session.station == *station && session.transaction == *name).pop())
    }
    fn begun_at<'a>(&'a self, station: &'a StationId, at: Timestamp, _: usize) -> StoreFuture<'a, Vec<Session>> {
        read(self.sessions(|session| session.station == *station && session.started_at == at))
    }
    fn spent<'a>(&'a self, _: &'a str, _: Currency, _: Timestamp) -> StoreFuture<'a, Decimal> {
        read(Decimal::ZERO)
    }
    fn open_sessions<'a>(&'a self, key: &'a str) -> StoreFuture<'a, u32> {
        let counts = |session: &Session| {
            let is_its = session.token.as_ref().is_some_and(|token| token.key() == key);
            session.is_open() && is_its && !session.marks.has(&Mark::UNAUTHORIZED)
        };
        read(u32::try_from(self.sessions(counts).len()).expect("few sessions"))
    }
    fn last_received(&self) -> BoxFuture<'_, Option<Timestamp>> {
        let written = *self.written.lock().expect("no panic under the lock");
        Box::pin(async move { written })
    }
}

/// Yields first: nothing in the engine may rely on a store that knows at once.
fn read<'a, T: Send + 'a>(found: T) -> StoreFuture<'a, T> {
    Box::pin(async {
        tokio::task::yield_now().await;
        Ok(found)
    })
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
        let (unit, version) = ("clock".to_owned(), "1".to_owned());
        let by = Arc::new(PricedBy { unit, version, hash: String::new(), fallback: false });
        let total = Decimal::from(input.session.duration_s / 60);
        let price = self.prices.then(|| Price {
            next_change_at: Some(input.now + SignedDuration::from_mins(15)),
            ..Price::plain(Currency::EUR, total, input.now, input.purpose.is_final(), by)
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

pub(crate) async fn engine(disk: &Arc<Disk>, settings: Settings) -> Arc<Engine> {
    engine_with(disk, Willing::default(), settings).await
}

pub(crate) async fn engine_with(disk: &Arc<Disk>, hooks: Willing, settings: Settings) -> Arc<Engine> {
    let ports = Ports {
        store: disk.clone(),
        hooks: Arc::new(hooks),
        clock: Arc::new(Following(Instant::now())),
        ids: Arc::new(Counting(1.into())),
        is_password: Box::new(|password, hash| password == hash.as_bytes()),
        prices: Arc::new(NoPrices),
        hash_password: Box::new(|password| password.text.clone()),
        vouchers: Arc::new(NoVouchers),
        check_signing: Box::new(|_, _, _| Ok(())),
        is_shared: Box::new(|_, _| false),
    };
    Engine::new(ports, settings).await
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
        let (marks, signed) = (Vec::new(), Vec::new());
        let inbound = Inbound { id, action: "Test", event, repetition, tells_cost: false, marks, signed, raw };
        self.say.send(Received::Event(inbound)).expect("the engine listens");
    }

    pub(crate) fn result(&mut self, id: &str, payload: &str) {
        let said = Received::Raw { id: id.into(), outcome: CallOutcome::Result(payload.into()), means: None };
        self.say.send(said).expect("the engine listens");
    }

    pub(crate) fn verdict(&mut self, id: &str, verdict: Verdict) {
        let status = format!("{verdict:?}");
        let answer = CommandAnswer { verdict, status, reason: None, transaction: None, body: None, odd: None };
        self.say.send(Received::Answer { id: id.into(), answer, means: None }).expect("the engine listens");
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
