//! Keys as texts: a public one in a configuration and in signatures, a private one in a file of its owner.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::digits::{from_hex, hex};

const PREFIX: &str = "ed25519:";
const KIND: &str = "amprule private key";

/// `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

/// Signs. It is never printed, and is wiped from memory when it is dropped.
pub struct SecretKey {
    name: String,
    key: SigningKey,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{0:?} is no public key; one is \"ed25519:\" and 64 hexadecimal digits, as `amprule key new` prints it")]
    NotPublic(String),
    #[error("not a private key as `amprule key new` writes it: {0}")]
    NotPrivate(&'static str),
}

impl PublicKey {
    /// Strict: signatures that only some implementations accept, and keys of small order, are refused.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl SecretKey {
    /// What a key may be called: the name stands in configurations, in messages and in files' names.
    pub fn is_name(name: &str) -> bool {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        is_plain && (1..=64).contains(&name.len()) && !name.starts_with(['.', '-'])
    }

    /// From 32 random bytes.
    pub fn new(name: &str, seed: &[u8; 32]) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The text of a private key's file. Whoever has it can sign.
    pub fn print(&self) -> String {
        let file = KeyFile {
            kind: KIND.to_owned(),
            name: self.name.clone(),
            public: self.public(),
            private: hex(self.key.as_bytes()),
        };
        let mut text = serde_json::to_string_pretty(&file).expect("a key is plain data");
        text.push('\n');
        text
    }

    /// What is wrong is told without a letter of the file.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let file: KeyFile = serde_json::from_str(text).map_err(|_| KeyError::NotPrivate("it is not such a file"))?;
        if file.kind != KIND {
            return Err(KeyError::NotPrivate("it is of another kind"));
        }
        if !Self::is_name(&file.name) {
            return Err(KeyError::NotPrivate("its name has other characters than a key's name has"));
        }
        let seed = from_hex(&file.private).ok_or(KeyError::NotPrivate("the private part is not 64 digits"))?;
        let key = Self::new(&file.name, &seed);
        if key.public() != file.public {
            return Err(KeyError::NotPrivate("its two parts do not belong together"));
        }
        Ok(key)
    }
}

/// What a private key's file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    kind: String,
    name: String,
    public: PublicKey,
    private: String,
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let bytes = text.strip_prefix(PREFIX).and_then(from_hex);
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).filter(|key| !key.is_weak());
        key.map(Self).ok_or(KeyError::NotPublic(text))
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hex(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, {})", self.name, self.public())
    }
}
