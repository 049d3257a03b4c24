//! Which versions price a session that begins, and that it keeps.

use std::sync::Arc;

use amprule_domain::Occasion;
use amprule_domain::decision::Hook;
use amprule_domain::pricing::Pin;

use super::Registry;
use crate::chain::Link;

impl Registry {
    pub(super) fn pin_for(&self, at: &Occasion<'_>, tariff: Option<&str>) -> Option<Arc<Pin>> {
        let generation = self.generation.load();
        let wanted = tariff.and_then(|id| {
            let wanted = generation.active(id).filter(|version| version.has(Hook::Pricing));
            if wanted.is_none() {
                tracing::warn!(
                    extension = id,
                    "an authorization asks for a tariff that is not there; the usual one prices"
                );
            }
            wanted
        });
        let version = match (wanted, generation.chains.pricing(at)) {
            (Some(version), _) | (None, Some(Link::Loaded(version))) => version,
            (None, Some(Link::Missing(unit))) => return Some(Arc::new(Pin::missing(unit))),
            (None, None) => return None,
        };
        version.touch((self.steady)());
        Some(version.pin())
    }
}
