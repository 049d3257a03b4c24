//! The `Authorization` header of HTTP basic authentication (RFC 7617), as stations send it.

use amprule_domain::StationId;
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Some stations leave the padding away.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// User and password. The password is bytes: 1.6 stations may send any of them (1.6 security whitepaper, 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Basic {
    pub(crate) user: String,
    pub(crate) password: Vec<u8>,
}

impl Basic {
    /// `None` when the header is of another scheme or cannot be read; the door then sees no password.
    pub(crate) fn parse(header: &str, station: &StationId) -> Option<Self> {
        let (scheme, credentials) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = LENIENT.decode(credentials.trim()).ok()?;
        let colon = colon(&decoded, station)?;
        let user = String::from_utf8(decoded[..colon].to_vec()).ok()?;
        Some(Self { user, password: decoded[colon + 1..].to_vec() })
    }
}

/// A station's id may have a colon itself (OCPP 2.0.1 identifierString), so the id is looked for first.
fn colon(credentials: &[u8], station: &StationId) -> Option<usize> {
    let id = station.as_str().as_bytes();
    let after_id = credentials.starts_with(id).then(|| credentials.get(id.len())).flatten();
    if after_id == Some(&b':') { Some(id.len()) } else { credentials.iter().position(|byte| *byte == b':') }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expect: Option<(&str, &[u8])>) {
        let expect = expect.map(|(user, password)| Basic { user: user.to_owned(), password: password.to_vec() });
        assert_eq!(Basic::parse(header, &StationId::from("cs:1")), expect, "{header}");
    }

    fn encoded(credentials: &[u8]) -> String {
        format!("Basic {}", LENIENT.encode(credentials))
    }

    #[test]
    fn user_and_password_are_read() {
        check(&encoded(b"other:secret"), Some(("other", b"secret")));
        check(&encoded(b"cs:1:secret:x"), Some(("cs:1", b"secret:x")));
        check(&encoded(b"a:\xff\x00"), Some(("a", b"\xff\x00")));
        check(&encoded(b"a:"), Some(("a", b"")));
        check("basic YTpi", Some(("a", b"b")));
        check(encoded(b"ab:cd").trim_end_matches('='), Some(("ab", b"cd")));
    }

    #[test]
    fn what_cannot_be_read_counts_as_no_password() {
        check("", None);
        check("Basic", None);
        check("Bearer YTpi", None);
        check("Basic ?", None);
        check(&encoded(b"without"), None);
        check(&encoded(b"\xff:x"), None);
    }
}
