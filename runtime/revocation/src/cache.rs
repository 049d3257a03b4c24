//! What responders have said, as long as it holds; and which of them are silent, for a moment.

use std::collections::HashMap;
use std::hash::Hash;

use amprule_domain::proof::Standing;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

/// Answers that are remembered. At the bound the one that ends first goes.
const MAX_ANSWERS: usize = 4_000;
/// One that is longer, as base64, is not remembered.
const LONGEST_ANSWER: usize = 10 << 10;
const MAX_SILENT: usize = 1_000;
/// An answer is asked for anew after so long, whatever it says of itself; one that does not say when, earlier.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
const UNDATED: SignedDuration = SignedDuration::from_mins(15);
/// Whoever did not answer is not asked again for so long: no driver waits for him in vain a second time.
const SILENCE: SignedDuration = SignedDuration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Heard {
    pub(crate) standing: Standing,
    /// The answer itself, base64 of DER.
    pub(crate) signed: String,
    /// Whether it may be believed; why not.
    pub(crate) is_proven: Result<(), String>,
}

#[derive(Default)]
pub(crate) struct Cache {
    /// By CertID, as DER.
    answers: Mutex<Until<Vec<u8>, Heard>>,
    silent: Mutex<Until<String, String>>,
}

/// Things that hold until a time.
struct Until<K, V>(HashMap<K, (Timestamp, V)>);

impl<K, V> Default for Until<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl Cache {
    pub(crate) fn heard(&self, id: &[u8], now: Timestamp) -> Option<Heard> {
        self.answers.lock().get(id, now)
    }

    pub(crate) fn keep(&self, id: Vec<u8>, heard: Heard, now: Timestamp) {
        if heard.signed.len() > LONGEST_ANSWER {
            return;
        }
        let until = heard.standing.next_update.map_or(now + UNDATED, |next| next.min(now + LONGEST));
        self.answers.lock().put(id, until, heard, MAX_ANSWERS, now);
    }

    /// Why this responder is not asked now.
    pub(crate) fn is_silent(&self, responder: &str, now: Timestamp) -> Option<String> {
        self.silent.lock().get(responder, now)
    }

    pub(crate) fn was_silent(&self, responder: &str, why: &str, now: Timestamp) {
        self.silent.lock().put(responder.to_owned(), now + SILENCE, why.to_owned(), MAX_SILENT, now);
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Until<K, V> {
    fn get<Q: ?Sized + Hash + Eq>(&self, key: &Q, now: Timestamp) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(key).filter(|(until, _)| *until > now).map(|(_, value)| value.clone())
    }

    fn put(&mut self, key: K, until: Timestamp, value: V, most: usize, now: Timestamp) {
        if self.0.len() >= most {
            self.0.retain(|_, (until, _)| *until > now);
        }
        if self.0.len() >= most {
            let first = self.0.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            first.map(|key| self.0.remove(&key));
        }
        self.0.insert(key, (until, value));
    }
}
