//! What a restart must find again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Registry;
use crate::entry::Entry;
use crate::probation::Standing;

/// The versions of the unit at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceStanding {
    /// The active version's.
    pub hash: String,
    /// The one to go back to.
    pub previous: Option<String>,
    /// The active version has passed its probation.
    pub stable: bool,
}

/// By path.
pub type Standings = BTreeMap<String, PlaceStanding>;

impl Registry {
    pub fn standings(&self) -> Standings {
        let generation = self.generation.load();
        generation.entries.values().map(|entry| (entry.path.clone(), PlaceStanding::of(entry))).collect()
    }

    /// A unit's path and standing.
    pub fn standing_of(&self, id: &str) -> Option<(String, PlaceStanding)> {
        let generation = self.generation.load();
        generation.entries.get(id).map(|entry| (entry.path.clone(), PlaceStanding::of(entry)))
    }
}

impl PlaceStanding {
    fn of(entry: &Entry) -> Self {
        Self {
            hash: entry.active.hash.clone(),
            previous: entry.previous.as_ref().map(|version| version.hash.clone()),
            stable: entry.active.standing() == Standing::Stable,
        }
    }
}
