//! Counts for the metrics: messages by what they were, marks by the model that earns them.

use std::collections::HashMap;

use amprule_domain::event::Boot;
use amprule_domain::{Mark, Marks, Timestamp};
use parking_lot::Mutex;

#[derive(Debug)]
pub struct Counters {
    since: Timestamp,
    messages: Mutex<HashMap<MessageKind, u64>>,
    repairs: Tally,
    earned: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct MessageKind {
    protocol: &'static str,
    action: &'static str,
    accepted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    pub protocol: &'static str,
    pub action: &'static str,
    /// False: answered with a CALLERROR.
    pub accepted: bool,
    pub count: u64,
}

/// Marks of one kind, by the model that earns them.
#[derive(Debug, Default)]
struct Tally(Mutex<HashMap<Earned, u64>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Earned {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub mark: Mark,
}

impl Counters {
    pub(crate) fn new(since: Timestamp) -> Self {
        Self { since, messages: Mutex::default(), repairs: Tally::default(), earned: Tally::default() }
    }

    /// When counting began.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    pub(crate) fn heard(&self, protocol: &'static str, action: &'static str, accepted: bool) {
        *self.messages.lock().entry(MessageKind { protocol, action, accepted }).or_default() += 1;
    }

    /// A message had to be repaired.
    pub(crate) fn repaired(&self, boot: &Boot, marks: &[Mark]) {
        self.repairs.add(boot, marks.iter());
    }

    /// A session has ended with these.
    pub(crate) fn ended(&self, boot: &Boot, marks: &Marks) {
        self.earned.add(boot, marks.iter());
    }

    pub fn messages(&self) -> Vec<MessageCount> {
        let count = |(kind, count): (&MessageKind, &u64)| MessageCount {
            protocol: kind.protocol,
            action: kind.action,
            accepted: kind.accepted,
            count: *count,
        };
        self.messages.lock().iter().map(count).collect()
    }

    /// Of messages.
    pub fn repairs(&self) -> Vec<(Earned, u64)> {
        self.repairs.all()
    }

    /// Of sessions, when they ended.
    pub fn earned(&self) -> Vec<(Earned, u64)> {
        self.earned.all()
    }
}

impl Tally {
    /// So many are counted; a further one is not.
    const MOST: usize = 1_000;

    fn add<'a>(&self, boot: &Boot, marks: impl Iterator<Item = &'a Mark>) {
        let mut counts = self.0.lock();
        for mark in marks {
            let earned = Earned {
                vendor: boot.vendor.clone(),
                model: boot.model.clone(),
                firmware: boot.firmware.clone().unwrap_or_default(),
                mark: mark.clone(),
            };
            if counts.len() < Self::MOST || counts.contains_key(&earned) {
                *counts.entry(earned).or_default() += 1;
            }
        }
    }

    fn all(&self) -> Vec<(Earned, u64)> {
        self.0.lock().iter().map(|(earned, count)| (earned.clone(), *count)).collect()
    }
}
