//! What a step of the state machine wants on disk, as plain data. One list is one transaction.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bill::Bill;
use crate::command::Exchange;
use crate::decision::Decision;
use crate::event::ConnectorStatus;
use crate::holding::Change;
use crate::load::Limited;
use crate::outbox::{OutboxEvent, Subscriber};
use crate::reading::Reading;
use crate::reply::Reply;
use crate::reported::Report;
use crate::session::Session;
use crate::signed::SignedValue;
use crate::station::StationRecord;
use crate::token::TokenRecord;
use crate::{SessionNo, StationId};

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Writes the whole record: what the operator has entered.
    Station(Box<StationRecord>),
    /// Removes the station, what it has reported and holds, its connectors and its remembered answers. Its sessions stay.
    StationGone(StationId),
    /// Writes what a station says of itself, in the place of what it said before.
    Reported {
        station: StationId,
        report: Box<Report>,
    },
    /// A connector's latest status. Of a station with very many connectors only the first are stored.
    Connector {
        station: StationId,
        status: ConnectorStatus,
    },
    /// Changes what a station holds.
    Holding {
        station: StationId,
        at: Timestamp,
        change: Box<Change>,
    },
    /// Writes the whole session.
    Session(Arc<Session>),
    /// Appends a bill. One that is there already stays as it is.
    Bill(Box<Bill>),
    /// Appends one message's readings to a session's journal.
    Readings(ReadingsRow),
    /// Keeps what a meter has signed with its session. What is there already is kept once, and of very many the first and
    /// the latest.
    Signed(SignedRow),
    /// Keeps the answer to a message that may be repeated.
    Answered {
        station: StationId,
        answer: Answered,
    },
    /// Appends a message whose payload is kept as it came. Of one station and reason the latest are kept, within a number
    /// and a size.
    Kept(KeptMessage),
    Decision(Box<Decision>),
    /// Writes the whole exchange. Of one station's that are over, the latest are kept.
    Exchange(Box<Exchange>),
    /// Writes that a site's limit may stand there, in the place of what was written of this EVSE before.
    Limited(Box<Limited>),
    /// It is given back.
    LimitedGone {
        station: StationId,
        evse: u32,
    },
    /// Appends an event that subscribers are to hear.
    Outbox(OutboxEvent),
    Subscriber(Box<Subscriber>),
    SubscriberGone(String),
    Token(Box<TokenRecord>),
    TokenGone(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingsRow {
    pub session: SessionNo,
    pub received_at: Timestamp,
    /// The answered message, so that its repetition is known after a restart too.
    pub message: MessageKey,
    pub readings: Vec<Reading>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRow {
    pub session: SessionNo,
    pub received_at: Timestamp,
    pub values: Vec<SignedValue>,
}

/// What tells a repeated message from a new one: some stations count their ids from 1 after each boot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageKey {
    pub id: Box<str>,
    /// Over action and payload.
    pub digest: u64,
}

impl MessageKey {
    /// Of what happens though no message asks for it.
    #[must_use]
    pub fn nobody() -> Self {
        Self { id: "".into(), digest: 0 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub message: MessageKey,
    pub reply: Reply,
}

/// A report, a vendor's message, a parked or late transaction message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    pub station: StationId,
    pub received_at: Timestamp,
    pub action: String,
    pub payload: Box<str>,
    /// Why it was kept.
    pub why: &'static str,
}
