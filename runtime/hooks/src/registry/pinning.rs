//! Which versions price a session that begins, and that it keeps.

use std::sync::Arc;

use amprule_domain::Occasion;
use amprule_domain::decision::Hook;
use amprule_domain::pricing::{Pin, PinnedUnit};

use super::Registry;
use crate::chain::Selected;
use crate::generation::Generation;
use crate::version::Version;

impl Registry {
    pub(super) fn pin_for(&self, at: &Occasion<'_>, tariff: Option<&str>) -> Option<Arc<Pin>> {
        let generation = self.generation.load();
        let base = match wanted(&generation, tariff) {
            Some(version) => Some(self.pinned(version)),
            None => generation.chains.pricing(at).map(|link| match link {
                Selected::Loaded(version) => self.pinned(version),
                Selected::Missing(unit) => Arc::new(Pin::missing(unit)),
            }),
        };
        let modifiers = generation.chains.modifiers(at);
        if modifiers.is_empty() {
            return base;
        }
        let without_unit = || self.settings.static_tariff.as_ref().map(|_| Arc::new(Pin::static_tariff()));
        let mut pin = base.or_else(without_unit)?;
        self.pin_modifiers(Arc::make_mut(&mut pin), modifiers);
        Some(pin)
    }

    fn pin_modifiers(&self, pin: &mut Pin, modifiers: &[Selected]) {
        for link in modifiers {
            pin.modifiers.push(match link {
                Selected::Loaded(version) => {
                    let pinned = self.pinned(version);
                    pin.boundaries.extend(&pinned.boundaries);
                    pinned.base()
                }
                Selected::Missing(unit) => PinnedUnit::missing(unit),
            });
        }
        pin.boundaries.sort_unstable();
        pin.boundaries.dedup();
    }

    fn pinned(&self, version: &Version) -> Arc<Pin> {
        version.touch((self.steady)());
        version.pin()
    }
}

/// The tariff that an authorization asks for.
fn wanted<'g>(generation: &'g Generation, tariff: Option<&str>) -> Option<&'g Arc<Version>> {
    let id = tariff?;
    let version = generation.active(id).filter(|version| version.has(Hook::Pricing));
    if version.is_none() {
        tracing::warn!(extension = id, "an authorization asks for a tariff that is not there; the usual one prices");
    }
    version
}
