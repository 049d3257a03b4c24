//! A hook's URL: how to get there, and what of it may be shown.

use std::fmt;

use amprule_outbound::{Place, Way, host, is_loopback};
use http::{HeaderValue, Uri};

use crate::UrlFault;

#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) place: Place,
    /// The `Host` header.
    pub(crate) authority: HeaderValue,
    /// Path and query.
    pub(crate) target: Uri,
    shown: String,
    /// Parts of the URL that may be all that keeps strangers out.
    hidden: Vec<String>,
}

impl Address {
    pub(crate) fn parse(text: &str, allow_http: bool) -> Result<Self, UrlFault> {
        if text.len() > UrlFault::MAX_LENGTH {
            return Err(UrlFault::TooLong);
        }
        if text.contains('#') {
            return Err(UrlFault::Fragment);
        }
        let uri: Uri = text.parse().map_err(|_| UrlFault::Malformed)?;
        let authority = uri.authority().ok_or(UrlFault::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(UrlFault::Userinfo);
        }
        let host = host(authority);
        let way = way(uri.scheme_str(), &host, allow_http)?;
        let port = way.port(authority).ok_or(UrlFault::Port)?;
        if host.is_empty() {
            return Err(UrlFault::Malformed);
        }
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", uri.path()).parse().map_err(|_| UrlFault::Malformed)?;
        let shown = format!("{}{}", authority.as_str(), shown_path(uri.path()));
        let hidden = hidden(uri.path(), uri.query());
        let authority = HeaderValue::from_str(authority.as_str()).map_err(|_| UrlFault::Malformed)?;
        Ok(Self { place: Place { host, port, way }, authority, target, shown, hidden })
    }

    pub(crate) fn hide(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, part| text.replace(part, "…"))
    }
}

fn way(scheme: Option<&str>, host: &str, allow_http: bool) -> Result<Way, UrlFault> {
    match scheme {
        Some("https") => Ok(Way::Tls),
        Some("http") if allow_http => Ok(Way::Plain),
        Some("http") if is_loopback(host) => Ok(Way::PlainLoopback),
        Some("http") => Err(UrlFault::Plain),
        _ => Err(UrlFault::Scheme),
    }
}

/// A long part of a path with digits in it is a credential at many a chat and automation service.
fn is_token(segment: &str) -> bool {
    segment.len() > 15 && segment.bytes().any(|byte| byte.is_ascii_digit())
}

fn shown_path(path: &str) -> String {
    let shown = |segment: &str| match segment {
        token if is_token(token) => token.chars().take(4).chain(['…']).collect(),
        plain => plain.to_owned(),
    };
    path.split('/').map(shown).collect::<Vec<String>>().join("/")
}

fn hidden(path: &str, query: Option<&str>) -> Vec<String> {
    let query = query.unwrap_or_default();
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    let all = std::iter::once(query).chain(values).filter(|part| part.len() > 3);
    all.chain(path.split('/').filter(|segment| is_token(segment))).map(str::to_owned).collect()
}

/// Host and path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expect: Result<(&str, u16, &str), UrlFault>) {
        let found = Address::parse(url, false);
        let found = found.map(|address| (address.place.host, address.place.port, address.target.to_string()));
        let expect = expect.map(|(host, port, target)| (host.to_owned(), port, target.to_owned()));
        assert_eq!(found, expect, "{url}");
    }

    #[test]
    fn urls_say_where_to_go() {
        check("https://example.com", Ok(("example.com", 443, "/")));
        check("https://example.com:8443/a/b?c=d", Ok(("example.com", 8443, "/a/b?c=d")));
        check("https://example.com?c=d", Ok(("example.com", 443, "/?c=d")));
        check("https://[2001:db8::1]/x", Ok(("2001:db8::1", 443, "/x")));
        check("https://[2001:db8::1]:444/x", Ok(("2001:db8::1", 444, "/x")));
        check("https://example.com//a/../b", Ok(("example.com", 443, "//a/../b")));
        check("https://10.0.0.7/x", Ok(("10.0.0.7", 443, "/x")));
        check("https://xn--bcher-kva.example/", Ok(("xn--bcher-kva.example", 443, "/")));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        check("http://localhost:3000/x", Ok(("localhost", 3000, "/x")));
        check("http://127.0.0.1/", Ok(("127.0.0.1", 80, "/")));
        check("http://[::1]:80/", Ok(("::1", 80, "/")));
        check("http://[::ffff:127.0.0.1]/", Ok(("::ffff:127.0.0.1", 80, "/")));
        for url in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.nip.io/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.0.0.7/",
        ] {
            check(url, Err(UrlFault::Plain));
            assert!(!Address::parse(url, true).unwrap().place.is_loopback_only(), "{url}");
        }
        assert!(Address::parse("http://localhost/", false).unwrap().place.is_loopback_only());
    }

    #[test]
    fn what_is_no_usable_url_is_refused_with_its_reason() {
        check("", Err(UrlFault::Malformed));
        check("example.com/x", Err(UrlFault::Malformed));
        check("/x", Err(UrlFault::Malformed));
        check("https:///x", Err(UrlFault::Malformed));
        check("https://bücher.example/", Err(UrlFault::Malformed));
        check("https://example.com/a b", Err(UrlFault::Malformed));
        check("ftp://example.com/", Err(UrlFault::Scheme));
        check("example.com:443", Err(UrlFault::Scheme));
        check("https://user@example.com/", Err(UrlFault::Userinfo));
        check("https://user:word@example.com/", Err(UrlFault::Userinfo));
        check("http://127.0.0.1@example.com/", Err(UrlFault::Userinfo));
        check("https://example.com/#x", Err(UrlFault::Fragment));
        check("https://example.com:0/", Err(UrlFault::Port));
        check("https://example.com:/", Err(UrlFault::Port));
        check("https://example.com:65536/", Err(UrlFault::Port));
        check(&format!("https://example.com/{}", "x".repeat(700)), Err(UrlFault::TooLong));
    }

    #[test]
    fn what_may_be_a_credential_is_neither_shown_nor_repeated() {
        let address = Address::parse("https://chat.example:8443/hooks/T01/xoXo9xoXo9xoXo9xoXo9?sig=geheim&v=2", false);
        let address = address.unwrap();
        assert_eq!(address.to_string(), "chat.example:8443/hooks/T01/xoXo…");
        let said = address.hide("Cannot POST /hooks/T01/xoXo9xoXo9xoXo9xoXo9?sig=geheim&v=2 (sig geheim)");
        assert_eq!(said, "Cannot POST /hooks/T01/…?… (sig …)");
        let plain = Address::parse("https://example.com/webhooks/amprule-events", false).unwrap();
        assert_eq!(plain.to_string(), "example.com/webhooks/amprule-events");
        assert_eq!(plain.hide("Cannot POST /webhooks/amprule-events"), "Cannot POST /webhooks/amprule-events");
    }
}
