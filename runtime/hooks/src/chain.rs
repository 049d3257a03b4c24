//! The chains of a generation: a selection with the units that it names looked up.

use std::sync::Arc;

use amprule_domain::Occasion;
use amprule_domain::decision::Hook;

use crate::entry::Entries;
use crate::selection::{Combine, Parts, Selection, When};
use crate::version::Version;

/// Which versions are asked, on which occasion. Never changes once it is made.
#[derive(Clone, Default)]
pub(crate) struct Chains {
    everywhere: Chain,
    rules: Vec<Ruled>,
}

#[derive(Clone)]
struct Ruled {
    name: String,
    when: When,
    chain: Chain,
}

/// The parts of a rule, or of what holds everywhere. What is not named is not there.
#[derive(Clone, Default)]
struct Chain {
    pricing: Option<Selected>,
    modifiers: Option<Vec<Selected>>,
    authorization: Option<Vec<Selected>>,
    combine: Option<Combine>,
}

/// A unit that a selection names, looked up.
#[derive(Clone)]
pub(crate) enum Selected {
    Loaded(Arc<Version>),
    /// The operator names it, and it is not there, or has no such hook.
    Missing(String),
}

/// A unit that a rule names and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingUnit {
    /// The rule's name; `None` for what holds everywhere.
    pub rule: Option<String>,
    pub hook: Hook,
    pub unit: String,
}

impl MissingUnit {
    /// Tells the operator, once per change.
    pub fn warn(&self) {
        let what = self.hook.without();
        let rule = self.rule.as_deref().unwrap_or("everywhere");
        tracing::warn!(
            rule,
            extension = self.unit,
            hook = self.hook.as_str(),
            "the configuration names a unit that is not there: {what}"
        );
    }
}

impl Chains {
    pub(crate) fn new(selection: &Selection, entries: &Entries) -> Self {
        let mut everywhere = Chain::new(&selection.everywhere, entries);
        everywhere.pricing = everywhere.pricing.or_else(|| ordered(entries, Hook::Pricing).next());
        everywhere.authorization.get_or_insert_with(|| ordered(entries, Hook::Authorization).collect());
        let rules = selection.rules.iter().map(|rule| Ruled {
            name: rule.name.clone(),
            when: rule.when.clone(),
            chain: Chain::new(&rule.parts, entries),
        });
        Self { rules: rules.collect(), everywhere }
    }

    /// The base tariff. `None`: nobody prices.
    pub(crate) fn pricing(&self, at: &Occasion<'_>) -> Option<&Selected> {
        self.part(at, |chain| chain.pricing.as_ref())
    }

    /// What is asked about the price of the base tariff, in this order.
    pub(crate) fn modifiers(&self, at: &Occasion<'_>) -> &[Selected] {
        self.part(at, |chain| chain.modifiers.as_deref()).unwrap_or_default()
    }

    /// The policies in the order in which they are asked, and how their answers become one.
    pub(crate) fn authorization(&self, at: &Occasion<'_>) -> (&[Selected], Combine) {
        let policies = self.part(at, |chain| chain.authorization.as_deref()).unwrap_or_default();
        (policies, self.part(at, |chain| chain.combine.as_ref()).copied().unwrap_or_default())
    }

    /// Is this version asked for new sessions, wherever?
    pub(crate) fn selects(&self, version: &Version) -> bool {
        let units = self.all().flat_map(|(_, chain)| chain.units());
        units.into_iter().any(|(_, unit)| matches!(unit, Selected::Loaded(chosen) if chosen.hash == version.hash))
    }

    pub(crate) fn missing(&self) -> Vec<MissingUnit> {
        let units = self.all().flat_map(|(rule, chain)| chain.units().map(move |(hook, unit)| (rule, hook, unit)));
        let missing = units.filter_map(|(rule, hook, unit)| match unit {
            Selected::Loaded(_) => None,
            Selected::Missing(unit) => Some(MissingUnit { rule: rule.map(str::to_owned), hook, unit: unit.clone() }),
        });
        missing.collect()
    }

    fn part<'c, T: ?Sized>(&'c self, at: &Occasion<'_>, named: impl Fn(&'c Chain) -> Option<&'c T>) -> Option<&'c T> {
        let ruled = self.rules.iter().filter_map(|rule| Some((&rule.when, named(&rule.chain)?)));
        let mut covering = ruled.filter(|(when, _)| when.covers(at));
        covering.next().map(|(_, part)| part).or_else(|| named(&self.everywhere))
    }

    /// What is asked where no rule holds, with the units that nobody names.
    pub(crate) fn everywhere(&self) -> Parts {
        let Chain { pricing, modifiers, authorization, combine } = &self.everywhere;
        let ids = |units: &Vec<Selected>| units.iter().map(|unit| unit.id().to_owned()).collect();
        Parts {
            pricing: pricing.as_ref().map(|unit| unit.id().to_owned()),
            modifiers: Some(modifiers.as_ref().map(ids).unwrap_or_default()),
            authorization: authorization.as_ref().map(ids),
            combine: Some(combine.unwrap_or_default()),
        }
    }

    fn all(&self) -> impl Iterator<Item = (Option<&str>, &Chain)> {
        let rules = self.rules.iter().map(|rule| (Some(rule.name.as_str()), &rule.chain));
        std::iter::once((None, &self.everywhere)).chain(rules)
    }
}

impl Chain {
    fn new(parts: &Parts, entries: &Entries) -> Self {
        let units = |ids: &Vec<String>, hook| ids.iter().map(|id| Selected::new(id, hook, entries)).collect();
        Self {
            pricing: parts.pricing.as_ref().map(|id| Selected::new(id, Hook::Pricing, entries)),
            modifiers: parts.modifiers.as_ref().map(|ids| units(ids, Hook::Modifier)),
            authorization: parts.authorization.as_ref().map(|ids| units(ids, Hook::Authorization)),
            combine: parts.combine,
        }
    }

    fn units(&self) -> impl Iterator<Item = (Hook, &Selected)> {
        let pricing = self.pricing.iter().map(|unit| (Hook::Pricing, unit));
        let modifiers = self.modifiers.iter().flatten().map(|unit| (Hook::Modifier, unit));
        let policies = self.authorization.iter().flatten().map(|unit| (Hook::Authorization, unit));
        pricing.chain(modifiers).chain(policies)
    }
}

impl Selected {
    fn id(&self) -> &str {
        match self {
            Self::Loaded(version) => version.id(),
            Self::Missing(id) => id,
        }
    }

    pub(crate) fn new(id: &str, hook: Hook, entries: &Entries) -> Self {
        let active = entries.get(id).map(|entry| &entry.active).filter(|version| version.has(hook));
        active.map_or_else(|| Self::Missing(id.to_owned()), |version| Self::Loaded(Arc::clone(version)))
    }
}

/// Scripts before plugins, by id.
fn ordered(entries: &Entries, hook: Hook) -> impl Iterator<Item = Selected> {
    let mut versions: Vec<_> = entries.values().map(|entry| &entry.active).filter(|v| v.has(hook)).collect();
    versions.sort_by_key(|version| version.kind as u8);
    versions.into_iter().cloned().map(Selected::Loaded)
}
