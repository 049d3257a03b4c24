//! Messages that a station says again because our answer was lost: another backend hears them once.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// By id and content: some stations count their ids from 1 after each boot.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<u64>);

const MOST: usize = 32;

impl Recent {
    pub(crate) fn is_new(&mut self, id: &str, action: &str, payload: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (id, action, payload).hash(&mut hasher);
        let digest = hasher.finish();
        if self.0.contains(&digest) {
            return false;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(digest);
        true
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_known_by_its_id_and_its_content() {
        let mut recent = Recent::default();
        assert!(recent.is_new("1", "MeterValues", "{}"));
        assert!(!recent.is_new("1", "MeterValues", "{}"));
        assert!(recent.is_new("2", "MeterValues", "{}"), "another one with the same content");
        assert!(recent.is_new("1", "MeterValues", "{\"a\":1}"), "a station that counts from 1 again");
        recent.clear();
        assert!(recent.is_new("1", "MeterValues", "{}"));
    }
}
