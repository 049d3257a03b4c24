//! A rule as operators write it.

use std::collections::BTreeSet;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::hours::{TimeOfDay, Weekday};
use super::{Combine, Parts, When, unit, units};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Rule {
    pub name: String,
    pub when: When,
    pub parts: Parts,
}

/// Rules in their order, each with a name of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Rule>")]
pub struct Rules(Vec<Rule>);

/// The members of `[[extensions.rules]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    stations: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    locations: Option<Vec<String>>,
    token_groups: Option<Vec<String>>,
    weekdays: Option<Vec<Weekday>>,
    from: Option<TimeOfDay>,
    until: Option<TimeOfDay>,
    #[serde(default, deserialize_with = "unit")]
    pricing: Option<String>,
    #[serde(default, deserialize_with = "units")]
    modifiers: Option<Vec<String>>,
    #[serde(default, deserialize_with = "units")]
    authorization: Option<Vec<String>>,
    combine: Option<Combine>,
}

impl TryFrom<Written> for Rule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, stations, groups, locations, token_groups, weekdays, from, until, .. } = written;
        let when = When { stations, groups, locations, token_groups, weekdays, from, until };
        let Written { pricing, modifiers, authorization, combine, .. } = written;
        let parts = Parts { pricing, modifiers, authorization, combine };
        when.check().map_err(|why| format!("the rule {name:?}: {why}"))?;
        if parts == Parts::default() {
            return Err(format!(
                "the rule {name:?} names none of pricing, modifiers, authorization and combine, so it does nothing"
            ));
        }
        Ok(Self { name, when, parts })
    }
}

impl Rules {
    pub const MAX: usize = 256;
}

impl Deref for Rules {
    type Target = [Rule];

    fn deref(&self) -> &[Rule] {
        &self.0
    }
}

impl TryFrom<Vec<Rule>> for Rules {
    type Error = String;

    fn try_from(rules: Vec<Rule>) -> Result<Self, String> {
        if rules.len() > Self::MAX {
            return Err(format!("{} rules; at most {} are read", rules.len(), Self::MAX));
        }
        let mut names = BTreeSet::new();
        match rules.iter().find(|rule| !names.insert(&rule.name)) {
            Some(twice) => Err(format!("two rules have the name {:?}", twice.name)),
            None => Ok(Self(rules)),
        }
    }
}
