//! What a topic of MQTT may be, below what an operator grants.

const MOST_BYTES: usize = 200;

/// What speaks against it. A driver names single topics: no wildcards, and no way out of what is granted.
pub fn complaint(topic: &str) -> Option<&'static str> {
    let parts = || topic.split('/');
    if topic.is_empty() || topic.len() > MOST_BYTES {
        Some("it has 1 to 200 bytes")
    } else if topic.contains(['+', '#']) {
        Some("+ and # mean several topics")
    } else if topic.chars().any(char::is_control) {
        Some("it has a control character")
    } else if topic.starts_with('$') {
        Some("what begins with $ is the broker's own")
    } else if parts().any(|part| part.is_empty() || part == "." || part == "..") {
        Some("between two slashes stands a name")
    } else {
        None
    }
}
