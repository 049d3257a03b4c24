//! Times as stations write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::limits::PLAUSIBLE_SECONDS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenTime {
    Known(Timestamp),
    /// Taken as the station's local time; stations whose zone nobody has entered are in UTC, which the standard
    /// recommends for every time (OCPP 1.6, 3.1).
    WithoutOffset(Timestamp),
    /// The same in an hour that happens twice, of which the first is taken, or that does not happen.
    Ambiguous(Timestamp),
    /// No time at all, or one before the station's clock was set.
    Impossible,
}

pub(crate) fn read(text: &str, zone: &TimeZone) -> WrittenTime {
    let text = text.trim();
    let time = match text.parse::<Timestamp>() {
        Ok(at) => WrittenTime::Known(at),
        Err(_) => without_offset(text, zone),
    };
    match time {
        WrittenTime::Known(at) | WrittenTime::WithoutOffset(at) | WrittenTime::Ambiguous(at) if !plausible(at) => {
            WrittenTime::Impossible
        }
        time => time,
    }
}

fn without_offset(text: &str, zone: &TimeZone) -> WrittenTime {
    let Ok(local) = text.parse::<DateTime>() else { return WrittenTime::Impossible };
    let told = zone.to_ambiguous_timestamp(local);
    let kind = if told.is_ambiguous() { WrittenTime::Ambiguous } else { WrittenTime::WithoutOffset };
    told.compatible().map_or(WrittenTime::Impossible, kind)
}

fn plausible(at: Timestamp) -> bool {
    PLAUSIBLE_SECONDS.contains(&at.as_second())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{WrittenTime, read};

    #[test]
    fn a_time_without_offset_is_local_to_the_station() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        let bare = WrittenTime::WithoutOffset("2026-07-01T06:00:00Z".parse().expect("a time"));
        assert_eq!(read("2026-07-01T08:00:00", &berlin), bare);
    }

    #[test]
    fn times_of_every_spelling_are_understood_or_given_up() {
        let known = |text: &str| WrittenTime::Known(text.parse().expect("a time"));
        let bare = |text: &str| WrittenTime::WithoutOffset(text.parse().expect("a time"));
        let cases = [
            ("2026-07-01T08:00:00Z", known("2026-07-01T08:00:00Z")),
            ("2026-07-01T08:00:00.1234567Z", known("2026-07-01T08:00:00.1234567Z")),
            ("2026-07-01T10:00:00+02:00", known("2026-07-01T08:00:00Z")),
            ("2026-07-01T10:00:00+0200", known("2026-07-01T08:00:00Z")),
            ("2026-07-01 08:00:00Z", known("2026-07-01T08:00:00Z")),
            (" 2026-07-01T08:00Z ", known("2026-07-01T08:00:00Z")),
            ("2026-07-01T08:00:00", bare("2026-07-01T08:00:00Z")),
            ("2026-07-01 08:00:00.5", bare("2026-07-01T08:00:00.5Z")),
            ("1970-01-01T00:00:12Z", WrittenTime::Impossible),
            ("2000-01-01T00:00:00", WrittenTime::Impossible),
            ("9999-12-31T23:59:59Z", WrittenTime::Impossible),
            ("0000-00-00T00:00:00Z", WrittenTime::Impossible),
            ("yesterday", WrittenTime::Impossible),
            ("", WrittenTime::Impossible),
        ];
        for (text, expect) in cases {
            assert_eq!(read(text, &TimeZone::UTC), expect, "{text:?}");
        }
    }
}
