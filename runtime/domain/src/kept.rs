//! Messages that are filed as they came, because nobody understands them or they fit nowhere.

use crate::charging::{Station, Step};
use crate::effect::{Answered, Effect, KeptMessage};
use crate::event::Inbound;
use crate::moment::Moment;
use crate::reply::Reply;

pub(crate) fn message(station: &Station, inbound: &Inbound, moment: &Moment<'_>, why: &'static str) -> Effect {
    Effect::Kept(KeptMessage {
        station: station.record.id.clone(),
        received_at: moment.now,
        action: inbound.action.to_owned(),
        payload: inbound.raw.clone(),
        why,
    })
}

/// The message is filed, and answered the same if it comes again.
pub(crate) fn answered(
    station: &Station,
    inbound: &Inbound,
    moment: &Moment<'_>,
    why: &'static str,
    reply: Reply,
) -> Step {
    let answer = Answered { message: moment.message.clone(), reply: reply.clone() };
    let answered = Effect::Answered { station: station.record.id.clone(), answer };
    Step { effects: vec![message(station, inbound, moment, why), answered], ..Step::reply(reply) }
}
