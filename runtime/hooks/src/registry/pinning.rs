//! Which versions price a session that begins, and that it keeps.

use std::borrow::Cow;
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
        let link = match tariff {
            Some(id) => Some(Cow::Owned(wanted(&generation, id, at))),
            None => generation.chains.pricing(at).map(Cow::Borrowed),
        };
        let base = link.map(|link| match &*link {
            Selected::Loaded(version) => self.pinned(version),
            Selected::Missing(unit) => Arc::new(Pin::missing(unit)),
        });
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

/// The tariff that an authorization asks for. One that is not there is never replaced by the usual one: nobody agreed on
/// that price. Each price of the session is a fallback then, and the session is marked.
fn wanted(generation: &Generation, id: &str, at: &Occasion<'_>) -> Selected {
    let wanted = Selected::new(id, Hook::Pricing, &generation.entries);
    if matches!(wanted, Selected::Missing(_)) {
        let why = if generation.active(id).is_some() { "it prices nothing" } else { "it is not there" };
        tracing::warn!(
            station = %at.station,
            extension = id,
            "a policy answers that {id} prices this session, and {why}: the session is priced by a fallback or not at all, \
             and marked needs-review; load {id}, or mend the policy, then have the session priced anew"
        );
    }
    wanted
}
