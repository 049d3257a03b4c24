//! A station fetches firmware, as a whole or what it still lacks of it (RFC 9110, 13 and 14).

use amprule_domain::files::FirmwareFile;
use http::{HeaderMap, StatusCode, header};

/// What is sent of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Range {
        from: u64,
        length: u64,
    },
    /// It has it already.
    Nothing(StatusCode),
    /// No byte of the file is in that range.
    Beyond,
}

/// The content under one name never changes while it is there.
pub(crate) fn tag(file: &FirmwareFile) -> String {
    format!("\"{}\"", file.sha256)
}

pub(crate) fn part(headers: &HeaderMap, file: &FirmwareFile) -> Part {
    let tag = tag(file);
    let said = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    if said(header::IF_MATCH).is_some_and(|tags| !lists(tags, &tag)) {
        return Part::Nothing(StatusCode::PRECONDITION_FAILED);
    }
    if said(header::IF_NONE_MATCH).is_some_and(|tags| lists(tags, &tag)) {
        return Part::Nothing(StatusCode::NOT_MODIFIED);
    }
    // A part of something else would be no continuation. By a date it would not be certain.
    let is_same = said(header::IF_RANGE).is_none_or(|known| known.trim() == tag);
    match said(header::RANGE).filter(|_| is_same) {
        Some(range) => ranged(range, file.size),
        None => Part::Whole,
    }
}

fn lists(tags: &str, tag: &str) -> bool {
    tags.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

/// Several ranges, or what is none, are answered with the whole, as if nothing had been said of them.
fn ranged(range: &str, size: u64) -> Part {
    let Some((unit, range)) = range.split_once('=') else { return Part::Whole };
    let Some((from, to)) = range.split_once('-') else { return Part::Whole };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (from, to) = match (from.trim(), to.trim()) {
        _ if !unit.trim().eq_ignore_ascii_case("bytes") => return Part::Whole,
        ("", last) => match number(last) {
            Some(0) => return Part::Beyond,
            Some(last) => (size.saturating_sub(last), size - 1),
            None => return Part::Whole,
        },
        (from, "") => match number(from) {
            Some(from) => (from, size - 1),
            None => return Part::Whole,
        },
        (from, to) => match (number(from), number(to)) {
            (Some(from), Some(to)) if from <= to => (from, to.min(size - 1)),
            _ => return Part::Whole,
        },
    };
    if from >= size { Part::Beyond } else { Part::Range { from, length: to - from + 1 } }
}

#[cfg(test)]
mod tests {
    use amprule_domain::Timestamp;
    use amprule_domain::files::MeantFor;

    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Part {
        let file = FirmwareFile {
            name: "acme.bin".to_owned(),
            size: 10,
            sha256: "abc".to_owned(),
            md5: String::new(),
            meant_for: MeantFor::default(),
            signed: None,
            stored_at: Timestamp::UNIX_EPOCH,
        };
        let headers = headers.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), header::HeaderValue::from_str(value).unwrap())
        });
        part(&headers.collect(), &file)
    }

    #[test]
    fn what_a_station_still_lacks_is_sent() {
        let range = |from, length| Part::Range { from, length };
        let cases = [
            ("bytes=4-", range(4, 6)),
            ("bytes=0-0", range(0, 1)),
            ("Bytes = 2 - 99", range(2, 8)),
            ("bytes=-3", range(7, 3)),
            ("bytes=-30", range(0, 10)),
            // It has all of it.
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=3-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("items=0-1", Part::Whole),
            ("bytes=x-", Part::Whole),
            ("bytes", Part::Whole),
            ("bytes=99999999999999999999-", Part::Whole),
        ];
        for (said, expect) in cases {
            assert_eq!(asked(&[("range", said)]), expect, "{said}");
        }
    }

    #[test]
    fn a_part_of_something_else_is_no_continuation() {
        let cases: [(&[(&str, &str)], Part); 6] = [
            (&[("range", "bytes=4-"), ("if-range", "\"abc\"")], Part::Range { from: 4, length: 6 }),
            (&[("range", "bytes=4-"), ("if-range", "\"old\"")], Part::Whole),
            (&[("range", "bytes=4-"), ("if-range", "Wed, 01 Jul 2026 08:00:00 GMT")], Part::Whole),
            (&[("if-none-match", "\"x\", W/\"abc\"")], Part::Nothing(StatusCode::NOT_MODIFIED)),
            (&[("if-none-match", "\"x\"")], Part::Whole),
            (&[("if-match", "\"x\"")], Part::Nothing(StatusCode::PRECONDITION_FAILED)),
        ];
        for (headers, expect) in cases {
            assert_eq!(asked(headers), expect, "{headers:?}");
        }
    }
}
