//! What lies between a connection and the wires that share it: how it stands, and the last word of each topic.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::address::Broker;
use crate::fault::WireFault;

/// The last message of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub text: String,
    pub at: Instant,
    /// It is the broker's memory, and may be of any age: `at` is when we listened.
    pub is_retained: bool,
}

pub(super) struct Desk {
    pub(super) broker: Broker,
    pub(super) timeout: Duration,
    pub(super) standing: watch::Sender<Standing>,
    /// Something was heard.
    pub(super) word: Notify,
    topics: Mutex<HashMap<String, Topic>>,
}

#[derive(Debug, Clone)]
pub(super) enum Standing {
    Begins,
    Up,
    Down(WireFault),
}

#[derive(Default)]
struct Topic {
    listeners: usize,
    /// It is listened to.
    since: Option<Instant>,
    last: Option<Heard>,
    is_too_long: bool,
    is_refused: bool,
}

pub(super) enum Found {
    Last(Heard),
    TooLong,
    Refused,
    Nothing { since: Option<Instant> },
}

impl Desk {
    pub(super) fn new(broker: Broker, timeout: Duration) -> Self {
        let (standing, _) = watch::channel(Standing::Begins);
        Self { broker, timeout, standing, word: Notify::new(), topics: Mutex::default() }
    }

    /// Those that nobody listened to before.
    pub(super) fn join(&self, topics: Vec<String>) -> Vec<String> {
        let mut all = self.topics.lock();
        let mut join = |name: &String| {
            let topic = all.entry(name.clone()).or_default();
            topic.listeners += 1;
            topic.listeners == 1
        };
        topics.into_iter().filter(&mut join).collect()
    }

    /// Those that nobody listens to any more.
    pub(super) fn leave(&self, topics: &BTreeSet<String>) -> Vec<String> {
        let mut all = self.topics.lock();
        let mut is_left = |name: &&String| {
            let Some(topic) = all.get_mut(*name) else { return false };
            topic.listeners = topic.listeners.saturating_sub(1);
            topic.listeners == 0 && all.remove(*name).is_some()
        };
        topics.iter().filter(|name| is_left(name)).cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.topics.lock().keys().cloned().collect()
    }

    pub(super) fn find(&self, topic: &str) -> Found {
        match self.topics.lock().get(topic) {
            Some(topic) if topic.is_too_long => Found::TooLong,
            Some(topic) if topic.is_refused => Found::Refused,
            Some(Topic { last: Some(last), .. }) => Found::Last(last.clone()),
            Some(topic) => Found::Nothing { since: topic.since },
            None => Found::Nothing { since: None },
        }
    }

    pub(super) fn listens(&self, topic: &str, is_allowed: bool) {
        if let Some(topic) = self.topics.lock().get_mut(topic) {
            topic.since = topic.since.or_else(|| Some(Instant::now()));
            topic.is_refused = !is_allowed;
        }
    }

    /// What nobody listens to is nobody's. `None`: it is longer than is kept.
    pub(super) fn heard(&self, topic: &str, payload: Option<&[u8]>, is_retained: bool) {
        if let Some(topic) = self.topics.lock().get_mut(topic) {
            topic.is_too_long = payload.is_none();
            if let Some(payload) = payload {
                let text = String::from_utf8_lossy(payload).into_owned();
                // After a connection was lost the broker says again what we know, and know the time of.
                if !is_retained || topic.last.as_ref().is_none_or(|last| last.text != text) {
                    topic.last = Some(Heard { text, at: Instant::now(), is_retained });
                }
            }
        }
        self.word.notify_waiters();
    }

    pub(super) fn stands(&self, standing: Standing) {
        self.standing.send_replace(standing);
    }
}
