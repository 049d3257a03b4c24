//! What must be asked before a message can be admitted.

use jiff::Timestamp;

use super::Station;
use super::identify::{Meant, identify};
use crate::TransactionId;
use crate::authorization::Purpose;
use crate::decision::Decision;
use crate::event::{ChargingEvent, Phase, StationEvent, TransactionEvent};
use crate::proof::{CertificateStatus, Proof};
use crate::reply::{AuthorizationStatus, TokenInfo};
use crate::session::{Session, SessionLimits};
use crate::station::Provisioning;
use crate::token::IdToken;

/// May this token charge here?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub token: IdToken,
    pub purpose: Purpose,
    pub evse: u32,
    pub connector: u32,
    /// When it was shown, as far as it is believed.
    pub at: Option<Timestamp>,
    /// The request by which the station says that it began (2.x remoteStartId).
    pub remote_start: Option<i64>,
    /// The transaction in which it is shown, by the station's name.
    pub transaction: Option<TransactionId>,
    /// A session of this token is over when this one begins: it is not counted among the open ones.
    pub replaces_own: bool,
    /// What proves that a car is its contract's.
    pub proof: Option<Proof>,
}

impl Question {
    /// A token is shown, and nobody has said at which of the station's EVSEs.
    pub fn of_tap(token: &IdToken, proof: Option<&Proof>) -> Self {
        let (token, proof) = (token.clone(), proof.cloned());
        Self {
            token,
            purpose: Purpose::Authorize,
            evse: 0,
            connector: 0,
            at: None,
            remote_start: None,
            transaction: None,
            replaces_own: false,
            proof,
        }
    }
}

/// The answer, as the state machine takes it.
#[derive(Debug, Clone)]
pub struct Admission {
    pub info: TokenInfo,
    pub limits: SessionLimits,
    /// The pricing unit that the policy asked for.
    pub tariff: Option<String>,
    /// Nobody could look it up: it is refused for now, and nobody has said that it may not charge.
    pub is_undecided: bool,
    /// It may end anybody's session (OCPP 2.0.1, C16).
    pub is_master_pass: bool,
    /// The token's kind in the operator's record.
    pub kind: Option<String>,
    /// What became of the certificate that was shown with it.
    pub certificate: Option<CertificateStatus>,
    pub decisions: Vec<Decision>,
}

impl Admission {
    /// Nobody had to be asked, or the operator's record of the token answers.
    pub const fn of_status(status: AuthorizationStatus) -> Self {
        Self {
            info: TokenInfo::status(status),
            limits: SessionLimits {
                max_energy: None,
                max_duration_s: None,
                max_cost: None,
                stop_requested: false,
                is_budgeted: false,
            },
            tariff: None,
            is_undecided: false,
            is_master_pass: false,
            kind: None,
            certificate: None,
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

/// `was_heard`: as in [`crate::Moment`].
pub fn propose(station: &Station, event: &StationEvent, was_heard: bool) -> Proposal {
    let question = match event {
        StationEvent::Authorization(token) => Some(Question::of_tap(token, None)),
        StationEvent::ContractShown(shown) => Some(Question::of_tap(&shown.token, Some(&shown.proof))),
        StationEvent::Charging(ChargingEvent::Transaction(event)) => token_question(station, event, was_heard),
        _ => None,
    };
    match question {
        None => Proposal::Stands(Admission::of_status(AuthorizationStatus::Accepted)),
        Some(question) if station.record.provisioning == Provisioning::Accepted => Proposal::Ask(question),
        Some(_) => Proposal::Stands(Admission::of_status(AuthorizationStatus::Invalid)),
    }
}

/// Every token in every event is asked about, once in a session (OCPP 2.0.1, E05.FR.01). The session ends
/// whatever the answer is: a driver may always stop.
fn token_question(station: &Station, event: &TransactionEvent, was_heard: bool) -> Option<Question> {
    let token = event.token.as_ref()?;
    let known = match identify(station, event, was_heard) {
        Meant::Running(running) => Some(running.session),
        Meant::Startless(session) | Meant::Ended(session) | Meant::Repetition(session) => Some(session),
        Meant::New(_) | Meant::Foreign(_) | Meant::Nobody => None,
    };
    if known.is_some_and(|session| session.knows(token)) {
        return None;
    }
    let over = station.open_before(event).filter(|_| event.phase == Phase::Started);
    let starts = event.phase != Phase::Ended && !known.is_some_and(Session::has_accepted_token);
    Some(Question {
        token: token.clone(),
        purpose: if starts { Purpose::Start } else { Purpose::Authorize },
        evse: event.evse.or(known.map(|session| session.evse)).unwrap_or(0),
        connector: event.connector.or(known.map(|session| session.connector)).unwrap_or(0),
        at: event.at,
        remote_start: event.remote_start,
        transaction: event.transaction.clone(),
        replaces_own: over.is_some_and(|over| is_counted_for(over, token)),
        proof: None,
    })
}

/// An open session that was refused does not count, nor one that seems to be over.
fn is_counted_for(open: &Session, token: &IdToken) -> bool {
    open.occupies_its_token() && open.token.as_ref().is_some_and(|own| own.is_shown_as(token))
}
