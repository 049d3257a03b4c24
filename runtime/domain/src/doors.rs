//! The doors to the disk, by who goes through: each caller is handed the one that it needs, and sees nothing else.
//!
//! Reads see every commit that was answered before. All of them are awaited, though a store may have the answer at once.

mod lists;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::bill::Bill;
use crate::command::Exchange;
use crate::decision::Decision;
use crate::effect::{Answered, Effect, KeptMessage};
use crate::event::ConnectorStatus;
use crate::holding::{Holding, HoldingFilter, Kind, Like};
use crate::load::Limited;
use crate::outbox::{OutboxEvent, OutboxRow, Subscriber};
use crate::ports::BoxFuture;
use crate::reported::Reported;
use crate::session::Session;
use crate::station::StationRecord;
use crate::token::TokenRecord;
use crate::{CommandId, Currency, DecisionId, SessionId, SessionNo, StationId, TransactionId};

pub use lists::{DecisionSpan, ExchangeFilter, Listed, Page, SessionFilter, SetAside, StoredReading, StoredSigned};

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

/// What a read, or a commit, answers.
pub type StoreFuture<'a, T> = BoxFuture<'a, StoreResult<T>>;

pub trait Writer: Send + Sync {
    /// Puts all effects on disk in one transaction, or none. Answers when they are durable.
    fn commit(&self, effects: Vec<Effect>) -> StoreFuture<'_, ()>;
}

/// What the engine and the API both look up by its id.
pub trait Records: Send + Sync {
    fn station<'a>(&'a self, id: &'a StationId) -> StoreFuture<'a, Option<StationRecord>>;
    /// What the station has said of itself.
    fn reported<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Reported>;
    fn connectors<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<ConnectorStatus>>;
    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<Session>>;
    /// By [`crate::token::IdToken::key`].
    fn token<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<TokenRecord>>;
    /// By its text, or the same contract's, however its id is written there ([`crate::contract::Contract::is_same`]).
    fn entered<'a>(&'a self, id_token: &'a str) -> StoreFuture<'a, Option<TokenRecord>>;
}

/// The engine's door: what a station's task must know to go on where the station stands.
pub trait StationBooks: Writer + Records {
    /// Stations that have open or parked sessions, or open commands.
    fn live_stations(&self) -> StoreFuture<'_, Vec<StationId>>;
    /// Open and parked sessions of a station, and its `ended` latest ended ones.
    fn live_sessions<'a>(&'a self, station: &'a StationId, ended: usize) -> StoreFuture<'a, Vec<Session>>;
    /// What the station holds of a kind, where the key begins with this.
    fn held<'a>(&'a self, station: &'a StationId, kind: Kind, prefix: &'a str) -> StoreFuture<'a, Vec<Holding>>;
    /// A station's commands that are neither answered nor given up, oldest first.
    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> StoreFuture<'a, Vec<Exchange>>;
    /// What it holds of this kind under this key.
    fn holding<'a>(&'a self, station: &'a StationId, kind: Kind, key: &'a str) -> StoreFuture<'a, Option<Holding>>;
    /// A station's latest commands whatever became of them, newest first.
    fn latest_exchanges<'a>(&'a self, station: &'a StationId, most: usize) -> StoreFuture<'a, Vec<Exchange>>;
    /// The latest answers to a station's messages, oldest first: kept answers and the messages behind its readings.
    fn answered<'a>(&'a self, station: &'a StationId, latest: usize) -> StoreFuture<'a, Vec<Answered>>;

    /// The station's latest session under this transaction, whatever its state.
    fn transaction<'a>(
        &'a self,
        station: &'a StationId,
        transaction: &'a TransactionId,
    ) -> StoreFuture<'a, Option<Session>>;
    /// The station's sessions that began at this very moment; at most `most`.
    fn begun_at<'a>(&'a self, station: &'a StationId, at: Timestamp, most: usize) -> StoreFuture<'a, Vec<Session>>;

    /// The totals in `currency` of this token's sessions that began at `since` or later; like [`Self::open_sessions`] it
    /// does not count those that were refused and began all the same.
    fn spent<'a>(&'a self, key: &'a str, currency: Currency, since: Timestamp) -> StoreFuture<'a, Decimal>;
    /// How many of this token's sessions are open.
    fn open_sessions<'a>(&'a self, key: &'a str) -> StoreFuture<'a, u32>;

    /// When something was last received, by our clock of then. `None`: nothing ever was, or it cannot be read.
    fn last_received(&self) -> BoxFuture<'_, Option<Timestamp>>;
}

