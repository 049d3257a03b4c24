//! The versions that price a session from its start to its bill.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::price::PricedBy;

/// The base tariff and its modifiers, as a session keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    pub unit: String,
    pub version: String,
    /// SHA-256 over the unit's files, parameters included. Empty: see [`PinnedUnit::hash`].
    pub hash: String,
    /// Minutes of the local day where the clock of the tariff or of a modifier changes. Ascending. A version that is asked
    /// in their place and has others gets periods that are cut anew.
    pub boundaries: Vec<u16>,
    /// False when the unit declares `pin = "none"`: the active version prices, and the hash is that of the start.
    pub fixed: bool,
    /// Asked in this order about what the tariff says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<PinnedUnit>,
}

/// One unit of a pin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PinnedUnit {
    pub unit: String,
    pub version: String,
    /// Empty: the operator named the unit, and it was not there when the session began.
    pub hash: String,
    pub fixed: bool,
}

impl Pin {
    /// Only this unit, that the operator names and that is not there.
    pub fn missing(unit: &str) -> Self {
        Self::of(PinnedUnit::missing(unit))
    }

    /// No unit prices; the modifiers are asked about the static tariff of the configuration.
    pub fn static_tariff() -> Self {
        Self::missing(PricedBy::STATIC_TARIFF)
    }

    pub fn is_static_tariff(&self) -> bool {
        self.hash.is_empty() && self.unit == PricedBy::STATIC_TARIFF
    }

    pub fn base(&self) -> PinnedUnit {
        let Self { unit, version, hash, fixed, .. } = self;
        PinnedUnit { unit: unit.clone(), version: version.clone(), hash: hash.clone(), fixed: *fixed }
    }

    /// The base tariff, then the modifiers.
    pub fn units(&self) -> impl Iterator<Item = PinnedUnit> {
        std::iter::once(self.base()).chain(self.modifiers.iter().cloned())
    }

    /// Whatever their versions.
    pub fn has_units_of(&self, other: &Self) -> bool {
        let modifiers = |pin: &Self| pin.modifiers.iter().map(|unit| unit.unit.clone()).collect::<Vec<_>>();
        self.unit == other.unit && modifiers(self) == modifiers(other)
    }

    /// The units of this pin; those that were there before keep their versions.
    #[must_use]
    pub fn keeping(&self, before: &Self) -> Self {
        let kept = |unit: PinnedUnit| {
            let known = before.units().find(|known| known.unit == unit.unit && known.was_there());
            known.unwrap_or(unit)
        };
        let boundaries: BTreeSet<u16> = self.boundaries.iter().chain(&before.boundaries).copied().collect();
        Self {
            boundaries: boundaries.into_iter().collect(),
            modifiers: self.modifiers.iter().cloned().map(kept).collect(),
            ..Self::of(kept(self.base()))
        }
    }

    fn of(base: PinnedUnit) -> Self {
        let PinnedUnit { unit, version, hash, fixed } = base;
        Self { unit, version, hash, fixed, boundaries: Vec::new(), modifiers: Vec::new() }
    }
}

impl PinnedUnit {
    pub fn missing(unit: &str) -> Self {
        Self { unit: unit.to_owned(), version: String::new(), hash: String::new(), fixed: true }
    }

    /// There was such a unit when the session began.
    pub fn was_there(&self) -> bool {
        !self.hash.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(units: &[(&str, &str)], boundaries: &[u16]) -> Pin {
        let mut units =
            units.iter().map(|(unit, hash)| PinnedUnit { hash: (*hash).to_owned(), ..PinnedUnit::missing(unit) });
        let base = units.next().expect("a base");
        Pin { modifiers: units.collect(), boundaries: boundaries.to_vec(), ..Pin::of(base) }
    }

    #[test]
    fn units_that_stay_keep_their_versions() {
        let before = pin(&[("tariff", "1"), ("fee", "1"), ("lost", "")], &[360, 480]);
        let anew = pin(&[("tariff", "2"), ("off", "2"), ("fee", "2"), ("lost", "2")], &[480, 600]);
        let kept = pin(&[("tariff", "1"), ("off", "2"), ("fee", "1"), ("lost", "2")], &[360, 480, 600]);
        assert_eq!(anew.keeping(&before), kept);
        assert!(!anew.has_units_of(&before) && anew.has_units_of(&kept));
    }
}
