//! The latest answers to one station, so that a repeated message gets the same one and no second effect.

use std::collections::VecDeque;

use amprule_domain::effect::{Answered, MessageKey};
use amprule_domain::reply::Reply;

/// The oldest answer is forgotten when the ring is full. A station repeats at once or after a reconnect, not 16 messages later.
#[derive(Debug, Default)]
pub(crate) struct AnsweredRing(VecDeque<Answered>);

impl AnsweredRing {
    pub(crate) const MAX: usize = 16;

    pub(crate) fn new(latest: Vec<Answered>) -> Self {
        let mut ring = Self::default();
        latest.into_iter().for_each(|answered| ring.add(answered));
        ring
    }

    pub(crate) fn find(&self, message: &MessageKey) -> Option<Reply> {
        self.0.iter().rev().find(|answered| answered.message == *message).map(|answered| answered.reply.clone())
    }

    pub(crate) fn add(&mut self, answered: Answered) {
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back(answered);
    }
}
