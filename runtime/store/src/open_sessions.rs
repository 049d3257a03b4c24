//! How many sessions of each token are open: every start asks, and a count is a read of many pages.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::limits::TOKENS_AT_HAND;

#[derive(Default)]
pub(crate) struct OpenSessions(Mutex<AtHand>);

#[derive(Default)]
struct AtHand {
    of: HashMap<String, u32>,
    /// Counts commits: what was counted before one, or during one, is not kept after it.
    commits: u64,
    is_committing: bool,
}

/// Nothing is known of a token; what is counted now may be kept, if no commit comes meanwhile.
pub(crate) struct Uncounted(Option<u64>);

/// By how much commits change what is open, by token.
pub(crate) type Changes = Vec<(String, i32)>;

impl OpenSessions {
    pub(crate) fn get(&self, key: &str) -> Result<u32, Uncounted> {
        let at_hand = self.0.lock();
        let commits = (!at_hand.is_committing).then_some(at_hand.commits);
        at_hand.of.get(key).copied().ok_or(Uncounted(commits))
    }

    /// At the bound all are forgotten, and counted again.
    pub(crate) fn keep(&self, key: &str, count: u32, uncounted: &Uncounted) {
        let mut at_hand = self.0.lock();
        if at_hand.is_committing || uncounted.0 != Some(at_hand.commits) {
            return;
        }
        if at_hand.of.len() >= TOKENS_AT_HAND {
            at_hand.of.clear();
        }
        at_hand.of.insert(key.to_owned(), count);
    }

    /// To be called by the writer before a commit; [`Self::committed`] follows, whatever comes of it.
    pub(crate) fn committing(&self) {
        self.0.lock().is_committing = true;
    }

    /// To be called by the writer before the commit is answered.
    pub(crate) fn committed(&self, changes: Changes) {
        let mut at_hand = self.0.lock();
        for (key, change) in changes {
            if let Some(count) = at_hand.of.get_mut(&key) {
                *count = count.saturating_add_signed(change);
            }
        }
        at_hand.commits += 1;
        at_hand.is_committing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::OpenSessions;

    #[test]
    fn what_was_counted_beside_a_commit_is_not_kept() {
        let open = OpenSessions::default();
        let before = open.get("A").unwrap_err();
        open.committing();
        let during = open.get("A").unwrap_err();
        open.keep("A", 1, &before);
        open.committed(vec![("A".to_owned(), 1)]);
        open.keep("A", 1, &before);
        open.keep("A", 1, &during);
        let after = open.get("A").unwrap_err();
        open.keep("A", 1, &after);
        assert!(matches!(open.get("A"), Ok(1)));
        open.committing();
        open.committed(vec![("A".to_owned(), -1), ("B".to_owned(), 1)]);
        assert!(matches!(open.get("A"), Ok(0)));
        assert!(open.get("B").is_err(), "it was never counted");
    }
}
