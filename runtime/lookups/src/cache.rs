//! What was heard, by key, in memory only. It stands for a while without asking again, and is the last that is known for
//! much longer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::answer::Answer;

const MAX_KEYS: usize = 10_000;
/// Of the answers' texts.
const MAX_BYTES: usize = 32 << 20;
/// Then nothing is known any more.
const MAX_AGE: Duration = Duration::from_secs(30 * 86_400);

#[derive(Default)]
pub(crate) struct Cache {
    kept: HashMap<Arc<str>, Kept>,
    /// Who leaves first: keys that the other side does not know before those it knows, so that nobody drives members out
    /// with made-up cards; the oldest first among them.
    order: BTreeMap<Place, Arc<str>>,
    bytes: usize,
    next: u64,
}

struct Kept {
    answer: Answer,
    place: Place,
    heard: Instant,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    is_row: bool,
    number: u64,
}

impl Cache {
    pub(crate) fn put(&mut self, key: Arc<str>, answer: Answer, now: Instant, at: Timestamp) {
        self.remove(&key);
        self.next += 1;
        let place = Place { is_row: matches!(answer, Answer::Row(_)), number: self.next };
        self.bytes += answer.bytes();
        self.order.insert(place, Arc::clone(&key));
        self.kept.insert(key, Kept { answer, place, heard: now, at });
        self.forget_old(now);
        while self.kept.len() > MAX_KEYS || self.bytes > MAX_BYTES {
            let Some((_, first)) = self.order.first_key_value() else { return };
            let first = Arc::clone(first);
            self.remove(&first);
        }
    }

    /// Not older than `longest`.
    pub(crate) fn fresh(&self, key: &str, longest: Duration, now: Instant) -> Option<&Answer> {
        let kept = self.kept.get(key)?;
        (kept.age(now) < longest).then_some(&kept.answer)
    }

    /// And when it was heard.
    pub(crate) fn last(&self, key: &str, now: Instant) -> Option<(Answer, Timestamp)> {
        let kept = self.kept.get(key).filter(|kept| kept.age(now) <= MAX_AGE)?;
        Some((kept.answer.clone(), kept.at))
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    fn remove(&mut self, key: &str) {
        if let Some(kept) = self.kept.remove(key) {
            self.order.remove(&kept.place);
            self.bytes -= kept.answer.bytes();
        }
    }

    fn forget_old(&mut self, now: Instant) {
        for is_row in [false, true] {
            while let Some(old) = self.oldest(is_row).filter(|key| self.is_old(key, now)) {
                self.remove(&old);
            }
        }
    }

    fn oldest(&self, is_row: bool) -> Option<Arc<str>> {
        let (place, key) = self.order.range(Place { is_row, number: 0 }..).next()?;
        (place.is_row == is_row).then(|| Arc::clone(key))
    }

    fn is_old(&self, key: &str, now: Instant) -> bool {
        self.kept.get(key).is_some_and(|kept| kept.age(now) > MAX_AGE)
    }
}

impl Kept {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn put(cache: &mut Cache, key: &str, answer: Answer, now: Instant) {
        cache.put(Arc::from(key), answer, now, Timestamp::UNIX_EPOCH);
    }

    fn row(text: &str) -> Answer {
        Answer::Row(Arc::from(text))
    }

    #[test]
    fn what_was_heard_stands_for_a_while_and_is_known_for_longer() {
        let now = Instant::now();
        let mut cache = Cache::default();
        put(&mut cache, "a", row("{}"), now);
        let minute = Duration::from_secs(60);
        assert!(cache.fresh("a", minute, now + minute / 2).is_some());
        assert!(cache.fresh("a", minute, now + minute).is_none());
        assert!(cache.fresh("a", Duration::ZERO, now).is_none(), "never");
        assert!(cache.last("a", now + 30 * DAY).is_some());
        assert!(cache.last("a", now + 31 * DAY).is_none());
        put(&mut cache, "b", Answer::Nothing, now + 31 * DAY);
        assert_eq!(cache.len(), 1, "what is too old to be told is not kept either");
    }

    #[test]
    fn the_newest_is_what_is_known() {
        let now = Instant::now();
        let mut cache = Cache::default();
        put(&mut cache, "a", row("{}"), now);
        put(&mut cache, "a", Answer::Nothing, now);
        assert_eq!(cache.last("a", now).unwrap().0, Answer::Nothing);
        assert_eq!((cache.len(), cache.order.len(), cache.bytes), (1, 1, 0));
    }

    #[test]
    fn unknown_keys_leave_first_and_then_the_oldest() {
        let now = Instant::now();
        let mut cache = Cache::default();
        put(&mut cache, "first", row("{}"), now);
        put(&mut cache, "second", row("{}"), now);
        for made_up in 0..3 * MAX_KEYS {
            put(&mut cache, &format!("made up {made_up}"), Answer::Nothing, now);
        }
        assert_eq!(cache.len(), MAX_KEYS);
        assert!(cache.last("first", now).is_some());
        for member in 0..MAX_KEYS - 1 {
            put(&mut cache, &format!("member {member}"), row("{}"), now);
        }
        assert!(cache.last("first", now).is_none());
        assert!(cache.last("second", now).is_some());
        assert_eq!(cache.order.len(), MAX_KEYS);
    }

    #[test]
    fn large_answers_make_room_too() {
        let now = Instant::now();
        let mut cache = Cache::default();
        let large = "x".repeat(MAX_BYTES / 4);
        for key in ["a", "b", "c", "d", "e"] {
            put(&mut cache, key, row(&large), now);
        }
        assert_eq!((cache.len(), cache.bytes), (4, MAX_BYTES));
        assert!(cache.last("a", now).is_none());
    }
}
