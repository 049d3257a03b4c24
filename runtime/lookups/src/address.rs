//! A binding's URL: how to get there, and what is asked for there.

use amprule_outbound::{Place, Way, host, is_loopback};
use http::uri::Authority;
use http::{HeaderValue, Uri};

use crate::error::UrlFault;
use crate::key;
use crate::secret::{PLACE, Secret, filled};

const KEY: &str = "{key}";
const MAX_CHARS: usize = 2_000;

pub(crate) struct Address {
    pub(crate) place: Place,
    /// The `Host` header.
    pub(crate) authority: HeaderValue,
    /// Between these stands the key. With the secret.
    path: Vec<String>,
    query: Option<Vec<String>>,
}

/// A key that cannot be a part of this path: it might be taken for a way up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Climbs;

impl Address {
    pub(crate) fn parse(url: &str, secret: Option<&Secret>) -> Result<Self, UrlFault> {
        places(url)?;
        let (scheme, rest) = url.split_once("://").ok_or(UrlFault::Scheme)?;
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let (authority, place) = place(scheme, authority)?;
        if !target.contains(KEY) {
            return Err(UrlFault::NoKey);
        }
        let path = if path.is_empty() { "/" } else { path };
        let parts = |text: &str| text.split(KEY).map(|part| filled(part, secret)).collect();
        let address = Self { place, authority, path: parts(path), query: query.map(parts) };
        match address.target("x") {
            Some(Ok(_)) => Ok(address),
            Some(Err(Climbs)) => Err(UrlFault::Climbs),
            None => Err(UrlFault::Malformed),
        }
    }

    /// Path and query for a key. `None`: that is no URL.
    pub(crate) fn target(&self, key: &str) -> Option<Result<Uri, Climbs>> {
        if key::climbs(&self.path.join(key)) {
            return Some(Err(Climbs));
        }
        let key = key::encoded(key);
        let query = self.query.as_ref().map(|parts| format!("?{}", parts.join(&key))).unwrap_or_default();
        format!("{}{query}", self.path.join(&key)).parse().ok().map(Ok)
    }
}

fn places(url: &str) -> Result<(), UrlFault> {
    if url.chars().count() > MAX_CHARS {
        return Err(UrlFault::TooLong);
    }
    if url.contains('#') {
        return Err(UrlFault::Fragment);
    }
    let rest = url.replace(KEY, "").replace(PLACE, "");
    if rest.contains(['{', '}']) { Err(UrlFault::Place) } else { Ok(()) }
}

fn place(scheme: &str, authority: &str) -> Result<(HeaderValue, Place), UrlFault> {
    if authority.contains('{') {
        return Err(UrlFault::Place);
    }
    if authority.contains('@') {
        return Err(UrlFault::Userinfo);
    }
    let parsed: Authority = authority.parse().map_err(|_| UrlFault::Malformed)?;
    let host = host(&parsed);
    if host.is_empty() {
        return Err(UrlFault::Malformed);
    }
    let way = match scheme {
        "https" => Way::Tls,
        "http" if is_loopback(&host) => Way::PlainLoopback,
        "http" => return Err(UrlFault::Plain),
        _ => return Err(UrlFault::Scheme),
    };
    let port = way.port(&parsed).ok_or(UrlFault::Port)?;
    let authority = HeaderValue::from_str(authority).map_err(|_| UrlFault::Malformed)?;
    Ok((authority, Place { host, port, way }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, key: &str, expect: Result<(&str, u16, &str), UrlFault>) {
        let secret = Secret::new("s3cret");
        let found = Address::parse(url, Some(&secret)).map(|address| {
            let target = address.target(key).unwrap().map(|uri| uri.to_string()).unwrap_or("climbs".to_owned());
            (address.place.host, address.place.port, target)
        });
        let expect = expect.map(|(host, port, target)| (host.to_owned(), port, target.to_owned()));
        assert_eq!(found, expect, "{url}");
    }

    #[test]
    fn a_key_stands_in_its_place_only() {
        let cards = "https://example.com/cards/{key}";
        check(cards, "04A2", Ok(("example.com", 443, "/cards/04A2")));
        check(cards, "a/b?c#d", Ok(("example.com", 443, "/cards/a%2Fb%3Fc%23d")));
        check(cards, "{secret}", Ok(("example.com", 443, "/cards/%7Bsecret%7D")));
        check(cards, "..", Ok(("example.com", 443, "climbs")));
        check(cards, "x/../../admin", Ok(("example.com", 443, "climbs")));
        check("https://example.com?card={key}", "../x&y=1", Ok(("example.com", 443, "/?card=..%2Fx%26y%3D1")));
        check("https://example.com:8443/{key}/of/{key}?t={secret}", "a", Ok(("example.com", 8443, "/a/of/a?t=s3cret")));
        check("https://[2001:db8::1]:444/{key}.json", "a b", Ok(("2001:db8::1", 444, "/a%20b.json")));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        check("http://localhost:3000/{key}", "a", Ok(("localhost", 3000, "/a")));
        check("http://127.0.0.1/{key}", "a", Ok(("127.0.0.1", 80, "/a")));
        check("http://[::1]:80/{key}", "a", Ok(("::1", 80, "/a")));
        for url in ["http://example.com/{key}", "http://localhost.example.com/{key}", "http://127.0.0.1.nip.io/{key}"] {
            check(url, "a", Err(UrlFault::Plain));
        }
        check("http://127.0.0.1@example.com/{key}", "a", Err(UrlFault::Userinfo));
    }

    #[test]
    fn what_is_no_usable_url_is_refused_with_its_reason() {
        check("", "a", Err(UrlFault::Scheme));
        check("ftp://example.com/{key}", "a", Err(UrlFault::Scheme));
        check("https:///{key}", "a", Err(UrlFault::Malformed));
        check("https://example.com/a b/{key}", "a", Err(UrlFault::Malformed));
        check("https://bücher.example/{key}", "a", Err(UrlFault::Malformed));
        check("https://example.com/{key}#x", "a", Err(UrlFault::Fragment));
        check("https://example.com:0/{key}", "a", Err(UrlFault::Port));
        check("https://example.com/cards", "a", Err(UrlFault::NoKey));
        check("https://example.com", "a", Err(UrlFault::NoKey));
        check("https://{key}.example.com/", "a", Err(UrlFault::Place));
        check("https://{secret}.example.com/{key}", "a", Err(UrlFault::Place));
        check("https://example.com/{key}/{site}", "a", Err(UrlFault::Place));
        check("https://example.com/a/../{key}", "a", Err(UrlFault::Climbs));
        check(&format!("https://example.com/{{key}}/{}", "x".repeat(2_000)), "a", Err(UrlFault::TooLong));
    }
}
