//! A generation: which version of each unit is active. The registry replaces it as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::decision::Hook;

use crate::settings::Selection;
use crate::version::Version;

/// Never changes once it is made.
#[derive(Clone, Default)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) pricing: Option<Arc<Version>>,
    /// In the order in which they are asked.
    pub(crate) authorization: Vec<Policy>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) active: Arc<Version>,
    /// The last version before it that is not known to fail.
    pub(crate) previous: Option<Arc<Version>>,
    /// Where its files are, for people.
    pub(crate) path: String,
    /// The generation that made it active.
    pub(crate) since: u64,
}

/// A place in the order of authorization.
#[derive(Clone)]
pub(crate) enum Policy {
    Loaded(Arc<Version>),
    /// The operator names it, and it is not there.
    Missing(String),
}

/// One step from a generation to the next.
#[derive(Clone)]
pub enum Change {
    Activate { version: Arc<Version>, path: String },
    Remove { id: String },
}

impl Generation {
    /// Nothing is loaded, but what the operator names is missed already.
    pub(crate) fn empty(selection: &Selection) -> Self {
        let nothing = Self::default();
        Self { authorization: nothing.select_authorization(selection), ..nothing }
    }

    pub(crate) fn next(&self, changes: &[Change], selection: &Selection) -> Self {
        let mut next = Self { number: self.number + 1, entries: self.entries.clone(), ..Self::default() };
        for change in changes {
            next.apply(change);
        }
        next.pricing = next.select_pricing(selection);
        next.authorization = next.select_authorization(selection);
        next
    }

    /// The versions of a unit that may stand in for `hash`, best first.
    pub(crate) fn stand_ins<'g>(&'g self, unit: &str, hash: &'g str) -> impl Iterator<Item = &'g Arc<Version>> {
        let entry = self.entries.get(unit);
        let versions = entry.into_iter().flat_map(|entry| [entry.previous.as_ref(), Some(&entry.active)]).flatten();
        versions.filter(move |version| version.hash != hash && version.is_good(Hook::Pricing))
    }

    pub(crate) fn active(&self, unit: &str) -> Option<&Arc<Version>> {
        self.entries.get(unit).map(|entry| &entry.active)
    }

    /// Is this version asked for new sessions?
    pub(crate) fn selects(&self, version: &Version) -> bool {
        let prices = self.pricing.as_ref().is_some_and(|chosen| chosen.hash == version.hash);
        prices
            || self
                .authorization
                .iter()
                .any(|policy| matches!(policy, Policy::Loaded(chosen) if chosen.hash == version.hash))
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Remove { id } => drop(self.entries.remove(id)),
            Change::Activate { version, path } => {
                let previous = self.entries.get(version.id()).and_then(|entry| entry.kept(version));
                let entry = Entry { active: Arc::clone(version), previous, path: path.clone(), since: self.number };
                self.entries.insert(version.id().to_owned(), entry);
            }
        }
    }

    fn select_pricing(&self, selection: &Selection) -> Option<Arc<Version>> {
        match &selection.pricing {
            Some(id) => self.active(id).filter(|version| version.has(Hook::Pricing)).cloned(),
            None => self.ordered(Hook::Pricing).next().cloned(),
        }
    }

    fn select_authorization(&self, selection: &Selection) -> Vec<Policy> {
        let Some(ids) = &selection.authorization else {
            return self.ordered(Hook::Authorization).cloned().map(Policy::Loaded).collect();
        };
        let loaded = |id: &String| self.active(id).filter(|version| version.has(Hook::Authorization));
        ids.iter().map(|id| loaded(id).cloned().map_or_else(|| Policy::Missing(id.clone()), Policy::Loaded)).collect()
    }

    /// Scripts before plugins, by id.
    fn ordered(&self, hook: Hook) -> impl Iterator<Item = &Arc<Version>> {
        let mut versions: Vec<_> = self.entries.values().map(|entry| &entry.active).filter(|v| v.has(hook)).collect();
        versions.sort_by_key(|version| version.kind as u8);
        versions.into_iter()
    }
}

impl Entry {
    /// What stays as the last known good when `next` becomes active.
    fn kept(&self, next: &Version) -> Option<Arc<Version>> {
        let good = self.active.manifest.hooks.iter().all(|hook| self.active.is_good(*hook));
        let kept = if good || self.previous.is_none() { Some(&self.active) } else { self.previous.as_ref() };
        kept.filter(|version| version.hash != next.hash).cloned()
    }
}
