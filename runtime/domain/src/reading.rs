//! Meter readings, reduced to what sessions and prices are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Energy;

/// The values of one moment. Everything else a station measures is not kept yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// `None` when the station's time was missing or impossible: the time of receipt is taken.
    pub at: Option<Timestamp>,
    pub context: Context,
    /// `Energy.Active.Import.Register`, summed over phases when only phases are given.
    pub register: Option<Energy>,
    /// `Power.Active.Import`, W.
    pub power_w: Option<i64>,
    /// `SoC`, percent.
    pub soc: Option<u8>,
}

impl Reading {
    pub fn register(at: Option<Timestamp>, context: Context, register: Energy) -> Self {
        Self { at, context, register: Some(register), power_w: None, soc: None }
    }
}

/// Why the reading was taken (OCPP 2.0.1, ReadingContextEnumType).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Context {
    #[serde(rename = "Transaction.Begin")]
    Begin,
    #[serde(rename = "Transaction.End")]
    End,
    #[default]
    #[serde(rename = "Sample.Periodic")]
    Periodic,
    #[serde(rename = "Other")]
    Other,
}
