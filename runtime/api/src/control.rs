//! The door to the stations: who is connected, and what an operator may ask of them.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange};
use amprule_domain::doors::StoreResult;
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::refused::{ActRefused, CommandRefused};
use amprule_domain::session::{Act, Session};
use amprule_domain::station::StationRecord;
use amprule_domain::{CommandId, SessionId, StationId, Timestamp};
use serde_json::value::RawValue;
use tokio::sync::broadcast;

/// An OCPP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worded {
    pub action: String,
    pub payload: String,
    /// Of the whole message.
    pub bytes: usize,
}

/// Implemented over the engine.
pub trait Control: Send + Sync {
    /// The station's connection, while it has one.
    fn connection(&self, station: &StationId) -> Option<ConnectionInfo>;

    /// Sends a request to a station and waits for its answer. The payload is a JSON object, not yet held against a schema.
    fn call<'a>(
        &'a self,
        station: &'a StationId,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<CallOutcome, CallFailed>>;

    /// A command as a station of this version would be told it now: the version has words for it, they keep its shape, and the
    /// standard does not forbid us to say them. `None`: it is not reached over OCPP, and answers for itself.
    ///
    /// `Invalid` names a place in a request's payload, else in the command. `NoRaw`: it has no requests by name.
    fn worded(&self, protocol: &str, command: &Command) -> Result<Option<Worded>, CallFailed>;

    /// Queues a command, which is sent from `from` on. It is durable when this answers.
    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        from: Timestamp,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<Exchange, CommandRefused>>;

    /// A command that was not sent is not sent any more.
    fn withdraw<'a>(
        &'a self,
        station: &'a StationId,
        command: CommandId,
    ) -> BoxFuture<'a, Result<Exchange, CommandRefused>>;

    /// A session with what it costs by now, if it is open.
    fn priced(&self, session: Session) -> BoxFuture<'_, StoreResult<Session>>;

    /// Does something to a session, for a person. It is durable when this answers.
    fn act<'a>(&'a self, station: &'a StationId, session: SessionId, act: Act)
    -> BoxFuture<'a, Result<(), ActRefused>>;

    /// Makes the operator's part of the record durable and tells the station's task. What the station itself last
    /// said (boot, protocol, boot time) may be newer there than in the record, and then stays.
    fn put_station(&self, record: StationRecord) -> BoxFuture<'_, StoreResult<()>>;

    /// Forgets the station and closes its connection. Its sessions stay.
    fn delete_station<'a>(&'a self, id: &'a StationId) -> BoxFuture<'a, StoreResult<()>>;

    /// A token has changed, or who keeps a local list of them.
    fn lists_changed(&self);

    /// The token of this key is not accepted any more: where stations may remember it, they are told to forget. Nobody waits for it.
    fn token_lost(&self, key: String);

    /// The keyed hash under which a password is kept.
    fn hash_password(&self, password: Password<'_>) -> String;

    /// Every notice from now on. A receiver that is slower than the bound loses the oldest ones and is told how many.
    fn subscribe(&self) -> broadcast::Receiver<Arc<Notice>>;

    fn now(&self) -> Timestamp;

    /// The error says what the runtime still waits for.
    fn ready(&self) -> Result<(), String>;
}

/// A station's password, as the operator gives it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Password<'a> {
    Text(&'a str),
    /// An AuthorizationKey of OCPP 1.6. Stations send these bytes, or the hexadecimal digits that stand for them.
    Key(&'a [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The subprotocol: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    pub protocol: &'static str,
    pub since: Timestamp,
    pub last_heard: Timestamp,
}

/// What a station answered.
#[derive(Debug, Clone)]
pub enum CallOutcome {
    /// The payload, as it came.
    Result(Box<RawValue>),
    Error {
        code: String,
        description: String,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    #[error("the station is not known")]
    UnknownStation,
    #[error("the station is not connected")]
    NotConnected,
    /// The text names the protocol, the action and the nearest one that exists.
    #[error("{0}")]
    UnknownAction(String),
    /// `path` is a JSON pointer to the fault.
    #[error("{path}: {message}")]
    Invalid { path: String, message: String },
    #[error("the station did not answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// It waited too long for those before it and will not be sent.
    #[error("the request waited {} s behind others and was not sent", .0.as_secs_f32())]
    NotSent(Duration),
    /// The station's queue of requests is full.
    #[error("{0}")]
    Busy(String),
    /// It is not reached over OCPP.
    #[error("the station is reached over a link that has no requests by name")]
    NoRaw,
    /// The connection ended before the answer came.
    #[error("the connection ended before the station answered")]
    Gone,
}
