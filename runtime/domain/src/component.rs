//! What a price is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a line of a bill, or an element of an offer, is for. Roaming and tariffs on the station know the same ones (OCPI 2.2.1,
/// TariffDimensionType; OCPP 2.1, TariffType). A closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// By the kilowatt-hour.
    Energy,
    /// By the time in which energy may flow.
    ChargingTime,
    /// By the time in which the vehicle takes none, and occupies the place.
    IdleTime,
    /// Once a session.
    Fixed,
    /// By the time for which a place was kept free, or once for keeping it.
    Reservation,
    /// A discount, a minimum, a cap, a rounding: what belongs to no other.
    Adjustment,
    /// For what the vehicle gave back, usually below zero: what the driver is paid for it. No tariff of OCPI or OCPP knows it.
    Export,
}

impl Component {
    pub const ALL: [Self; 7] = [
        Self::Energy,
        Self::ChargingTime,
        Self::IdleTime,
        Self::Fixed,
        Self::Reservation,
        Self::Adjustment,
        Self::Export,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::ChargingTime => "charging-time",
            Self::IdleTime => "idle-time",
            Self::Fixed => "fixed",
            Self::Reservation => "reservation",
            Self::Adjustment => "adjustment",
            Self::Export => "export",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|component| component.as_str() == word)
    }
}
