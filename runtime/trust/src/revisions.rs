//! The highest revision of each unit that was ever taken in. Going back is the operator's word.
//!
//! What nobody answers for has a mark of its own: anybody may write any number into it, and must not shut out whoever signs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Unit id to revision. Units that have none are not remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Revisions {
    signed: BTreeMap<String, u64>,
    unsigned: BTreeMap<String, u64>,
}

/// Both in one list. No id has a space.
type Written = BTreeMap<String, u64>;
const UNSIGNED: &str = " unsigned";

impl Revisions {
    /// Beyond it no further unit with a revision is taken in, of those that are signed or of those that are not.
    pub const MAX: usize = 10_000;

    /// What a signed version is held against: what was signed. An unsigned one is held against everything.
    pub fn highest(&self, unit: &str, is_signed: bool) -> u64 {
        let of = |marks: &BTreeMap<String, u64>| marks.get(unit).copied().unwrap_or_default();
        let signed = of(&self.signed);
        if is_signed { signed } else { signed.max(of(&self.unsigned)) }
    }

    pub fn is_older(&self, unit: &str, is_signed: bool, revision: u64) -> bool {
        revision < self.highest(unit, is_signed)
    }

    /// True when it is remembered now, or need not be.
    pub fn raise(&mut self, unit: &str, is_signed: bool, revision: u64) -> bool {
        if revision <= self.highest(unit, is_signed) {
            return true;
        }
        let marks = if is_signed { &mut self.signed } else { &mut self.unsigned };
        if marks.len() >= Self::MAX && !marks.contains_key(unit) {
            return false;
        }
        marks.insert(unit.to_owned(), revision);
        true
    }

    /// Allows a downgrade to this revision: `amprule install --allow-downgrade`.
    pub fn lower(&mut self, unit: &str, revision: u64) {
        for marks in [&mut self.signed, &mut self.unsigned] {
            match (revision, marks.get_mut(unit)) {
                (0, _) => drop(marks.remove(unit)),
                (_, Some(mark)) => *mark = revision.min(*mark),
                (_, None) => {}
            }
        }
    }
}

impl From<Written> for Revisions {
    fn from(written: Written) -> Self {
        let mut revisions = Self::default();
        for (name, revision) in written {
            match name.strip_suffix(UNSIGNED) {
                Some(unit) => revisions.unsigned.insert(unit.to_owned(), revision),
                None => revisions.signed.insert(name, revision),
            };
        }
        revisions
    }
}

impl From<Revisions> for Written {
    fn from(revisions: Revisions) -> Self {
        let unsigned = revisions.unsigned.into_iter().map(|(unit, revision)| (format!("{unit}{UNSIGNED}"), revision));
        revisions.signed.into_iter().chain(unsigned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_goes_back_only_when_told() {
        for is_signed in [true, false] {
            let mut revisions = Revisions::default();
            let older = |revisions: &Revisions, revision| revisions.is_older("tou", is_signed, revision);
            assert!(!older(&revisions, 0));
            assert!(revisions.raise("tou", is_signed, 5) && revisions.raise("tou", is_signed, 3));
            assert_eq!(revisions.highest("tou", is_signed), 5);
            assert!(older(&revisions, 4) && !older(&revisions, 5) && !revisions.is_older("other", is_signed, 0));
            revisions.lower("tou", 7);
            assert_eq!(revisions.highest("tou", is_signed), 5);
            revisions.lower("tou", 4);
            assert!(!older(&revisions, 4) && older(&revisions, 3));
            revisions.lower("tou", 0);
            assert_eq!(revisions, Revisions::default());
        }
    }

    #[test]
    fn what_is_remembered_has_an_end_of_its_own_for_what_nobody_signed() {
        let mut revisions = Revisions::default();
        assert!((0..Revisions::MAX).all(|unit| revisions.raise(&unit.to_string(), false, 1)));
        assert!(!revisions.raise("one-more", false, 1));
        assert!(revisions.raise("one-more", false, 0) && revisions.raise("7", false, 2));
        assert!(revisions.raise("one-more", true, 1));
    }

    #[test]
    fn both_marks_come_back_from_the_file_and_an_earlier_servers_file_is_of_signed_ones() {
        let mut revisions = Revisions::default();
        assert!(revisions.raise("tou", true, 3) && revisions.raise("tou", false, 9));
        let text = serde_json::to_string(&revisions).unwrap();
        assert_eq!(text, r#"{"tou":3,"tou unsigned":9}"#);
        assert_eq!(serde_json::from_str::<Revisions>(&text).unwrap(), revisions);
        let earlier: Revisions = serde_json::from_str(r#"{"tou":3}"#).unwrap();
        assert_eq!((earlier.highest("tou", true), earlier.highest("tou", false)), (3, 3));
    }
}
