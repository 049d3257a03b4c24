//! From a request's path to the station's id (OCPP-J 2.0.1, 3.1.1; 1.6J, 3.1.1).

use amprule_domain::{StationId, StationIdFault};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathFault {
    #[error("the path must end with the station's id, like /CS-001")]
    NoId,
    #[error("stations connect below {0} here")]
    Prefix(String),
    #[error("the station's id in the path is not percent-encoded UTF-8")]
    Encoding,
    #[error("the path does not end with a station's id: {0}")]
    Id(StationIdFault),
}

/// The last segment, percent-decoded. Whatever stands before it is free, unless a prefix is required.
pub(crate) fn station_id(target: &str, prefix: Option<&str>) -> Result<StationId, PathFault> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if let Some(prefix) = prefix
        && !path.starts_with(prefix)
    {
        return Err(PathFault::Prefix(prefix.to_owned()));
    }
    let segment = path.rsplit('/').next().unwrap_or_default();
    let id = percent_decoded(segment).ok_or(PathFault::Encoding)?;
    StationId::parse(&id).map_err(|fault| match fault {
        StationIdFault::Empty => PathFault::NoId,
        fault => PathFault::Id(fault),
    })
}

fn percent_decoded(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex(bytes.next()?)? << 4 | hex(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, prefix: Option<&str>, expect: Result<&str, PathFault>) {
        assert_eq!(station_id(target, prefix), expect.map(StationId::from), "{target}");
    }

    #[test]
    fn the_last_segment_is_the_station() {
        check("/CS-001", None, Ok("CS-001"));
        check("/ocpp/v1/CS-001", None, Ok("CS-001"));
        check("/CS-001/CS-001", None, Ok("CS-001"));
        check("/ocpp/CS-001?token=x", None, Ok("CS-001"));
        check("/RDAM%7C123", None, Ok("RDAM|123"));
        check("/S%C3%BCd%201", None, Ok("Süd 1"));
        check("/ocpp/CS-001", Some("/ocpp/"), Ok("CS-001"));
        check(&format!("/{}", "x".repeat(64)), None, Ok(&"x".repeat(64)));
    }

    #[test]
    fn other_paths_name_no_station() {
        check("/", None, Err(PathFault::NoId));
        check("/ocpp/", None, Err(PathFault::NoId));
        check("/%20", None, Err(PathFault::NoId));
        check("/CS%0A1", None, Err(PathFault::Id(StationIdFault::Control)));
        check("/CS%00", None, Err(PathFault::Id(StationIdFault::Control)));
        check("/CS%ff", None, Err(PathFault::Encoding));
        check("/CS%2", None, Err(PathFault::Encoding));
        check("/CS%zz", None, Err(PathFault::Encoding));
        check(&format!("/{}", "x".repeat(65)), None, Err(PathFault::Id(StationIdFault::TooLong)));
        check("/other/CS-001", Some("/ocpp/"), Err(PathFault::Prefix("/ocpp/".to_owned())));
    }
}
