//! The spans of time by which a token's totals are added up, in UTC.

pub(crate) const HOUR_S: i64 = 3_600;
pub(crate) const DAY_S: i64 = 86_400;

/// µs
pub(crate) fn start_of(span_s: i64, at: i64) -> i64 {
    let span = span_s * 1_000_000;
    at.div_euclid(span) * span
}

/// The first span that begins at this moment or later, in µs.
pub(crate) fn first_from(span_s: i64, at: i64) -> i64 {
    let start = start_of(span_s, at);
    if start == at { at } else { start + span_s * 1_000_000 }
}
