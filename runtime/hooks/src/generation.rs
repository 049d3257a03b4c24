//! A generation: which version of each unit is active, and which of them are asked. The registry replaces it as a whole.

use std::sync::Arc;

use amprule_domain::decision::Hook;

use crate::chain::Chains;
use crate::entry::{Entries, Entry};
use crate::selection::Selection;
use crate::version::Version;

/// Never changes once it is made.
#[derive(Clone, Default)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) entries: Entries,
    pub(crate) selection: Arc<Selection>,
    /// The selection, with its units looked up among the entries.
    pub(crate) chains: Chains,
}

/// One step from a generation to the next.
#[derive(Clone)]
pub enum Change {
    Activate {
        version: Arc<Version>,
        path: String,
    },
    Remove {
        id: String,
    },
    /// Other rules about which units are asked.
    Select(Arc<Selection>),
}

impl Generation {
    /// Nothing is loaded, but what the operator names is missed already.
    pub(crate) fn empty(selection: &Selection) -> Self {
        let selection = Arc::new(selection.clone());
        Self { chains: Chains::new(&selection, &Entries::new()), selection, ..Self::default() }
    }

    pub(crate) fn next(&self, changes: &[Change]) -> Self {
        let mut next = Self {
            number: self.number + 1,
            entries: self.entries.clone(),
            selection: Arc::clone(&self.selection),
            chains: Chains::default(),
        };
        for change in changes {
            next.apply(change);
        }
        next.chains = Chains::new(&next.selection, &next.entries);
        next
    }

    pub(crate) fn has_tariff(&self) -> bool {
        self.entries.values().any(|entry| entry.active.has(Hook::Pricing))
    }

    /// The versions of a unit that may stand in for the pinned one, best first.
    pub(crate) fn stand_ins<'g>(
        &'g self,
        unit: &str,
        hash: &'g str,
        hook: Hook,
    ) -> impl Iterator<Item = &'g Arc<Version>> {
        let entry = self.entries.get(unit);
        let versions = entry.into_iter().flat_map(|entry| [entry.previous.as_ref(), Some(&entry.active)]).flatten();
        versions.filter(move |version| version.hash != hash && version.is_good(hook))
    }

    pub(crate) fn active(&self, unit: &str) -> Option<&Arc<Version>> {
        self.entries.get(unit).map(|entry| &entry.active)
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Remove { id } => drop(self.entries.remove(id)),
            Change::Select(selection) => self.selection = Arc::clone(selection),
            Change::Activate { version, path } => {
                let previous = self.entries.get(version.id()).and_then(|entry| entry.kept(version));
                let entry = Entry { active: Arc::clone(version), previous, path: path.clone(), since: self.number };
                self.entries.insert(version.id().to_owned(), entry);
            }
        }
    }
}
