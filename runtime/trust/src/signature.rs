//! `signature.json`: one Ed25519 signature over the bytes of `contents.json`.

use amprule_hooks::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::contents::SIGNATURE;
use crate::digits::{from_hex, hex};
use crate::key::{PublicKey, SecretKey};

/// Stands before the signed bytes, so that a signature made for something else never counts here.
const DOMAIN: &[u8] = b"amprule unit contents 1\0";
const MAX_BYTES: usize = 4 << 10;

/// What stands in `signature.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    format: u32,
    pub public: PublicKey,
    signature: String,
}

impl Signature {
    /// Over the bytes of a `contents.json`.
    pub fn sign(key: &SecretKey, contents: &[u8]) -> Self {
        let signature = hex(&key.sign(&message(contents)));
        Self { format: 1, public: key.public(), signature }
    }

    pub fn is_over(&self, contents: &[u8]) -> bool {
        from_hex(&self.signature).is_some_and(|signature| self.public.has_signed(&message(contents), &signature))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("a signature is plain data");
        text.push(b'\n');
        text
    }

    /// Strict: only what [`Signature::encode`] writes is read.
    pub fn decode(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let refuse = |why: &str| {
            let hint = "sign the unit again with `amprule sign`; the file must not be edited";
            Diagnostic::new("signature", why).in_file(SIGNATURE).hint(hint)
        };
        if bytes.len() > MAX_BYTES {
            return Err(refuse("larger than any signature"));
        }
        let signature: Self =
            serde_json::from_slice(bytes).map_err(|error| refuse(&format!("not a signature: {error}")))?;
        if signature.format != 1 {
            return Err(refuse(&format!("format {} is not known, only 1", signature.format)));
        }
        if signature.encode() != bytes { Err(refuse("not written as `amprule sign` writes it")) } else { Ok(signature) }
    }
}

fn message(contents: &[u8]) -> Vec<u8> {
    [DOMAIN, contents].concat()
}
