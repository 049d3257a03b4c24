//! What a message changes, before its prices are known ([`Step`]) and with them ([`Settled`]).

use std::sync::Arc;

use jiff::Timestamp;

use crate::command::Exchange;
use crate::effect::Effect;
use crate::event::{ConnectorStatus, ReservationEvent};
use crate::load::Flow;
use crate::reply::{Reply, TokenInfo};
use crate::reported::Report;
use crate::session::Session;
use crate::{CommandId, SessionId};

/// A message's consequences. Sessions to be priced are among `sessions`.
#[derive(Debug)]
pub struct Step {
    pub sessions: Vec<Session>,
    pub to_price: Vec<SessionId>,
    /// A tick sees its sessions as of now; a message's are as of what the station said.
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) reported: Option<Report>,
    pub(crate) connectors: Vec<ConnectorStatus>,
    pub(crate) exchanges: Vec<Exchange>,
    /// What became of places that are kept, and when.
    pub(crate) reserved: Vec<(Timestamp, ReservationEvent)>,
    /// A person has changed what a session costs.
    pub(crate) correction: Option<Correction>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) reply: Outcome,
    pub(crate) happened: Vec<Happened>,
}

/// Its bill is issued anew, whatever it says.
#[derive(Debug)]
pub(crate) struct Correction {
    pub(crate) session: SessionId,
    pub(crate) why: String,
}

/// A reply that may need the price.
#[derive(Debug)]
pub(crate) enum Outcome {
    Plain(Reply),
    Transaction {
        session: SessionId,
        token: Option<TokenInfo>,
        empty: bool,
        remember: bool,
        /// The answer has room for what it costs.
        tells_cost: bool,
        /// The answer has room for what the token's authorization allows.
        tells_limit: bool,
    },
}

/// What the event stream tells, once it is on disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    Booted,
    Status {
        evse: u32,
        connector: u32,
        status: String,
    },
    Started(SessionId),
    Updated(SessionId),
    /// Something was said of what flows.
    Metered(SessionId, Flow),
    Ended(SessionId),
    /// With the bill's version.
    Billed(SessionId, u32),
    Voided(SessionId),
    Reviewed(SessionId),
    /// A command was queued, sent, or is to be sent again.
    Commanded(CommandId),
    CommandEnded(CommandId),
    /// A block other than charging has something to tell.
    Noted {
        kind: &'static str,
        data: serde_json::Value,
    },
}

impl Step {
    pub(crate) fn reply(reply: Reply) -> Self {
        Self {
            sessions: Vec::new(),
            to_price: Vec::new(),
            as_of: None,
            reported: None,
            connectors: Vec::new(),
            exchanges: Vec::new(),
            reserved: Vec::new(),
            correction: None,
            effects: Vec::new(),
            reply: Outcome::Plain(reply),
            happened: Vec::new(),
        }
    }

    /// What another block makes of the same message.
    pub(crate) fn also(&mut self, other: Self) {
        self.effects.extend(other.effects);
        self.happened.extend(other.happened);
        self.reserved.extend(other.reserved);
        self.connectors.extend(other.connectors);
        for session in other.sessions {
            // It is what became of the one before.
            self.sessions.retain(|known| known.id != session.id);
            self.sessions.push(session);
        }
    }

    /// The session with this id, as this step changes it.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// A session that this message has ended besides its own.
    pub(super) fn also_ended(&mut self, session: Session) {
        self.to_price.push(session.id);
        self.happened.push(Happened::Ended(session.id));
        self.sessions.push(session);
    }
}

/// A step with everything known: commit the effects, then adopt, then answer.
#[derive(Debug)]
pub struct Settled {
    pub effects: Vec<Effect>,
    pub sessions: Vec<Arc<Session>>,
    pub reported: Option<Report>,
    pub connectors: Vec<ConnectorStatus>,
    pub exchanges: Vec<Exchange>,
    pub reserved: Vec<(Timestamp, ReservationEvent)>,
    pub reply: Reply,
    pub happened: Vec<Happened>,
}
