//! A message's consequences, prices aside: to each functional block its events.

use std::sync::Arc;

use jiff::Timestamp;

use crate::charging::{Admission, Station, Step};
use crate::decision::Decision;
use crate::effect::{Answered, Effect, KeptMessage, MessageKey};
use crate::event::{ChargingEvent, Inbound, Repetition, StationEvent};
use crate::ports::Ids;
use crate::pricing::Pin;
use crate::reply::Reply;
use crate::{Occasion, SessionId, availability, charging, data_transfer, provisioning};

/// The pricing versions for a session that begins on an occasion; the other argument is the unit that a policy asked for.
pub type Pinning<'a> = dyn Fn(&Occasion<'_>, Option<&str>) -> Option<Arc<Pin>> + Sync + 'a;

/// What the core may not know by itself.
pub struct Moment<'a> {
    pub now: Timestamp,
    /// False: our own clock is held to be wrong, and so are the times that are taken from it.
    pub clock_is_sane: bool,
    pub ids: &'a dyn Ids,
    pub pin: &'a Pinning<'a>,
    pub protocol: &'static str,
    pub heartbeat_s: u32,
    /// The message, to recognise its repetition.
    pub message: MessageKey,
    /// Somebody watches what sessions cost.
    pub is_watched: bool,
    /// The very same message, perhaps under another id, was answered before.
    pub was_heard: bool,
}

pub fn apply(station: &Station, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
    match &inbound.event {
        StationEvent::Provisioning(event) => provisioning::apply(station, inbound, event, moment),
        StationEvent::Authorization(_) => authorized(admission),
        StationEvent::Availability(status) => availability::apply(station, inbound, status, moment),
        StationEvent::Charging(event) => charging::apply(station, inbound, event, admission, moment),
        StationEvent::DataTransfer(_) => data_transfer::apply(station, inbound, moment),
        StationEvent::Unread => kept(station, inbound, moment, "unread", Reply::Empty),
    }
}

fn authorized(admission: Admission) -> Step {
    let reply = Reply::Authorize(admission.info.clone());
    Step { effects: decided(admission, None).collect(), ..Step::reply(reply) }
}

/// A session's books hold the decision that let it begin.
pub(crate) fn decided(admission: Admission, session: Option<SessionId>) -> impl Iterator<Item = Effect> {
    let decisions = admission.decisions.into_iter();
    decisions.map(move |decision| Effect::Decision(Box::new(Decision { session, ..decision })))
}

/// Whether this reply can be the one that was given to this message. After a restart only the fact that a message was
/// answered may be known, not with what; then its session answers again.
pub fn may_repeat(inbound: &Inbound, reply: &Reply) -> bool {
    let is_fitting = match &inbound.event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => (*reply == Reply::Empty) == event.is_plain(),
        _ => true,
    };
    inbound.repetition == Repetition::Same && is_fitting
}

/// Filed as it came, and answered the same if it comes again.
pub(crate) fn kept(station: &Station, inbound: &Inbound, moment: &Moment<'_>, why: &'static str, reply: Reply) -> Step {
    let message = moment.message.clone();
    let answer = Answered { message, reply: reply.clone() };
    let station = station.record.id.clone();
    let kept = KeptMessage {
        station: station.clone(),
        received_at: moment.now,
        action: inbound.action.to_owned(),
        payload: inbound.raw.clone(),
        why,
    };
    Step { effects: vec![Effect::Kept(kept), Effect::Answered { station, answer }], ..Step::reply(reply) }
}
