//! What domain, engine and hooks ask of the outside. Implemented above, passed in as `&dyn` or `Arc<dyn …>`.

use core::net::IpAddr;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::authorization::{AuthorizationInput, AuthorizationOutput};
use crate::bill::Bill;
use crate::command::{Command, CommandAnswer, Exchange, Unsayable};
use crate::decision::{Decision, Hook};
use crate::effect::{Answered, Effect, KeptMessage, MessageKey};
use crate::event::{Boot, ConnectorStatus, Inbound};
use crate::outbox::{OutboxEvent, OutboxRow, Subscriber};
use crate::pricing::{Pin, Price, PricingInput};
use crate::reading::Reading;
use crate::reply::{Refusal, Reply};
use crate::session::{Session, SessionState};
use crate::station::StationRecord;
use crate::token::TokenRecord;
use crate::{CommandId, Currency, DecisionId, Occasion, SessionId, SessionNo, StationId, TransactionId};

/// A future in a box, as a method of a `dyn` port returns it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The real one is in the server, and nowhere else.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Fresh names, each handed out once, whether it is committed or not, before a restart and after it.
pub trait Ids: Send + Sync {
    fn session(&self) -> SessionId;
    /// Within 1 and 2³¹−1, since stations keep it in 32 bits: upwards from a place by chance, so that a number which another
    /// system or a lost database gave does not come again. They are set aside on disk before they are handed out; a start
    /// goes on behind those, so there are gaps. After the last comes 1.
    fn session_no(&self) -> SessionNo;
    fn decision(&self) -> DecisionId;
    fn command(&self) -> CommandId;
    /// The id of a CALL of ours: at most 36 characters (OCPP-J 2.0.1, 4.1.4), never one that was given before, after a
    /// restart and under a clock that went back neither.
    fn call(&self) -> String {
        self.decision().0.to_string()
    }
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    pub message: String,
}

impl StoreError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

/// The only door to the disk. Reads see every commit that was answered before.
pub trait Store: Send + Sync {
    /// Puts all effects on disk in one transaction, or none. Answers when they are durable.
    fn commit(&self, effects: Vec<Effect>) -> BoxFuture<'_, StoreResult<()>>;

