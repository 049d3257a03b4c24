//! Moments for messages: near enough to the present that nothing doubts them.

use jiff::{SignedDuration, Timestamp, Unit};

/// The moment so many minutes before now, as stations write it.
pub fn ago(minutes: i64) -> String {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes);
    at.round(Unit::Second).expect("the present can be rounded").to_string()
}

/// So many minutes after a fixed moment.
pub fn after(base: Timestamp, minutes: i64) -> String {
    (base + SignedDuration::from_mins(minutes)).to_string()
}