/// The API's door: all that can be listed, page by page. It commits what operators say of tokens.
pub trait Catalogue: Writer + Records {
    fn stations(&self, page: &Page) -> StoreFuture<'_, Listed<StationRecord>>;
    /// Of each of these stations, in their order.
    fn reported_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Reported>>;
    /// Of each of these stations, in their order.
    fn connectors_of(&self, stations: Vec<StationId>) -> StoreFuture<'_, Vec<Vec<ConnectorStatus>>>;
    /// Newest first.
    fn kept(&self, station: &StationId, page: &Page) -> StoreFuture<'_, Listed<KeptMessage>>;

    /// The newest first, with the station of each.
    fn holdings(&self, filter: &HoldingFilter, page: &Page) -> StoreFuture<'_, Listed<(StationId, Holding)>> {
        self.holdings_like(filter, &Like::default(), page)
    }
    /// The same of those that have these members.
    fn holdings_like(
        &self,
        filter: &HoldingFilter,
        like: &Like,
        page: &Page,
    ) -> StoreFuture<'_, Listed<(StationId, Holding)>>;

    fn exchange(&self, id: CommandId) -> StoreFuture<'_, Option<Exchange>>;
    /// Newest first. Of those that are over, the latest of each station are kept.
    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> StoreFuture<'_, Listed<Exchange>>;

    fn sessions(&self, filter: &SessionFilter, page: &Page) -> StoreFuture<'_, Listed<Session>>;
    fn readings(&self, session: SessionNo, page: &Page) -> StoreFuture<'_, Listed<StoredReading>>;
    /// All that was signed of a session and is kept, in the order of its times.
    fn signed(&self, session: SessionNo) -> StoreFuture<'_, Vec<StoredSigned>>;
    /// All bills of a session, oldest first.
    fn bills<'a>(&'a self, session: &'a Session) -> StoreFuture<'a, Vec<Bill>>;

    fn tokens(&self, page: &Page) -> StoreFuture<'_, Listed<TokenRecord>>;
    /// Newest first, of any age, filed or not. A page may be short, even empty, though `next` names another.
    fn decisions(&self, session: Option<SessionId>, page: &Page) -> StoreFuture<'_, Listed<Decision>>;
    /// Rows that could not be read, newest first. Whoever reads goes on without them.
    fn set_aside(&self, page: &Page) -> StoreFuture<'_, Listed<SetAside>>;
}

/// Decisions of any age, filed away or not.
pub trait Archive: Send + Sync {
    fn decision(&self, id: DecisionId) -> StoreFuture<'_, Option<Decision>>;
    /// All of them, oldest first. A page may be short, even empty, though `next` names another.
    fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> StoreFuture<'_, Listed<Decision>>;
}

/// The sites' door.
pub trait SiteBooks: Writer {
    /// EVSEs in which a site's limit may stand.
    fn limited(&self) -> StoreFuture<'_, Vec<Limited>>;
}

/// The door of those who tell other backends what stations say.
pub trait ForwardBooks: Writer + Records {
    /// Of a station's holdings whose keys begin with this, the first `most` by their keys.
    fn held_from<'a>(
        &'a self,
        station: &'a StationId,
        kind: Kind,
        prefix: &'a str,
        most: usize,
    ) -> StoreFuture<'a, Vec<Holding>>;
    /// How many of them there are, and the key of the last one.
    fn held_span<'a>(
        &'a self,
        station: &'a StationId,
        kind: Kind,
        prefix: &'a str,
    ) -> StoreFuture<'a, Option<(usize, String)>>;
    /// What their keys have before the first `/`, each once.
    fn held_names<'a>(&'a self, station: &'a StationId, kind: Kind) -> StoreFuture<'a, Vec<String>>;
    /// Stations that hold any of a kind.
    fn holders(&self, kind: Kind) -> StoreFuture<'_, Vec<StationId>>;
}

/// What others are to hear, and how far each of them is.
pub trait OutboxBooks: Writer {
    /// Events behind this place, oldest first.
    fn outbox(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<OutboxRow>>;
    /// The places of the oldest and the newest event that are kept; `None` when there is none.
    fn outbox_span(&self) -> StoreFuture<'_, Option<(u64, u64)>>;
    fn subscribers(&self) -> StoreFuture<'_, Vec<Subscriber>>;
}

/// What a courier asks: [`OutboxBooks`] without the power to commit anything else, and with the words for an event.
pub trait Outbox: Send + Sync {
    /// Events behind this place, oldest first.
    fn outbox(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<OutboxRow>>;
    /// The places of the oldest and the newest event that are kept; `None` when there is none.
    fn outbox_span(&self) -> StoreFuture<'_, Option<(u64, u64)>>;
    fn subscribers(&self) -> StoreFuture<'_, Vec<Subscriber>>;
    fn put_subscriber(&self, subscriber: Subscriber) -> StoreFuture<'_, ()>;
    /// What subscribers are told of an event: the thing that it is about, as JSON. `None`: that thing is gone.
    fn tell(&self, event: &OutboxEvent) -> StoreFuture<'_, Option<serde_json::Value>>;
}
