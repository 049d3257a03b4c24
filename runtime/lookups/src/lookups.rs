//! All bindings together, as the domain asks them.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::lookup::{Lookup, LookupAnswer, LookupStats};
use amprule_domain::ports::{BoxFuture, Fit, OtherSystems};
use jiff::Timestamp;

use crate::asker::Asker;
use crate::binding::Binding;
use crate::error::{Fault, Refused};

/// The time, for what is shown and signed. Deadlines and ages are measured by tokio's clock.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Dropped, it ends what is under way.
pub struct Lookups {
    /// By unit, then by lookup.
    askers: BTreeMap<String, BTreeMap<String, Asker>>,
}

impl Lookups {
    /// Nobody is asked yet.
    ///
    /// # Errors
    /// The first binding that cannot work, with what to do.
    pub fn new(bindings: Vec<Binding>, now: &Now) -> Result<Self, Refused> {
        let mut askers: BTreeMap<String, BTreeMap<String, Asker>> = BTreeMap::new();
        for binding in bindings {
            binding.check()?;
            let of_unit = askers.entry(binding.unit.clone()).or_default();
            if of_unit.contains_key(&binding.lookup) {
                return Err(binding.refused(Fault::Twice));
            }
            let asker = Asker::new(&binding, Arc::clone(now)).map_err(|fault| binding.refused(fault))?;
            of_unit.insert(binding.lookup, asker);
        }
        Ok(Self { askers })
    }

    /// How each binding stands, by unit and lookup.
    pub fn standing(&self) -> Vec<LookupStats> {
        self.askers.values().flat_map(BTreeMap::values).map(Asker::standing).collect()
    }

    fn asker(&self, unit: &str, lookup: &Lookup) -> Option<&Asker> {
        self.askers.get(unit)?.get(&lookup.name)
    }
}

impl OtherSystems for Lookups {
    /// Within a tokio runtime.
    fn ask<'a>(&'a self, unit: &'a str, lookup: &'a Lookup, is_fit: Fit) -> BoxFuture<'a, LookupAnswer> {
        Box::pin(async move {
            match self.asker(unit, lookup) {
                Some(asker) => asker.ask(&lookup.key, is_fit).await,
                None => {
                    let name = &lookup.name;
                    LookupAnswer::Unavailable(format!(
                        "nobody is bound to it; add [[lookups]] with unit = {unit:?} and lookup = {name:?}"
                    ))
                }
            }
        })
    }

    fn standing(&self, unit: &str, lookup: &str) -> Option<LookupStats> {
        Some(self.askers.get(unit)?.get(lookup)?.standing())
    }

    fn last_known(&self, unit: &str, lookup: &Lookup) -> Option<(LookupAnswer, Timestamp)> {
        self.asker(unit, lookup)?.last_known(&lookup.key)
    }
}
