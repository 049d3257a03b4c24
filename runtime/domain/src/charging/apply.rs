//! The message's consequences, prices aside.

use std::sync::Arc;

use jiff::Timestamp;

use super::transaction::{self, Told};
use super::{Admission, Happened, Station, course};
use crate::decision::Decision;
use crate::effect::{Answered, Effect, KeptMessage, MessageKey};
use crate::event::{Boot, ConnectorStatus, Inbound, StationEvent};
use crate::ports::Ids;
use crate::pricing::Pin;
use crate::reply::{DataTransferStatus, Reply};
use crate::session::Session;
use crate::station::StationRecord;
use crate::{Occasion, SessionId};

/// The pricing versions for a session that begins on an occasion; the other argument is the unit that a policy asked for.
pub type Pinning<'a> = dyn Fn(&Occasion<'_>, Option<&str>) -> Option<Arc<Pin>> + Sync + 'a;

/// What the core may not know by itself.
pub struct Moment<'a> {
    pub now: Timestamp,
    pub ids: &'a dyn Ids,
    pub pin: &'a Pinning<'a>,
    pub protocol: &'static str,
    pub heartbeat_s: u32,
    /// The message, to recognise its repetition.
    pub message: MessageKey,
}

/// A message's consequences. Sessions to be priced are among `sessions`.
#[derive(Debug)]
pub struct Step {
    pub record: Option<StationRecord>,
    pub sessions: Vec<Session>,
    pub to_price: Vec<SessionId>,
    /// A tick sees its sessions as of now; a message's are as of what the station said.
    pub(super) as_of: Option<Timestamp>,
    pub(super) effects: Vec<Effect>,
    pub(super) reply: Outcome,
    pub(super) happened: Vec<Happened>,
}

/// A reply that may need the price.
#[derive(Debug)]
pub(super) enum Outcome {
    Plain(Reply),
    Transaction { session: SessionId, token: Option<crate::reply::TokenInfo>, empty: bool, remember: bool },
}

impl Step {
    pub(super) fn reply(reply: Reply) -> Self {
        Self {
            record: None,
            sessions: Vec::new(),
            to_price: Vec::new(),
            as_of: None,
            effects: Vec::new(),
            reply: Outcome::Plain(reply),
            happened: Vec::new(),
        }
    }

    /// The session with this id, as this step changes it.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }
}

pub fn apply(station: &Station, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
    match &inbound.event {
        StationEvent::Boot(boot) => booted(station, boot, moment),
        StationEvent::Heartbeat => Step::reply(Reply::Heartbeat { now: moment.now }),
        StationEvent::Status(status) => status_changed(station, status, moment),
        StationEvent::Authorize(_) => authorized(admission),
        StationEvent::Transaction(event) => {
            let told = Told { station, inbound, event, admission: &admission, moment };
            let mut step = transaction::apply(told);
            let about = step.sessions.first().map(|session| session.id);
            step.effects.extend(decided(admission, about));
            step
        }
        StationEvent::MeterValues(_) => kept(station, inbound, moment, "meter-values", Reply::Empty),
        StationEvent::DataTransfer(_) => {
            kept(station, inbound, moment, "data-transfer", Reply::DataTransfer(DataTransferStatus::UnknownVendorId))
        }
        StationEvent::Report(_) => kept(station, inbound, moment, "report", Reply::Empty),
    }
}

fn booted(station: &Station, boot: &Boot, moment: &Moment<'_>) -> Step {
    let record = StationRecord {
        boot: boot.clone(),
        protocol: Some(moment.protocol.to_owned()),
        booted_at: Some(moment.now),
        ..station.record.clone()
    };
    let status = record.provisioning;
    Step {
        effects: vec![Effect::Station(Box::new(record.clone()))],
        record: Some(record),
        happened: vec![Happened::Booted],
        ..Step::reply(Reply::Boot { status, interval_s: moment.heartbeat_s, now: moment.now })
    }
}

/// A connector's word is kept; what it says about an open session becomes that session's state (1.6).
fn status_changed(station: &Station, status: &ConnectorStatus, moment: &Moment<'_>) -> Step {
    let at = status.at.unwrap_or(moment.now);
    let session = status.charging.and_then(|state| {
        let mut session = station.open_on(Some(status.evse)).filter(|_| status.evse > 0)?.clone();
        course::change_state(&mut session, at, state);
        Some(session)
    });
    let status = ConnectorStatus { at: Some(at), ..status.clone() };
    Step {
        effects: vec![Effect::Connector { station: station.record.id.clone(), status: status.clone() }],
        sessions: session.into_iter().collect(),
        happened: vec![Happened::Status { evse: status.evse, connector: status.connector, status: status.status }],
        ..Step::reply(Reply::Empty)
    }
}

fn authorized(admission: Admission) -> Step {
    let reply = Reply::Authorize(admission.info.clone());
    Step { effects: decided(admission, None).collect(), ..Step::reply(reply) }
}

/// A session's books hold the decision that let it begin.
fn decided(admission: Admission, session: Option<SessionId>) -> impl Iterator<Item = Effect> {
    let decisions = admission.decisions.into_iter();
    decisions.map(move |decision| Effect::Decision(Box::new(Decision { session, ..decision })))
}

/// Whether this reply can be the one that was given to this message. After a restart only the fact that a message was
/// answered may be known, not with what; then its session answers again.
pub fn may_repeat(event: &StationEvent, reply: &Reply) -> bool {
    match event {
        StationEvent::Transaction(event) => (*reply == Reply::Empty) == transaction::is_plain(event),
        StationEvent::MeterValues(_) | StationEvent::DataTransfer(_) | StationEvent::Report(_) => true,
        StationEvent::Boot(_) | StationEvent::Heartbeat | StationEvent::Status(_) | StationEvent::Authorize(_) => false,
    }
}

/// Filed as it came, and answered the same if it comes again.
fn kept(station: &Station, inbound: &Inbound, moment: &Moment<'_>, why: &'static str, reply: Reply) -> Step {
    let message = moment.message.clone();
    let answer = Answered { message, reply: reply.clone() };
    Step {
        effects: vec![
            keep(station, inbound, moment, why),
            Effect::Answered { station: station.record.id.clone(), answer },
        ],
        ..Step::reply(reply)
    }
}

pub(super) fn keep(station: &Station, inbound: &Inbound, moment: &Moment<'_>, why: &'static str) -> Effect {
    Effect::Kept(KeptMessage {
        station: station.record.id.clone(),
        received_at: moment.now,
        action: inbound.action.to_owned(),
        payload: inbound.raw.clone(),
        why,
    })
}
