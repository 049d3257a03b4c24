//! The highest revision of each unit that was ever taken in. Going back is the operator's word.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Unit id to revision. Units that have none are not remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revisions(BTreeMap<String, u64>);

impl Revisions {
    /// Beyond it no further unit with a revision is taken in.
    pub const MAX: usize = 10_000;

    pub fn highest(&self, unit: &str) -> u64 {
        self.0.get(unit).copied().unwrap_or_default()
    }

    pub fn is_older(&self, unit: &str, revision: u64) -> bool {
        revision < self.highest(unit)
    }

    /// True when it is remembered now, or need not be.
    pub fn raise(&mut self, unit: &str, revision: u64) -> bool {
        if revision <= self.highest(unit) {
            return true;
        }
        if self.0.len() >= Self::MAX && !self.0.contains_key(unit) {
            return false;
        }
        self.0.insert(unit.to_owned(), revision);
        true
    }

    /// Allows a downgrade to this revision: `amprule install --allow-downgrade`.
    pub fn lower(&mut self, unit: &str, revision: u64) {
        match revision {
            0 => drop(self.0.remove(unit)),
            _ if self.is_older(unit, revision) => drop(self.0.insert(unit.to_owned(), revision)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_goes_back_only_when_told() {
        let mut revisions = Revisions::default();
        assert!(!revisions.is_older("tou", 0));
        assert!(revisions.raise("tou", 5) && revisions.raise("tou", 3));
        assert_eq!(revisions.highest("tou"), 5);
        assert!(revisions.is_older("tou", 4) && !revisions.is_older("tou", 5) && !revisions.is_older("other", 0));
        revisions.lower("tou", 7);
        assert_eq!(revisions.highest("tou"), 5);
        revisions.lower("tou", 4);
        assert!(!revisions.is_older("tou", 4) && revisions.is_older("tou", 3));
        revisions.lower("tou", 0);
        assert_eq!(revisions, Revisions::default());
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let mut revisions = Revisions::default();
        assert!((0..Revisions::MAX).all(|unit| revisions.raise(&unit.to_string(), 1)));
        assert!(!revisions.raise("one-more", 1));
        assert!(revisions.raise("one-more", 0) && revisions.raise("7", 2));
    }
}
