//! Which units are asked: what holds everywhere, and rules for some stations, places, tokens and hours.
//!
//! This is what operators write, checked but not looked up: a unit that is named here may come later, or never.

mod hours;
mod rule;
mod when;

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

pub use hours::{TimeOfDay, Weekday};
pub use rule::{Rule, Rules};
pub use when::When;

use crate::manifest::is_id;

/// Units that one part names.
pub const MAX_UNITS: usize = 16;

/// All parts that a rule may name. What holds everywhere has them too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// The unit that prices. Not named anywhere: the first that prices, scripts before plugins, by id.
    pub pricing: Option<String>,
    /// Asked in this order about what the tariff says. Not named anywhere: none.
    pub modifiers: Option<Vec<String>>,
    /// The policies, in this order. Not named anywhere: all that authorize, scripts before plugins, by id.
    pub authorization: Option<Vec<String>>,
    pub combine: Option<Combine>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    pub everywhere: Parts,
    /// The first that covers an occasion and names a part decides that part.
    pub rules: Rules,
}

/// How the answers of several policies become one. They are asked in their order.
///
/// | an answer is | deny-overrides | first-decisive | all-accept |
/// |---|---|---|---|
/// | accept | the next is asked | accepted | the next is asked |
/// | reject | rejected | rejected | rejected |
/// | no opinion | the next is asked | the next is asked | rejected |
/// | after the last | accepted if any accepted, else no opinion | no opinion | accepted |
///
/// Whoever is rejected or accepted is so at once: the policies behind are not asked. A policy that fails counts as its
/// manifest's `on_error` says, reject or no opinion; one that is not there rejects. An acceptance carries the smallest
/// of all limits and cache times that were heard up to it, and the first message and tariff. Without any policy, and
/// after no opinion, the operator's own record of the token decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    #[default]
    DenyOverrides,
    FirstDecisive,
    AllAccept,
}

impl Selection {
    /// All units that are named, wherever.
    pub fn units(&self) -> impl Iterator<Item = &str> {
        let parts = std::iter::once(&self.everywhere).chain(self.rules.iter().map(|rule| &rule.parts));
        parts.flat_map(Parts::units)
    }
}

impl Parts {
    fn units(&self) -> impl Iterator<Item = &str> {
        let lists = self.modifiers.iter().chain(&self.authorization);
        self.pricing.iter().chain(lists.flatten()).map(String::as_str)
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pricing, modifiers, authorization, combine } = self;
        let parts = [
            pricing.as_ref().map(|id| format!("pricing {id}")),
            modifiers.as_ref().map(|ids| format!("modifiers {}", listed(ids))),
            authorization.as_ref().map(|ids| format!("authorization {}", listed(ids))),
            combine.map(|combine| format!("combine {}", combine.as_str())),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

fn listed(ids: &[String]) -> String {
    if ids.is_empty() { "nobody".to_owned() } else { ids.join(", ") }
}

impl Combine {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DenyOverrides => "deny-overrides",
            Self::FirstDecisive => "first-decisive",
            Self::AllAccept => "all-accept",
        }
    }
}

/// For serde: the id of a unit.
pub fn unit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(from)?;
    id.map(checked).transpose().map_err(D::Error::custom)
}

/// For serde: ids of units, in the order in which they are asked.
pub fn units<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let Some(ids) = Option::<Vec<String>>::deserialize(from)? else { return Ok(None) };
    if ids.len() > MAX_UNITS {
        return Err(D::Error::custom(format!("{} units; at most {MAX_UNITS} are asked", ids.len())));
    }
    ids.into_iter().map(checked).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

fn checked(id: String) -> Result<String, String> {
    if is_id(&id) { Ok(id) } else { Err(format!("{id:?} is not the id of a unit: small letters, digits and hyphens")) }
}
