//! Meter readings, reduced to what sessions and prices are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Energy;

/// The values of one moment. Everything else a station measures is not kept yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// `None` when the station's time was missing or impossible: the time of receipt is taken.
    pub at: Option<Timestamp>,
    pub context: Context,
    /// `Energy.Active.Import.Register`, summed over phases when only phases are given.
    pub register: Option<Energy>,
    /// Whose register it is.
    #[serde(default, skip_serializing_if = "Meter::is_main")]
    pub meter: Meter,
    /// `Energy.Active.Import.Interval`: what flowed since the interval before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Energy>,
    /// `Power.Active.Import`, W.
    pub power_w: Option<i64>,
    /// `Current.Import`, mA, over all phases that were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_ma: Option<i64>,
    /// The same of L1, L2 and L3, as far as they were told. It is for the moment, and not stored beside the sum.
    #[serde(skip)]
    pub by_phase_ma: [Option<i64>; 3],
    /// `SoC`, percent.
    pub soc: Option<u8>,
}

impl Reading {
    pub fn register(at: Option<Timestamp>, context: Context, register: Energy) -> Self {
        Self { at, context, register: Some(register), ..Self::default() }
    }

    /// Nothing but what flowed since the reading before.
    pub fn is_interval(&self) -> bool {
        self.register.is_none() && self.interval.is_some_and(|energy| energy > Energy::ZERO)
    }
}

/// A register is known by where it is measured and over which phases: registers of two meters are never compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meter {
    pub place: MeterLocation,
    /// The phases that were summed up, one bit each. 0: the station gave the value over all phases itself.
    pub phases: u8,
}

impl Meter {
    /// The outlet's, over all phases: what a meter is when nothing is said of it.
    pub fn is_main(&self) -> bool {
        *self == Self::default()
    }
}

/// OCPP 2.0.1, LocationEnumType.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MeterLocation {
    #[default]
    Outlet,
    Inlet,
    Cable,
    Body,
    #[serde(rename = "EV")]
    Ev,
    Upstream,
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
    /// Aligned to the clock: a series of its own.
    #[serde(rename = "Sample.Clock")]
    Clock,
    #[serde(rename = "Other")]
    Other,
}
