//! What profiles of 2.1 say of energy that flows back (block Q): how it is led, how much may flow, how much is to flow.
//!
//! The mode and the setpoint are those of the profile that counts for the transaction. Each profile that limits the discharge limits
//! it, as each limits the charging; the setpoint stays within both.

use serde::{Deserialize, Serialize};

use super::round;
use crate::operation_mode::OperationMode;
use crate::smart_charging::profile::Period;

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Back {
    /// `None`: nobody says it, and nothing flows back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_mode: Option<OperationMode>,
    /// At most so much flows back: zero or below. `None`: nothing limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discharge_limit: Option<f64>,
    /// So much is to flow; below zero, back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setpoint: Option<f64>,
}

impl Back {
    pub(super) fn of(period: &Period, converted: impl Fn(f64) -> f64) -> Self {
        let amount = |amount: Option<f64>| amount.map(&converted).filter(|amount| amount.is_finite());
        Self {
            operation_mode: period.operation_mode,
            discharge_limit: amount(period.discharge_limit).map(|limit| limit.min(0.0)),
            setpoint: amount(period.setpoint),
        }
    }

    /// `discharge` and `limit`: what all profiles leave.
    pub(super) fn within(self, discharge: Option<f64>, limit: Option<f64>) -> Self {
        let least = discharge.map_or(f64::NEG_INFINITY, |discharge| -round(-discharge));
        let setpoint =
            self.setpoint.map(tenths).map(|setpoint| setpoint.min(limit.unwrap_or(f64::INFINITY)).max(least));
        Self { discharge_limit: discharge.map(|_| least), setpoint, ..self }
    }
}

/// Of several limits the one that lets least flow back.
pub(super) fn nearest(words: impl Iterator<Item = Back>) -> Option<f64> {
    words.filter_map(|word| word.discharge_limit).max_by(f64::total_cmp)
}

/// Towards zero.
fn tenths(amount: f64) -> f64 {
    if amount < 0.0 { -round(-amount) } else { round(amount) }
}
