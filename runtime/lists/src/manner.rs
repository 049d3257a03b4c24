//! How a station takes its list: what it has refused, and how much it is told at once since.

use std::collections::BTreeSet;

use amprule_domain::local_list::plan::Part;

/// Who has refused so many is left as it is until it connects again.
const REFUSALS: u32 = 3;

#[derive(Debug, Default)]
pub(crate) struct Manner {
    /// Since it connected, without parts that may have been too large.
    refusals: u32,
    /// Entries of a part, since it has refused more.
    most: Option<usize>,
    /// Entries of the greatest part that it has taken.
    taken: usize,
    /// Bounds that it was asked for since it connected, by their keys.
    pub(crate) asked: BTreeSet<String>,
}

impl Manner {
    /// What was too large stays so, unless it has taken as much.
    pub(crate) fn connected(&mut self) {
        let (most, taken) = (self.most.map(|most| most.max(self.taken)), self.taken);
        *self = Self { most, taken, ..Self::default() };
    }

    /// It is told nothing more until it connects again.
    pub(crate) const fn is_over(&self) -> bool {
        self.refusals >= REFUSALS
    }

    /// Entries of a part; `told`: as its bound says.
    pub(crate) fn most(&self, told: usize) -> usize {
        self.most.map_or(told, |most| most.min(told))
    }

    pub(crate) fn has_taken(&mut self, entries: usize) {
        self.taken = self.taken.max(entries);
    }

    /// Half is told next, down to one: a part may be too large though nobody has said so. `word`: the station's.
    pub(crate) fn has_refused(&mut self, entries: usize, word: &str) {
        let is = |other: &str| word.trim().eq_ignore_ascii_case(other);
        if is("NotSupported") || is("NotImplemented") {
            self.refusals = REFUSALS;
        } else if is("VersionMismatch") {
            self.refusals += 1;
        } else {
            self.refusals += u32::from(entries <= self.taken.max(1));
            self.most = if entries > 1 { Some(entries / 2) } else { self.most };
        }
    }
}

/// As many entries as the message has room for, one at least: a station that cannot take even that says so. `most` and `size`:
/// bytes of the message.
pub(crate) fn fitted(mut part: Part, most: usize, size: impl Fn(&Part) -> usize) -> Part {
    loop {
        let (bytes, count) = (size(&part), part.entries.len());
        if bytes <= most || count <= 1 {
            return part;
        }
        part.entries.truncate((count * most / bytes).clamp(1, count - 1));
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::command::ListEntry;
    use amprule_domain::token::IdToken;

    use super::*;

    /// What a station is told that takes up to so many at once, and says nothing of it; in how many messages it is told so.
    fn played(takes: usize) -> (Vec<usize>, bool) {
        let (mut manner, mut sizes) = (Manner::default(), Vec::new());
        while !manner.is_over() {
            let size = manner.most(20);
            sizes.push(size);
            if size <= takes {
                manner.has_taken(size);
                return (sizes, true);
            }
            manner.has_refused(size, "Failed");
        }
        (sizes, false)
    }

    #[test]
    fn parts_that_are_refused_become_smaller_down_to_one() {
        for (takes, sizes, ends_well) in [
            (20, vec![20], true),
            (8, vec![20, 10, 5], true),
            (1, vec![20, 10, 5, 2, 1], true),
            (0, vec![20, 10, 5, 2, 1, 1, 1], false),
        ] {
            assert_eq!(played(takes), (sizes, ends_well), "{takes}");
        }
    }

    #[test]
    fn what_it_has_taken_is_not_too_large() {
        let mut manner = Manner::default();
        manner.has_taken(20);
        for _ in 0..2 {
            manner.has_refused(20, "Failed");
            assert!(!manner.is_over());
        }
        manner.has_refused(5, "InternalError");
        assert!(manner.is_over());
        manner.connected();
        assert_eq!((manner.is_over(), manner.most(50)), (false, 20), "as much as it has taken");
        manner.has_refused(40, "versionmismatch");
        assert_eq!((manner.is_over(), manner.most(50)), (false, 20), "another number is all it wants");
        manner.has_refused(20, "NotImplemented");
        assert!(manner.is_over(), "it has no list");
    }

    #[test]
    fn a_message_is_as_long_as_it_may_be() {
        let entry = |n: usize| ListEntry {
            id_token: IdToken::new("A".repeat(n), "ISO14443"),
            is_there: true,
            expires_at: None,
            group: None,
        };
        let part = |lengths: &[usize]| Part {
            version: 1,
            is_full: true,
            entries: lengths.iter().copied().map(entry).collect(),
        };
        let size =
            |part: &Part| 100 + part.entries.iter().map(|entry| 80 + entry.id_token.id_token.len()).sum::<usize>();
        for (lengths, most, expect) in [
            (vec![20; 50], 700, 6),
            (vec![20; 6], 700, 6),
            (vec![20; 7], usize::MAX, 7),
            (vec![20; 3], 10, 1),
            (vec![], 10, 0),
        ] {
            assert_eq!(fitted(part(&lengths), most, size).entries.len(), expect, "{lengths:?} {most}");
        }
    }
}
