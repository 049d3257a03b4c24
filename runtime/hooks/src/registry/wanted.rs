//! A unit that a session is pinned to, and what it is to be asked.

use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::pricing::{Pin, PinnedUnit};

use super::writing::Callee;
use crate::archive::Absent;

#[derive(Clone, Copy)]
pub(super) struct Wanted<'p> {
    pub(super) hook: Hook,
    pub(super) unit: &'p str,
    pub(super) version: &'p str,
    /// Empty: it was not there when the session began.
    pub(super) hash: &'p str,
    /// False: whatever version is active.
    pub(super) fixed: bool,
}

impl<'p> Wanted<'p> {
    pub(super) fn tariff(pin: &'p Pin) -> Self {
        let Pin { unit, version, hash, fixed, .. } = pin;
        Self { hook: Hook::Pricing, unit, version, hash, fixed: *fixed }
    }

    pub(super) fn modifier(pinned: &'p PinnedUnit) -> Self {
        let PinnedUnit { unit, version, hash, fixed } = pinned;
        Self { hook: Hook::Modifier, unit, version, hash, fixed: *fixed }
    }

    /// What is said of it when it cannot be asked.
    pub(super) fn missing(self, absent: Absent) -> (Callee, Fault) {
        let Self { unit, version, hash, .. } = self;
        let short = hash.get(..12).unwrap_or(hash);
        let why = match absent {
            _ if hash.is_empty() => {
                format!("the configuration names {unit}, and it was not there when the session began")
            }
            Absent::Lost => format!("{unit} {version} ({short}) is not in the archive"),
            Absent::Busy => format!("{unit} {version} ({short}) comes from the archive, and was not there in time"),
        };
        (Callee::missing(unit, version, hash), Fault::new(FaultClass::NotLoaded, why))
    }
}
