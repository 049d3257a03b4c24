//! Transactions and meter values, as a station tells them.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Whereabouts;
use crate::cost::ToldMoney;
use crate::operation_mode::OperationMode;
use crate::reading::Reading;
use crate::token::IdToken;
use crate::{Energy, TransactionId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub enum ChargingEvent {
    Transaction(TransactionEvent),
    /// Meter values that belong to no transaction.
    MeterValues(MeterValues),
    /// What it answered when it was asked whether a transaction still runs.
    Whereabouts(Whereabouts),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterValues {
    pub evse: u32,
    pub readings: Vec<Reading>,
}

/// Started, updated or ended (OCPP 2.0.1, E01 to E15). 1.6 maps its three actions onto it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionEvent {
    pub phase: Phase,
    /// Who names the transaction.
    #[serde(default)]
    pub naming: Naming,
    /// `None`: the station leaves the numbering to us (1.6 StartTransaction) or did not say.
    pub transaction: Option<TransactionId>,
    /// `None` in 1.6.
    pub seq_no: Option<u32>,
    /// `None`: missing or impossible, the time of receipt is taken.
    pub at: Option<Timestamp>,
    /// What the station said where that is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// `None` when the message does not name it (1.6 StopTransaction).
    pub evse: Option<u32>,
    pub connector: Option<u32>,
    pub token: Option<IdToken>,
    pub readings: Vec<Reading>,
    pub charging: Option<ChargingState>,
    pub stop_reason: Option<String>,
    #[serde(default)]
    pub offline: bool,
    /// It began at a place that was kept under this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<i64>,
    /// It began, or goes on, by the request of this number (2.x remoteStartId).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_start: Option<i64>,
    /// In which the session runs from now on (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_mode: Option<OperationMode>,
    /// What the station says of its money itself (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<Box<ToldMoney>>,
}

impl TransactionEvent {
    /// Its answer is empty (MeterValues).
    pub fn is_plain(&self) -> bool {
        self.phase == Phase::Updated && self.naming == Naming::Ours
    }

    /// The station did not know the time. A clock that is ahead is set right by ours, unless the message may have waited in
    /// the station: when nothing was heard for an hour.
    pub fn is_undated(&self, now: Timestamp, heard: Timestamp) -> bool {
        let was_silent = now.duration_since(heard) > SignedDuration::from_hours(1);
        self.at.is_none() && (was_silent || self.told_at.is_none_or(|told| told < now))
    }

    /// When it happened as the station tells it.
    pub fn told(&self) -> Option<Timestamp> {
        self.told_at.or(self.at)
    }

    /// The first register.
    pub fn first_register(&self) -> Option<Energy> {
        self.readings.iter().find_map(|reading| reading.register)
    }

    /// The last register of the main meter, or of another where there is none.
    pub fn register(&self) -> Option<Energy> {
        self.last_register().and_then(|reading| reading.register)
    }

    pub fn last_register(&self) -> Option<&Reading> {
        let registers = || self.readings.iter().rev().filter(|reading| reading.register.is_some());
        registers().find(|reading| reading.meter.is_main()).or_else(|| registers().next())
    }
}

/// Who gives a transaction its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Naming {
    /// The station, which numbers its messages too.
    #[default]
    Theirs,
    /// We do, in the answer to the start.
    Ours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Started,
    Updated,
    Ended,
}

/// What a tariff distinguishes.
///
/// `Charging`: energy may flow. `Suspended`: the station holds it back (`SuspendedEVSE`), which is not the driver's doing.
/// `Idle`: the vehicle takes none while it occupies the place (`SuspendedEV`, `EVConnected`, `Finishing`, `Idle`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChargingState {
    #[default]
    Charging,
    Suspended,
    Idle,
}

impl ChargingState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charging => "charging",
            Self::Suspended => "suspended",
            Self::Idle => "idle",
        }
    }
}
