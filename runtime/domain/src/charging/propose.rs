//! What must be asked before a message can be admitted.

use super::Station;
use crate::authorization::Purpose;
use crate::decision::Decision;
use crate::event::{Phase, StationEvent, TransactionEvent};
use crate::reply::{AuthorizationStatus, TokenInfo};
use crate::session::SessionLimits;
use crate::station::Provisioning;
use crate::token::IdToken;

/// May this token charge here?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub token: IdToken,
    pub purpose: Purpose,
    pub evse: u32,
    pub connector: u32,
}

/// The answer, as the state machine takes it.
#[derive(Debug, Clone)]
pub struct Admission {
    pub info: TokenInfo,
    pub limits: SessionLimits,
    /// The pricing unit that the policy asked for.
    pub tariff: Option<String>,
    pub decisions: Vec<Decision>,
}

impl Admission {
    /// Nobody had to be asked, or an operator's standing word answers.
    pub const fn standing(status: AuthorizationStatus) -> Self {
        Self {
            info: TokenInfo::status(status),
            limits: SessionLimits { max_energy: None, max_duration_s: None, max_cost: None, stop_requested: false },
            tariff: None,
            decisions: Vec::new(),
        }
    }
}

/// Ask the hooks, or go on with what stands.
#[derive(Debug, Clone)]
pub enum Proposal {
    Ask(Question),
    Stands(Admission),
}

/// An end never raises a question: a driver may always stop.
pub fn propose(station: &Station, event: &StationEvent) -> Proposal {
    let question = match event {
        StationEvent::Authorize(token) => {
            Some(Question { token: token.clone(), purpose: Purpose::Authorize, evse: 0, connector: 0 })
        }
        StationEvent::Transaction(event) => start_question(station, event),
        _ => None,
    };
    match question {
        None => Proposal::Stands(Admission::standing(AuthorizationStatus::Accepted)),
        Some(question) if station.record.provisioning == Provisioning::Accepted => Proposal::Ask(question),
        Some(_) => Proposal::Stands(Admission::standing(AuthorizationStatus::Invalid)),
    }
}

/// A start with a token asks; so does the first token of a transaction that began with the cable (OCPP 2.0.1, E03).
fn start_question(station: &Station, event: &TransactionEvent) -> Option<Question> {
    let token = event.token.as_ref()?;
    let known = event.transaction.as_ref().and_then(|transaction| station.by_transaction(transaction));
    let asks = match event.phase {
        Phase::Started => true,
        Phase::Updated => known.is_some_and(|session| session.token.is_none()),
        Phase::Ended => false,
    };
    asks.then(|| Question {
        token: token.clone(),
        purpose: Purpose::Start,
        evse: event.evse.or(known.map(|session| session.evse)).unwrap_or(0),
        connector: event.connector.or(known.map(|session| session.connector)).unwrap_or(0),
    })
}
