//! What a station says of itself (OCPP 2.0.1, block B). Each kind of report is known by its latest word, and is a row of its
//! own; what the operator enters is the station's record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Boot, ReportedPower};
use crate::station::{StationRecord, power_of};

/// The latest of every kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    pub identity: Identity,
    pub powers: Powers,
}

/// The latest of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    Identity(Identity),
    Powers(Powers),
}

/// What it is, and which language it speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The last BootNotification.
    pub boot: Boot,
    pub booted_at: Option<Timestamp>,
    /// The last subprotocol: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    pub protocol: Option<String>,
}

/// What its device model says of power, W.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Powers {
    /// The most that each EVSE can deliver. 0 stands for all others.
    pub evses: BTreeMap<u32, i64>,
    /// What the connectors of each EVSE can carry; `None`: any of them sets no bound.
    pub connectors: BTreeMap<u32, Option<i64>>,
}

impl Reported {
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Identity(identity) => self.identity = identity,
            Report::Powers(powers) => self.powers = powers,
        }
    }
}

impl Powers {
    /// The most that this EVSE can deliver: as it says itself, else as its connectors allow.
    pub fn of(&self, evse: u32) -> Option<i64> {
        let connectors = || self.connectors.get(&evse).copied().flatten();
        power_of(&self.evses, evse).or_else(connectors)
    }

    /// These and what the station says now, if that is news.
    #[must_use]
    pub fn with(&self, said: &[ReportedPower]) -> Option<Self> {
        let mut powers = self.clone();
        for power in said {
            match *power {
                ReportedPower::Evse { evse, watts } => put(&mut powers.evses, evse, |_| watts),
                ReportedPower::Connector { evse, watts } => put(&mut powers.connectors, evse, |known| {
                    known.map_or(watts, |known| known.zip(watts).map(|(known, watts)| known.max(watts)))
                }),
            }
        }
        (powers != *self).then_some(powers)
    }
}

fn put<T: Copy>(powers: &mut BTreeMap<u32, T>, evse: u32, power: impl FnOnce(Option<T>) -> T) {
    let known = powers.get(&evse).copied();
    if known.is_some() || powers.len() < StationRecord::MAX_EVSES {
        powers.insert(evse, power(known));
    }
}
