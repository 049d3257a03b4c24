//! Where a backend listens for stations.

use std::fmt;

use amprule_outbound::{Place, Way, host, is_loopback};
use http::uri::Authority;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::fault::Fault;

/// Stands for the station's id.
pub(crate) const STATION: &str = "{station}";
const MAX_CHARS: usize = 2_000;
/// What needs no escape in a segment of a path (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) place: Place,
    authority: String,
    path: String,
}

impl Address {
    pub(crate) fn parse(url: &str, allow_ws: bool) -> Result<Self, Fault> {
        if url.chars().count() > MAX_CHARS || url.contains('#') {
            return Err(Fault::Url);
        }
        let (scheme, rest) = url.split_once("://").ok_or(Fault::Scheme)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(Fault::Userinfo);
        }
        if !path.contains(STATION) {
            return Err(Fault::NoStation);
        }
        let parsed: Authority = authority.parse().map_err(|_| Fault::Url)?;
        let host = host(&parsed);
        let way = match scheme {
            "wss" => Way::Tls,
            "ws" if is_loopback(&host) => Way::PlainLoopback,
            "ws" if allow_ws => Way::Plain,
            _ => return Err(Fault::Scheme),
        };
        let port = way.port(&parsed).ok_or(Fault::Url)?;
        if host.is_empty() {
            return Err(Fault::Url);
        }
        let address = Self { place: Place { host, port, way }, authority: authority.to_owned(), path: path.to_owned() };
        address.url("x").parse::<http::Uri>().map_err(|_| Fault::Url)?;
        Ok(address)
    }

    pub(crate) fn url(&self, station: &str) -> String {
        let scheme = if self.place.is_tls() { "wss" } else { "ws" };
        format!("{scheme}://{}{}", self.authority, self.path.replace(STATION, &segment(station)))
    }
}

/// One segment of a path, whatever is in it. `.` and `..` are no way up.
pub(crate) fn segment(station: &str) -> String {
    match station {
        "." | ".." => station.replace('.', "%2E"),
        station => utf8_percent_encode(station, SEGMENT).to_string(),
    }
}

/// Host and path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{}{path}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, station: &str, expect: Result<&str, &str>) {
        let found = Address::parse(url, false).map(|address| address.url(station)).map_err(|fault| fault.to_string());
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found, expect),
            (Err(found), Err(expect)) => assert!(found.contains(expect), "{url}: {found}"),
            (found, expect) => panic!("{url}: {found:?}, not {expect:?}"),
        }
    }

    #[test]
    fn a_station_is_one_segment_of_the_path() {
        check("wss://csms.example.com/ocpp/{station}", "cs-1", Ok("wss://csms.example.com/ocpp/cs-1"));
        check("wss://a.example:8443/{station}?v=1", "a/b ?#", Ok("wss://a.example:8443/a%2Fb%20%3F%23?v=1"));
        check("wss://a.example/x/{station}", "..", Ok("wss://a.example/x/%2E%2E"));
        check("ws://127.0.0.1:9000/{station}", "cs-1", Ok("ws://127.0.0.1:9000/cs-1"));
    }

    #[test]
    fn what_cannot_be_called_is_refused_with_its_reason() {
        check("https://a.example/{station}", "x", Err("begins with wss://"));
        check("ws://a.example/{station}", "x", Err("begins with wss://"));
        check("wss://a.example/ocpp", "x", Err("no {station}"));
        check("wss://a.example", "x", Err("no {station}"));
        check("wss://{station}.example/", "x", Err("no {station}"));
        check("wss://me:secret@a.example/{station}", "x", Err("password_file"));
        check("wss:///{station}", "x", Err("no URL"));
        check("wss://a.example:0/{station}", "x", Err("no URL"));
        check("wss://a.example/a b/{station}", "x", Err("no URL"));
        assert!(Address::parse("ws://a.example/{station}", true).is_ok());
    }
}
