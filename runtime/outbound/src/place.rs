//! Where somebody else is, as a URL says it.

use std::net::IpAddr;

use http::uri::Authority;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Without brackets.
    pub host: String,
    pub port: u16,
    pub way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Tls,
    /// To whomever the name stands for.
    Plain,
    /// Never leaves this machine, whatever the name stands for.
    PlainLoopback,
}

impl Place {
    pub fn is_tls(&self) -> bool {
        self.way == Way::Tls
    }

    pub fn is_loopback_only(&self) -> bool {
        self.way == Way::PlainLoopback
    }
}

impl Way {
    /// The one that is written, or else the usual one. `None`: what is written is no port.
    pub fn port(self, authority: &Authority) -> Option<u16> {
        let usual = if self == Self::Tls { 443 } else { 80 };
        let text = authority.as_str();
        match text.rsplit_once(']').map_or(text, |(_, rest)| rest).split_once(':') {
            Some((_, written)) => written.parse().ok().filter(|port| *port != 0),
            None => Some(usual),
        }
    }
}

/// Without brackets.
pub fn host(authority: &Authority) -> String {
    authority.host().trim_matches(['[', ']']).to_owned()
}

/// By the host as a whole: `localhost.example.com` is another machine.
pub fn is_loopback(host: &str) -> bool {
    let ip: Result<IpAddr, _> = host.parse();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_the_one_that_is_written_or_the_usual_one() {
        for (authority, tls, plain) in [
            ("example.com", Some(443), Some(80)),
            ("[2001:db8::1]", Some(443), Some(80)),
            ("example.com:8443", Some(8_443), Some(8_443)),
            ("[2001:db8::1]:8443", Some(8_443), Some(8_443)),
            ("example.com:", None, None),
            ("example.com:0", None, None),
            ("example.com:65536", None, None),
        ] {
            let parsed = authority.parse().unwrap();
            assert_eq!((Way::Tls.port(&parsed), Way::Plain.port(&parsed)), (tls, plain), "{authority}");
        }
    }

    #[test]
    fn this_machine_is_known_by_the_whole_host() {
        for authority in ["localhost", "LocalHost:80", "127.0.0.2", "[::1]:80", "[::ffff:127.0.0.1]"] {
            assert!(is_loopback(&host(&authority.parse().unwrap())), "{authority}");
        }
        for host in ["", "example.com", "localhost.example.com", "127.0.0.1.nip.io", "10.0.0.7", "0.0.0.0", "::"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
