//! The latest answers to one station, so that a repeated message gets the same one and no second effect.

use std::collections::VecDeque;

use amprule_domain::Timestamp;
use amprule_domain::effect::{Answered, MessageKey};
use amprule_domain::event::{ChargingEvent, StationEvent};
use amprule_domain::reply::Reply;

/// A station repeats at once or after a reconnect: the latest answers are kept whole. One that sends its queue again under
/// new ids repeats more: of so many messages it is known that they were answered.
#[derive(Debug, Default)]
pub(crate) struct AnsweredRing {
    latest: VecDeque<Answered>,
    heard: VecDeque<u64>,
    /// The latest time that was told, if all messages are known. What is later was not heard.
    told_until: Option<Timestamp>,
}

impl AnsweredRing {
    /// The oldest is forgotten when the ring is full.
    pub(crate) const MAX: usize = 128;
    const ANSWERS: usize = 16;

    pub(crate) fn new(latest: Vec<Answered>) -> Self {
        let told_until = latest.is_empty().then_some(Timestamp::MIN);
        let mut ring = Self { told_until, ..Self::default() };
        latest.into_iter().for_each(|answered| ring.push(answered));
        ring
    }

    pub(crate) fn find(&self, message: &MessageKey) -> Option<Reply> {
        self.latest.iter().rev().find(|answered| answered.message == *message).map(|answered| answered.reply.clone())
    }

    /// Whether a message of this content was answered, under whatever id.
    pub(crate) fn was_heard(&self, event: &StationEvent, digest: u64) -> bool {
        let is_later = self.told_until.zip(told(event)).is_some_and(|(until, told)| told > until);
        !is_later && self.heard.contains(&digest)
    }

    pub(crate) fn add(&mut self, event: &StationEvent, answered: Answered) {
        self.told_until = self.told_until.map(|until| told(event).map_or(until, |told| told.max(until)));
        self.push(answered);
    }

    fn push(&mut self, answered: Answered) {
        push(&mut self.heard, answered.message.digest, Self::MAX);
        push(&mut self.latest, answered, Self::ANSWERS);
    }
}

fn told(event: &StationEvent) -> Option<Timestamp> {
    match event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => event.told(),
        _ => None,
    }
}

fn push<T>(ring: &mut VecDeque<T>, item: T, most: usize) {
    if ring.len() == most {
        ring.pop_front();
    }
    ring.push_back(item);
}
