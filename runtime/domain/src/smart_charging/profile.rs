//! Charging profiles as OCPP 2.x writes them, as far as they decide how much may flow.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::operation_mode::OperationMode;

/// ChargingProfileType.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub id: i64,
    pub stack_level: i64,
    #[serde(rename = "chargingProfilePurpose")]
    pub purpose: Purpose,
    #[serde(rename = "chargingProfileKind")]
    pub kind: ProfileKind,
    #[serde(default)]
    pub recurrency_kind: Option<Recurrency>,
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    #[serde(default)]
    pub valid_to: Option<Timestamp>,
    #[serde(default)]
    pub transaction_id: Option<String>,
    #[serde(rename = "chargingSchedule")]
    pub schedules: Vec<Schedule>,
}

impl Profile {
    /// Of one schedule that says its start, for whoever charges there.
    pub fn of(purpose: Purpose, schedule: Schedule) -> Self {
        Self {
            id: 0,
            stack_level: 0,
            purpose,
            kind: ProfileKind::Absolute,
            recurrency_kind: None,
            valid_from: None,
            valid_to: None,
            transaction_id: None,
            schedules: vec![schedule],
        }
    }
}

/// ChargingProfilePurposeEnumType; 1.6 has the first three, by the words of 1.6 or 2.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    #[serde(rename = "ChargingStationMaxProfile", alias = "ChargePointMaxProfile")]
    Most,
    #[serde(rename = "TxDefaultProfile")]
    Default,
    #[serde(rename = "TxProfile")]
    Transaction,
    #[serde(rename = "ChargingStationExternalConstraints")]
    External,
    #[serde(rename = "PriorityCharging")]
    Priority,
    #[serde(rename = "LocalGeneration")]
    LocalGeneration,
}

/// ChargingProfileKindEnumType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileKind {
    Absolute,
    Recurring,
    Relative,
    /// 2.1
    Dynamic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recurrency {
    Daily,
    Weekly,
}

/// ChargingScheduleType.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    #[serde(default)]
    pub id: i64,
    #[serde(default)]
    pub start_schedule: Option<Timestamp>,
    /// s
    #[serde(default)]
    pub duration: Option<i64>,
    #[serde(rename = "chargingRateUnit")]
    pub unit: Unit,
    #[serde(rename = "chargingSchedulePeriod")]
    pub periods: Vec<Period>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Of all phases together.
    W,
    /// Of each phase.
    A,
}

/// ChargingSchedulePeriodType.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    /// s after the schedule's start
    #[serde(default)]
    pub start_period: i64,
    /// 2.1 may leave it out, where a setpoint stands.
    #[serde(default)]
    pub limit: Option<f64>,
    /// Of the second phase and the third alone; `limit` is of the first then (2.1).
    #[serde(default, rename = "limit_L2")]
    pub limit_l2: Option<f64>,
    #[serde(default, rename = "limit_L3")]
    pub limit_l3: Option<f64>,
    #[serde(default)]
    pub number_phases: Option<u8>,
    /// At most so much flows back: zero or below (2.1, Q).
    #[serde(default)]
    pub discharge_limit: Option<f64>,
    /// So much is to flow; below zero, back (2.1, Q).
    #[serde(default)]
    pub setpoint: Option<f64>,
    /// 2.1
    #[serde(default)]
    pub operation_mode: Option<OperationMode>,
}
