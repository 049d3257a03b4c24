//! Who asks, proven by a secret that both sides know.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Uri};
use jiff::Timestamp;
use sha2::Sha256;

use crate::secret::Secret;

/// The header of a signed question: `amprule-signature: t=1767225600,v1=<64 hexadecimal digits>`.
///
/// `t` is when it was sent, in seconds since 1970. `v1` is the HMAC-SHA-256, under the bytes of the secret as it stands in
/// its file (white space around it cut off), of three lines without a line break (`\n`) at the end: `t`, the method `GET`,
/// and path and query as they are in the request's first line, still percent-encoded:
///
/// ```text
/// 1767225600
/// GET
/// /v1/cards/04A2B3?site=7
/// ```
///
/// Whoever checks it computes the same, compares it in constant time, and refuses a `t` that is more than five minutes away
/// from its own clock, so that nobody asks again with what they overheard. Other versions than `v1` may come to stand
/// behind it, separated by commas. A proxy that rewrites the path has to pass on the one that was signed.
pub const SIGNATURE: &str = "amprule-signature";

/// As long as webhooks want theirs.
pub(crate) const MIN_SECRET_BYTES: usize = 24;

pub(crate) fn signed(secret: &Secret, target: &Uri, now: Timestamp) -> Option<HeaderValue> {
    let at = now.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{at}\nGET\n{target}").as_bytes());
    let mut text = format!("t={at},v1=");
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_other_tools_compute() {
        // printf '1767225600\nGET\n/v1/cards/04A2?site=7' | openssl dgst -sha256 -hmac 'correct horse battery staple'
        let secret = Secret::new("correct horse battery staple\n");
        let now = Timestamp::from_second(1_767_225_600).unwrap();
        let header = signed(&secret, &Uri::from_static("/v1/cards/04A2?site=7"), now).unwrap();
        let expect = "t=1767225600,v1=7e2cafd84db47a6a97fc3d6890aa4959828f35ee738bd68e1d6908874506948f";
        assert_eq!(header, expect);
    }
}
