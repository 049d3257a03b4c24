//! What a restart must find again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Registry;
use crate::entry::Entry;
use crate::probation::ProbationState;

/// The versions of the unit at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The active version's.
    pub hash: String,
    /// The one to go back to.
    pub previous: Option<String>,
    /// The active version has passed its probation.
    pub stable: bool,
}

/// By path.
pub type Checkpoints = BTreeMap<String, Checkpoint>;

impl Registry {
    pub fn checkpoints(&self) -> Checkpoints {
        let generation = self.generation.load();
        generation.entries.values().map(|entry| (entry.path.clone(), Checkpoint::of(entry))).collect()
    }

    /// A unit's path and standing.
    pub fn checkpoint_of(&self, id: &str) -> Option<(String, Checkpoint)> {
        let generation = self.generation.load();
        generation.entries.get(id).map(|entry| (entry.path.clone(), Checkpoint::of(entry)))
    }
}

impl Checkpoint {
    fn of(entry: &Entry) -> Self {
        Self {
            hash: entry.active.hash.clone(),
            previous: entry.previous.as_ref().map(|version| version.hash.clone()),
            stable: entry.active.standing() == ProbationState::Stable,
        }
    }
}
