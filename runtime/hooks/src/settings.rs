//! The host's bounds for other people's code, and what it does without any.

use std::time::Duration;

use amprule_domain::{Currency, Decimal};
use serde::{Deserialize, Serialize};

use crate::manifest::RequestedLimits;
use crate::probation::ProbationRules;
use crate::selection::Selection;
use crate::unit::Kind;

#[derive(Debug, Clone, Default)]
pub struct HookSettings {
    pub limits: HostLimits,
    /// What counts until a [`crate::Change::Select`] says otherwise.
    pub selection: Selection,
    /// The last resort when no unit can price. `None`: such a session stays unpriced and is marked.
    pub static_tariff: Option<StaticTariff>,
    pub probation: ProbationRules,
}

/// What one call may use at most. A manifest may ask for less, never for more.
#[derive(Debug, Clone, Copy)]
pub struct HostLimits {
    pub wasm_fuel: u64,
    pub rhai_operations: u64,
    pub wall: Duration,
    pub memory: usize,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { wasm_fuel: 20_000_000, rhai_operations: 5_000_000, wall: Duration::from_millis(50), memory: 32 << 20 }
    }
}

/// What a unit is granted: the smaller of its wish and the host's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    pub fuel: u64,
    pub wall: Duration,
    pub memory: usize,
}

impl HostLimits {
    pub fn grant(&self, kind: Kind, asked: &RequestedLimits) -> CallLimits {
        let fuel = match kind {
            Kind::Rhai | Kind::Map => self.rhai_operations,
            Kind::Wasm => self.wasm_fuel,
        };
        let memory = asked.memory_mib.and_then(|mib| usize::try_from(mib).ok()?.checked_mul(1 << 20));
        CallLimits {
            fuel: asked.fuel.map_or(fuel, |asked| asked.min(fuel)),
            wall: asked.wall_ms.map_or(self.wall, |asked| Duration::from_millis(asked).min(self.wall)),
            memory: memory.map_or(self.memory, |asked| asked.min(self.memory)),
        }
    }
}

/// A price that needs nobody's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticTariff {
    pub currency: Currency,
    pub per_kwh: Decimal,
    #[serde(default)]
    pub per_session: Decimal,
}
