//! What a station may ask, as rows: one for each request of a version, in the file that is named after it.

use amprule_domain::event::{Repetition, StationEvent};
use amprule_domain::reply::Reply;

use crate::encode::{Object, Times};
use crate::payload::Trouble;
use crate::strictness::Repairs;

/// All that is known of one request.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) action: &'static str,
    /// What it becomes when it comes again word for word.
    pub(crate) repetition: Repetition,
    /// Its answer says what the session costs so far.
    pub(crate) tells_cost: bool,
    pub(crate) decode: Decode,
    pub(crate) reply: Encode,
}

type Decode = fn(&str, &mut Repairs) -> Result<StationEvent, Trouble>;
/// The payload of the answer. `None`: this replies to something else.
type Encode = fn(&Reply, Times) -> Option<String>;

impl Message {
    /// A request whose repetition is another one: it asks how things are now.
    pub(crate) const fn anew(action: &'static str, decode: Decode, reply: Encode) -> Self {
        Self { action, repetition: Repetition::Anew, tells_cost: false, decode, reply }
    }

    /// A request that is answered the same when it comes again, and has no second effect.
    pub(crate) const fn once(action: &'static str, decode: Decode, reply: Encode) -> Self {
        Self { repetition: Repetition::Same, ..Self::anew(action, decode, reply) }
    }

    pub(crate) const fn telling_cost(self) -> Self {
        Self { tells_cost: true, ..self }
    }
}

/// A word, and what stands beside it.
pub(crate) fn word(reply: &Reply, times: Times) -> Option<String> {
    let Reply::Word { status, more } = reply else { return None };
    let beside = more.as_object().into_iter().flatten();
    let answer =
        beside.fold(Object::new(times).text("status", status), |answer, (name, value)| answer.raw(name, value));
    Some(answer.finish())
}

/// The answer to a notification.
pub(crate) fn empty(reply: &Reply, times: Times) -> Option<String> {
    (*reply == Reply::Empty).then(|| Object::new(times).finish())
}
