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
    /// What the vehicle gave back, as far as it was told.
    #[serde(default, skip_serializing_if = "Export::is_untold")]
    pub export: Export,
}

/// A power of so much may be a meter's noise.
const NOISE_W: i64 = 100;

/// What flowed out of the vehicle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Export {
    /// `Energy.Active.Export.Register`, summed over phases when only phases are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<Energy>,
    /// Whose register it is.
    #[serde(skip_serializing_if = "Meter::is_main")]
    pub meter: Meter,
    /// `Energy.Active.Export.Interval`: what flowed since the interval before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Energy>,
    /// `Power.Active.Export`, W.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_w: Option<i64>,
}

impl Export {
    pub fn is_untold(&self) -> bool {
        *self == Self::default()
    }
}

impl Reading {
    pub fn register(at: Option<Timestamp>, context: Context, register: Energy) -> Self {
        Self { at, context, register: Some(register), ..Self::default() }
    }

    /// The export's register and interval in the place of the import's, to be judged alike. `None`: neither was told.
    pub(crate) fn as_exported(&self) -> Option<Self> {
        let Export { register, meter, interval, power_w } = self.export;
        let is_told = register.is_some() || interval.is_some();
        is_told.then_some(Self {
            at: self.at,
            context: self.context,
            register,
            meter,
            interval,
            power_w,
            ..Self::default()
        })
    }

    /// It says something of what was drawn.
    pub(crate) fn tells_import(&self) -> bool {
        let drawn = Self { at: None, context: Context::default(), export: Export::default(), ..self.clone() };
        drawn != Self::default()
    }

    /// W at which the vehicle gives back: positive. A station with one signed value tells it below zero. What a meter shows where
    /// nothing flows is none.
    pub fn given_w(&self) -> Option<i64> {
        let signed = self.power_w.map(i64::saturating_neg);
        [self.export.power_w.map(i64::saturating_abs), signed].into_iter().flatten().find(|watts| *watts > NOISE_W)
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
