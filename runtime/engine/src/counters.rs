//! Counts for the metrics: messages by what they were, repairs by who needs them.

use std::collections::HashMap;

use amprule_domain::Mark;
use amprule_domain::event::Boot;
use parking_lot::Mutex;

#[derive(Debug, Default)]
pub struct Counters {
    messages: Mutex<HashMap<MessageKind, u64>>,
    repairs: Mutex<HashMap<RepairKind, u64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct MessageKind {
    protocol: &'static str,
    action: &'static str,
    accepted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RepairKind {
    vendor: String,
    model: String,
    firmware: String,
    mark: Mark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    pub protocol: &'static str,
    pub action: &'static str,
    /// False: answered with a CALLERROR.
    pub accepted: bool,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairCount {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub mark: String,
    pub count: u64,
}

impl Counters {
    /// Kinds of repairs that are counted; a further kind is not.
    const REPAIRS_MAX: usize = 1_000;

    pub(crate) fn heard(&self, protocol: &'static str, action: &'static str, accepted: bool) {
        *self.messages.lock().entry(MessageKind { protocol, action, accepted }).or_default() += 1;
    }

    pub(crate) fn repaired(&self, boot: &Boot, marks: &[Mark]) {
        let mut repairs = self.repairs.lock();
        for mark in marks {
            let kind = RepairKind {
                vendor: boot.vendor.clone(),
                model: boot.model.clone(),
                firmware: boot.firmware.clone().unwrap_or_default(),
                mark: mark.clone(),
            };
            if repairs.len() < Self::REPAIRS_MAX || repairs.contains_key(&kind) {
                *repairs.entry(kind).or_default() += 1;
            }
        }
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

    pub fn repairs(&self) -> Vec<RepairCount> {
        let count = |(kind, count): (&RepairKind, &u64)| RepairCount {
            vendor: kind.vendor.clone(),
            model: kind.model.clone(),
            firmware: kind.firmware.clone(),
            mark: kind.mark.as_str().to_owned(),
            count: *count,
        };
        self.repairs.lock().iter().map(count).collect()
    }
}
