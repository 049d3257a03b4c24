//! The times that an answer names.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};
use jiff::{SignedDuration, Timestamp};

/// More than anybody is given; see [`crate::Pace::longest_retry_after`].
const DAY_S: f64 = 86_400.0;
/// Receivers let a signature be some minutes old.
const MUCH: SignedDuration = SignedDuration::from_mins(4);

/// `Retry-After` in seconds, some send fractions, or as a date (RFC 9110, 10.2.3), which is one of the receiver's clock: it is
/// held against the `Date` beside it.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(seconds) = text.parse::<f64>()
    {
        return Some(Duration::from_secs_f64(seconds.min(DAY_S)));
    }
    let until = parse(text)?;
    until.duration_since(date(headers, DATE).unwrap_or(now)).try_into().ok()
}

/// How far the receiver's clock is from ours, when that is much.
pub(crate) fn skew(headers: &HeaderMap, now: Timestamp) -> Option<String> {
    let ahead = date(headers, DATE)?.duration_since(now);
    let which = if ahead.is_negative() { "behind" } else { "ahead of" };
    (ahead.abs() > MUCH).then(|| format!("its clock is {} s {which} ours", ahead.abs().as_secs()))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<Timestamp> {
    parse(headers.get(name)?.to_str().ok()?)
}

fn parse(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T12:00:00Z";

    fn headers(retry_after: &str, date: &str) -> HeaderMap {
        let named = [(RETRY_AFTER, retry_after), (DATE, date)];
        let given = named.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name, value.parse().unwrap())).collect()
    }

    fn check(given: &str, date: &str, expect: Option<f64>) {
        let found = retry_after(&headers(given, date), NOW.parse().unwrap());
        assert_eq!(found.map(|wait| wait.as_secs_f64()), expect, "{given:?} {date:?}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check("120", "", Some(120.0));
        check(" 0 ", "", Some(0.0));
        check("0.25", "", Some(0.25));
        check("99999999999999999999999", "", Some(86_400.0));
        check("Thu, 01 Jan 2026 12:00:30 GMT", "", Some(30.0));
        check("Thu, 01 Jan 2026 11:00:00 GMT", "", None);
        for odd in ["", "-5", "soon", "inf", "NaN", "2026-01-01T12:00:30Z"] {
            check(odd, "", None);
        }
    }

    #[test]
    fn a_date_is_held_against_the_clock_that_made_it() {
        check("Thu, 01 Jan 2026 15:00:30 GMT", "Thu, 01 Jan 2026 15:00:00 GMT", Some(30.0));
        check("Thu, 01 Jan 2026 09:00:30 GMT", "Thu, 01 Jan 2026 09:00:00 GMT", Some(30.0));
    }

    #[test]
    fn a_clock_that_is_far_off_is_named() {
        let said = |date: &str| skew(&headers("", date), NOW.parse().unwrap());
        assert_eq!(said("Thu, 01 Jan 2026 12:03:00 GMT"), None);
        assert_eq!(said("Thu, 01 Jan 2026 12:10:00 GMT").as_deref(), Some("its clock is 600 s ahead of ours"));
        assert_eq!(said("Thu, 01 Jan 2026 11:50:00 GMT").as_deref(), Some("its clock is 600 s behind ours"));
        assert_eq!(said("yesterday"), None);
    }
}
