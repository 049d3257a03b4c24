//! Energy, exact to a thousandth of a watt-hour.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of energy or a register's reading. Stored as whole milliwatt-hours; printed in Wh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Energy(i64);

impl Energy {
    pub const ZERO: Self = Self(0);

    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    pub const fn from_mwh(mwh: i64) -> Self {
        Self(mwh)
    }

    pub const fn from_wh(wh: i64) -> Self {
        Self(wh.saturating_mul(1000))
    }

    /// `None` when the amount does not fit (beyond about 9 million GWh).
    pub fn from_decimal_wh(wh: Decimal) -> Option<Self> {
        wh.checked_mul(Decimal::ONE_THOUSAND)?.round().to_i64().map(Self)
    }

    pub const fn mwh(self) -> i64 {
        self.0
    }

    /// Exact, in watt-hours.
    pub fn wh(self) -> Decimal {
        Decimal::new(self.0, 3).normalize()
    }

    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What this register shows beyond another; nothing when it is lower.
    pub fn above(self, other: Self) -> Self {
        (self - other).max(Self::ZERO)
    }

    /// The share `part / whole` of this energy, rounded down; shares are taken so that their sum is exact.
    pub fn share(self, part: i64, whole: i64) -> Self {
        if whole <= 0 {
            return self;
        }
        let mwh = i128::from(self.0) * i128::from(part) / i128::from(whole);
        Self(i64::try_from(mwh).unwrap_or(i64::MAX))
    }
}

impl Add for Energy {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Energy {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Energy {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Sum for Energy {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Wh", self.wh())
    }
}

/// JSON form: a number in Wh, whole where it is whole.
impl Serialize for Energy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            serializer.serialize_i64(self.0 / 1000)
        } else {
            #[expect(clippy::cast_precision_loss, reason = "three decimals of any real register fit a double")]
            serializer.serialize_f64(self.0 as f64 / 1000.0)
        }
    }
}

impl<'de> Deserialize<'de> for Energy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wh = f64::deserialize(deserializer)?;
        #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
        Ok(Self((wh * 1000.0).round() as i64))
    }
}
