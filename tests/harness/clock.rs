//! Moments for messages: near enough to the present that nothing doubts them.

use jiff::{SignedDuration, Timestamp, Unit};

/// The present, to the second.
#[expect(clippy::disallowed_methods, reason = "a server under test lives in real time")]
pub fn now() -> Timestamp {
    Timestamp::now().round(Unit::Second).expect("the present can be rounded")
}

/// The moment so many minutes before now, as stations write it.
pub fn ago(minutes: i64) -> String {
    (now() - SignedDuration::from_mins(minutes)).to_string()
}

/// So many minutes after a fixed moment.
pub fn after(base: Timestamp, minutes: i64) -> String {
    (base + SignedDuration::from_mins(minutes)).to_string()
}
