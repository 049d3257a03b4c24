//! What is said in words: topics of MQTT, and messages without a topic, of UDP and of streams.

use serde::Serialize;

/// The last message of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TopicAsk {
    /// Below what the operator granted; of a stream, which has no topics, what the message contains.
    pub topic: String,
    /// One that is older counts as none.
    pub stale_s: Option<u32>,
}

/// A message, done when the broker has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Publish {
    pub topic: String,
    pub body: String,
    /// The broker keeps it for whoever listens later.
    pub retain: bool,
    /// It makes the device do something. Otherwise it only asks for a word.
    pub switches: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Message {
    /// One datagram, one line, or one frame.
    pub text: String,
    /// What its answer contains. `None`: no answer is waited for.
    pub fits: Option<String>,
    /// It makes the device do something, and goes before what only asks.
    pub switches: bool,
}

impl TopicAsk {
    /// For whom nothing was heard, or nothing lately.
    pub fn unheard(&self) -> String {
        let Self { topic, stale_s } = self;
        let lately = stale_s.map(|seconds| format!(" for {seconds} s")).unwrap_or_default();
        format!("nothing was heard of {topic}{lately}: look whether the device is on, and whether it says so there")
    }
}
