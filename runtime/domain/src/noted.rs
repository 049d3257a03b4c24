//! What a station's word, or its answer to us, leaves behind: changes of what it holds, and what the world is told.

use jiff::Timestamp;
use serde_json::Value;

use crate::charging::{Happened, Station, Step};
use crate::effect::{Answered, Effect};
use crate::holding::Change;
use crate::moment::Moment;
use crate::reply::Reply;

#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) changes: Vec<Change>,
    /// Kinds of events, and what is said of them.
    pub(crate) tells: Vec<(&'static str, Value)>,
}

impl Noted {
    pub(crate) fn change(change: Change) -> Self {
        Self { changes: vec![change], tells: Vec::new() }
    }

    #[must_use]
    pub(crate) fn tell(mut self, kind: &'static str, data: Value) -> Self {
        self.tells.push((kind, data));
        self
    }

    /// The step that brings it about.
    pub(crate) fn step(self, station: &Station, at: Timestamp, reply: Reply) -> Step {
        let id = &station.record.id;
        let effect = |change| Effect::Holding { station: id.clone(), at, change: Box::new(change) };
        let happened = self.tells.into_iter().map(|(kind, data)| Happened::Noted { kind, data });
        Step {
            effects: self.changes.into_iter().map(effect).collect(),
            happened: happened.collect(),
            ..Step::reply(reply)
        }
    }

    /// The same for a message, which is answered the same if it comes again.
    pub(crate) fn answered(self, station: &Station, moment: &Moment<'_>, reply: Reply) -> Step {
        let answer = Answered { message: moment.message.clone(), reply: reply.clone() };
        let mut step = self.step(station, moment.now, reply);
        step.effects.push(Effect::Answered { station: station.record.id.clone(), answer });
        step
    }
}
