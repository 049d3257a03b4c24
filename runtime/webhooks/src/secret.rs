//! What a hook's messages are signed with.

use std::fmt;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::SecretFault;

/// Some tools leave the padding away.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const MIN_BYTES: usize = 24;
const MAX_BYTES: usize = 256;

/// Known to us and one receiver. Neither its `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// `whsec_` and base64, as the specification serialises secrets; anything else is taken as the bytes of its text. White
    /// space around it is cut off: files end with a line break. The libraries of the specification take a text without
    /// `whsec_` for base64 unless they are told that it is raw.
    ///
    /// # Errors
    /// Why it cannot be used, for instance because it is too short (the specification wants 24 bytes at least).
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let text = text.trim();
        let key = match text.strip_prefix("whsec_") {
            Some(encoded) => LENIENT.decode(encoded).map_err(|_| SecretFault::Base64)?,
            None if text.starts_with("v1,") => return Err(SecretFault::Version),
            None if text.starts_with("whsk_") || text.starts_with("whpk_") => return Err(SecretFault::Asymmetric),
            None => text.as_bytes().to_vec(),
        };
        match key.len() {
            ..MIN_BYTES => Err(SecretFault::TooShort),
            MIN_BYTES..=MAX_BYTES => Ok(Self(key)),
            _ => Err(SecretFault::TooLong),
        }
    }

    /// `v1,` and the HMAC-SHA256 of what is signed.
    pub(crate) fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    pub(crate) fn hide(&self, text: &str) -> String {
        let text = text.replace(&STANDARD_NO_PAD.encode(&self.0), "…");
        match std::str::from_utf8(&self.0) {
            Ok(raw) => text.replace(raw, "…"),
            Err(_) => text,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIXED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_signature_is_the_one_of_the_specifications_own_libraries() {
        let secret = Secret::parse(PREFIXED).unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn white_space_and_padding_do_not_matter() {
        let secret = Secret::parse(PREFIXED).unwrap();
        assert!(Secret::parse(&format!(" {PREFIXED}\r\n")).unwrap() == secret);
        let padded = format!("whsec_{}", STANDARD.encode([7; 32]));
        assert!(padded.ends_with('='));
        assert!(Secret::parse(&padded).unwrap() == Secret::parse(padded.trim_end_matches('=')).unwrap());
    }

    #[test]
    fn without_the_prefix_its_text_is_the_key() {
        let text = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(Secret::parse(text).unwrap() != Secret::parse(PREFIXED).unwrap());
        assert_eq!(Secret::parse(text).unwrap().0, text.as_bytes());
    }

    #[test]
    fn what_is_no_secret_is_refused_with_its_reason() {
        for (text, fault) in [
            ("", SecretFault::TooShort),
            ("whsec_", SecretFault::TooShort),
            ("whsec_c2hvcnQ=", SecretFault::TooShort),
            ("only 23 bytes long, sir", SecretFault::TooShort),
            ("whsec_xyz!xyz!xyz!xyz!xyz!xyz!xyz!xyz!", SecretFault::Base64),
            ("whsec_AAAA-AAA_AAAAAAAAAAAAAAAAAAAAAAAAAAA", SecretFault::Base64),
            ("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretFault::Version),
            ("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYq", SecretFault::Asymmetric),
        ] {
            assert!(Secret::parse(text).is_err_and(|found| found == fault), "{text:?}");
        }
        assert!(Secret::parse(&"x".repeat(257)).is_err_and(|found| found == SecretFault::TooLong));
    }

    #[test]
    fn it_is_found_in_what_others_say() {
        let secret = Secret::parse(PREFIXED).unwrap();
        assert_eq!(secret.hide(&format!("expected {PREFIXED}, sorry")), "expected whsec_…, sorry");
        let raw = Secret::parse("correct horse battery staple").unwrap();
        assert_eq!(raw.hide("no: correct horse battery staple!"), "no: …!");
        assert_eq!(format!("{raw:?}"), "Secret");
    }
}
