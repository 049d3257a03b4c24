//! A current, in tenths of an ampere: what stations can be told, and no finer.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of one phase, in tenths. In JSON it is a decimal as text, as all decimals are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Amperes(pub u32);

/// Of L1, L2 and L3, in tenths; below zero where more flows than there should.
pub type ByPhase = [i64; 3];

impl Amperes {
    pub const ZERO: Self = Self(0);
    /// No circuit of a charging site carries more.
    pub const MAX: Self = Self(100_000);

    pub const fn whole(amperes: u32) -> Self {
        Self(amperes * 10)
    }

    /// To the tenth below. `None`: it is negative, or more than any circuit carries.
    pub fn of(amperes: Decimal) -> Option<Self> {
        let tenths = amperes.checked_mul(Decimal::TEN)?.floor().to_u32()?;
        (tenths <= Self::MAX.0).then_some(Self(tenths))
    }

    pub fn tenths(self) -> i64 {
        i64::from(self.0)
    }

    /// What of these tenths there is, if anything.
    pub fn of_tenths(tenths: i64) -> Self {
        Self(u32::try_from(tenths.max(0)).unwrap_or(u32::MAX))
    }

    pub fn differs(self, other: Self) -> i64 {
        (self.tenths() - other.tenths()).abs()
    }

    pub fn decimal(self) -> Decimal {
        Decimal::new(self.tenths(), 1).normalize()
    }

    /// At this voltage, over so many phases.
    pub fn watts(self, volts: u32, phases: u32) -> u32 {
        let watts = u64::from(self.0) * u64::from(volts) * u64::from(phases) / 10;
        u32::try_from(watts).unwrap_or(u32::MAX)
    }
}

impl TryFrom<Decimal> for Amperes {
    type Error = String;

    fn try_from(amperes: Decimal) -> Result<Self, String> {
        Self::of(amperes).ok_or_else(|| format!("{amperes} A is no current from 0 to {} A", Self::MAX))
    }
}

impl From<Amperes> for Decimal {
    fn from(amperes: Amperes) -> Self {
        amperes.decimal()
    }
}

impl fmt::Display for Amperes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl JsonSchema for Amperes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amperes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Decimal::json_schema(generator)
    }
}
