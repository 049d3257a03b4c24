//! A user and a password, as they stand before an address's host.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

/// `user:password`. Never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credentials(String);

impl Credentials {
    /// `user:password@host`
    pub(super) fn before_host(authority: &str) -> Result<(Option<Self>, &str), String> {
        match authority.rsplit_once('@') {
            Some((credentials, host)) => Ok((Some(Self(plain(credentials)?)), host)),
            None => Ok((None, authority)),
        }
    }

    /// RFC 7617.
    pub(crate) fn header(&self) -> HeaderValue {
        let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(&self.0)))
            .unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        header.set_sensitive(true);
        header
    }

    /// Those that are not empty, the longest of what holds another first.
    pub(super) fn secrets(&self) -> Vec<String> {
        let (_, password) = self.user_and_password();
        let all = [self.0.clone(), password.to_owned(), STANDARD.encode(&self.0)];
        all.into_iter().filter(|secret| !secret.is_empty()).collect()
    }

    pub(crate) fn user_and_password(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((&self.0, ""))
    }
}

/// With what is written as %3A.
fn plain(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        bytes.push(match (first, more) {
            (b'%', [high, low, more @ ..]) => {
                rest = more;
                let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let pair = digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low);
                pair.ok_or_else(|| "a % in the password is written as %25".to_owned())?
            }
            _ => *first,
        });
    }
    String::from_utf8(bytes).map_err(|_| "the password is no UTF-8".to_owned())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