    fn station(&self, id: &StationId) -> StoreResult<Option<StationRecord>>;
    fn connectors(&self, id: &StationId) -> StoreResult<Vec<ConnectorStatus>>;
    fn stations(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StationRecord>>>;

    /// Open and parked sessions of a station, and its `ended` latest ended ones.
    fn live_sessions(&self, station: &StationId, ended: usize) -> StoreResult<Vec<Session>>;
    /// A station's commands that are neither answered nor given up, oldest first.
    fn open_exchanges(&self, station: &StationId) -> StoreResult<Vec<Exchange>>;
    fn exchange(&self, id: CommandId) -> StoreResult<Option<Exchange>>;
    /// Newest first. Of those that are over, the latest of each station are kept.
    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Exchange>>>;
    /// Stations that have open or parked sessions, or open commands.
    fn live_stations(&self) -> StoreResult<Vec<StationId>>;
    /// The station's latest session under this transaction, whatever its state.
    fn transaction(&self, station: &StationId, transaction: &TransactionId) -> StoreResult<Option<Session>>;
    /// The station's sessions that began at this very moment; at most `most`.
    fn begun_at(&self, station: &StationId, at: Timestamp, most: usize) -> StoreResult<Vec<Session>>;
    /// The latest answers to a station's messages, oldest first: kept answers and the messages behind its readings.
    fn answered(&self, station: &StationId, latest: usize) -> StoreResult<Vec<Answered>>;
    fn session(&self, id: SessionId) -> StoreResult<Option<Session>>;
    fn sessions(&self, filter: &SessionFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Session>>>;
    fn readings(&self, session: SessionNo, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StoredReading>>>;
    /// Content hashes that open or parked sessions are pinned to.
    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>>;

    /// By [`crate::token::IdToken::key`].
    fn token(&self, key: &str) -> StoreResult<Option<TokenRecord>>;
    fn tokens(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<TokenRecord>>>;
    /// The totals in `currency` of this token's sessions that began at `since` or later, and how many of its sessions are open;
    /// those that were refused and began all the same do not count.
    fn spent(&self, key: &str, currency: Currency, since: Timestamp) -> StoreResult<Decimal>;
    fn open_sessions(&self, key: &str) -> StoreResult<u32>;

    /// The latest ones, newest first. Older ones are filed away: see [`Store::decisions_between`].
    fn decisions(&self, session: Option<SessionId>, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>>;
    /// All of them, filed away or not, oldest first. A page may be short, even empty, though `next` names another.
    fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>>;
    /// One of any age. May have to read a file: call it where blocking is allowed.
    fn decision(&self, id: DecisionId) -> StoreResult<Option<Decision>>;
    fn kept(&self, station: &StationId, page: &Page) -> BoxFuture<'_, StoreResult<Listed<KeptMessage>>>;

    /// Events behind this place, oldest first.
    fn outbox(&self, after: u64, most: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>>;
    /// The places of the oldest and the newest event that are kept.
    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>>;
    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>>;
    /// Rows that could not be read, newest first. Whoever reads goes on without them.
    fn set_aside(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<SetAside>>>;

    fn last_session_no(&self) -> StoreResult<SessionNo>;
    /// When something was last received, by our clock of then. `None`: nothing ever was, or it cannot be read.
    fn last_commit(&self) -> Option<Timestamp>;
    /// All bills of a session, oldest first.
    fn bills(&self, session: &Session) -> StoreResult<Vec<Bill>>;
}

/// What delivers events to others needs.
pub trait Outbox: Send + Sync {
    /// Events behind this place, oldest first.
    fn outbox(&self, after: u64, most: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>>;
    /// The places of the oldest and the newest event that are kept; `None` when there is none.
    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>>;
    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>>;
    fn put_subscriber(&self, subscriber: Subscriber) -> BoxFuture<'_, StoreResult<()>>;
    /// What subscribers are told of an event: the thing that it is about, as JSON. `None`: that thing is gone.
    fn tell(&self, event: &OutboxEvent) -> BoxFuture<'_, StoreResult<Option<serde_json::Value>>>;
}

/// A page of a list: what `next` of the page before said, and how many at most.
#[derive(Debug, Clone)]
pub struct Page {
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Debug, Clone)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    pub station: Option<StationId>,
    pub state: Option<SessionState>,
    pub transaction: Option<String>,
    pub token: Option<String>,
    pub location: Option<String>,
    /// Sessions that began at this moment or later.
    pub from: Option<Timestamp>,
    /// Sessions that began before this moment.
    pub until: Option<Timestamp>,
    /// Only those that carry this mark.
    pub mark: Option<String>,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct ExchangeFilter {
    pub station: Option<StationId>,
    /// Only those that are neither answered nor given up.
    pub is_open: bool,
}

/// All that are given must match.
#[derive(Debug, Clone, Default)]
pub struct DecisionSpan {
    /// Decisions of this moment or later.
    pub from: Option<Timestamp>,
    /// Decisions before this moment.
    pub until: Option<Timestamp>,
    pub hook: Option<Hook>,
    pub unit: Option<String>,
}

impl DecisionSpan {
    pub fn has(&self, decision: &Decision) -> bool {
        self.from.is_none_or(|from| decision.at >= from)
            && self.until.is_none_or(|until| decision.at < until)
            && self.hook.is_none_or(|hook| decision.hook == hook)
            && self.unit.as_ref().is_none_or(|unit| decision.unit == *unit)
    }
}

/// A row that could not be read, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub table: String,
    pub key: String,
    pub found_at: Timestamp,
    pub why: String,
    pub body: String,
}

#[derive(Debug, Clone)]
pub struct StoredReading {
    pub received_at: Timestamp,
    /// The message that brought it; `None` once its session is filed.
    pub message: Option<MessageKey>,
    pub reading: Reading,
}

/// Other people's code, behind budgets and fallbacks: asking never fails, never takes longer than its budget.
pub trait Hooks: Send + Sync {
    fn authorize<'a>(&'a self, input: AuthorizationInput, at: Occasion<'a>) -> BoxFuture<'a, AuthorizationAnswer>;
    /// The pricing versions for a session that begins on this occasion. `tariff` is the unit that an authorization asked
    /// for.
    fn pin(&self, at: &Occasion<'_>, tariff: Option<&str>) -> Option<Arc<Pin>>;
    /// False: nobody has to be asked, there is no price.
    fn may_price(&self, pin: Option<&Pin>) -> bool {
        let _ = pin;
        true
    }
    fn price<'a>(&'a self, pin: Option<&'a Pin>, input: PricingInput, about: About) -> BoxFuture<'a, PricingAnswer>;
}

/// What a decision record says about its occasion.
#[derive(Debug, Clone)]
pub struct About {
    pub station: StationId,
    pub session: Option<SessionId>,
}

#[derive(Debug, Clone)]
pub struct AuthorizationAnswer {
    /// The combined verdict; `NoOpinion` when no unit had one.
    pub output: AuthorizationOutput,
    pub decisions: Vec<Decision>,
}

#[derive(Debug, Clone)]
pub struct PricingAnswer {
    /// `None`: neither the pinned unit nor any fallback could price.
    pub price: Option<Price>,
    /// Those worth keeping: faults, finals, and now and then a running one.
    pub decisions: Vec<Decision>,
}

/// A station's connection. Dropping it closes the socket.
pub trait Link: Send {
    fn protocol(&self) -> &'static str;
    /// The station's zone: times that come without an offset from UTC are local to it.
    fn set_zone(&mut self, zone: TimeZone);
    /// The next thing the station says. Malformed frames are answered inside and never surface. Cancel-safe.
    fn receive(&mut self) -> BoxFuture<'_, Received>;
    fn answer<'a>(&'a mut self, to: &'a Inbound, answer: Result<Reply, Refusal>) -> BoxFuture<'a, Result<(), Closed>>;
    /// Says this in the link's own words; the answer comes as [`Received::Answer`] with the same id. Gives the name of the
    /// messages by which the station then reports on it. `None`: its answer is all.
    fn command<'a>(
        &'a mut self,
        id: &'a str,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Option<&'static str>, Unsayable>>;
    /// Requests by their names on the wire, for people who look for a fault. A link that has no such wire has none.
    fn raw(&mut self) -> Option<&mut dyn RawCalls> {
        None
    }
    /// Whether the link's version lets a pending station say nothing but what it was asked for.
    fn is_strict_about_pending(&self) -> bool {
        false
    }
    /// Closes in good order: status 1001 when the server goes, 1000 when a newer socket took over.
    fn close(&mut self, why: CloseReason) -> BoxFuture<'_, ()>;
}

pub trait RawCalls: Send {
    /// Sends a CALL; the payload is checked against the version's schema first. Gives what [`Link::command`] gives.
    fn call<'a>(
        &'a mut self,
        id: &'a str,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<Option<&'static str>, CallRefused>>;
}

#[derive(Debug)]
pub enum Received {
    Event(Inbound),
    /// The station answered the command that was sent under this id.
    Answer {
        id: Box<str>,
        answer: CommandAnswer,
    },
    /// The station answered the raw call that was sent under this id, or one that nobody remembers.
    Raw {
        id: Box<str>,
        outcome: CallOutcome,
    },
    Closed,
}

/// What a station answered to a raw call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// The payload of its CALLRESULT, as it came.
    Result(Box<str>),
    Error {
        code: String,
        description: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    Superseded,
    Shutdown,
    /// The operator deleted or rejected the station, or changed its password.
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed")]
pub struct Closed;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallRefused {
    /// The station's version has no such action from us to it.
    #[error("{protocol} has no request {action} to a station{hint}")]
    UnknownAction { protocol: &'static str, action: String, hint: String },
    /// `path` is a JSON pointer to the fault.
    #[error("{path}: {message}")]
    Invalid { path: String, message: String },
    #[error("the connection is closed")]
    Closed,
}

/// Where the listener hands over a station that has passed the door.
pub trait Door: Send + Sync {
    /// Called once the handshake's headers are read. Plain and quick: it stands inside the handshake.
    fn admit(&self, visitor: &Visitor<'_>) -> Result<Ticket, Turned>;
    /// Takes the connection over; an earlier connection of this station is replaced.
    fn attach(&self, station: StationId, link: Box<dyn Link>, ticket: Ticket);
    /// What the station last said of itself; a station may connect again without booting.
    fn last_boot(&self, _station: &StationId) -> Option<Boot> {
        None
    }
}

/// Who was let in earlier has a smaller one. The station has its answer before its connection is taken over, and may be
/// back with another one by then: which of the two is newer, only the door knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

#[derive(Debug)]
pub struct Visitor<'a> {
    pub station: &'a StationId,
    pub address: IpAddr,
    /// User and password of HTTP basic authentication, when given.
    pub basic: Option<(&'a str, &'a [u8])>,
    pub tls: bool,
    /// The subject's common name of a verified client certificate.
    pub client_certificate: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Turned {
    /// 401
    #[error("station {0} did not give the right password")]
    Unauthorized(StationId),
    /// 429
    #[error("too many wrong passwords came from this address; try again in {retry_after_s} s")]
    Slowed { retry_after_s: u64 },
    /// 404
    #[error("station {0} is not known and unknown stations are refused")]
    Unknown(StationId),
    /// 503
    #[error("{0}")]
    Busy(String),
}
