//! The operator's word on signatures: whether they are needed, which keys there are, and what each may sign.

use amprule_domain::decision::Hook;
use serde::Deserialize;

use crate::key::PublicKey;

/// `[extensions.signatures]` of the configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Written")]
pub struct Policy {
    /// Units that nobody here answers for are refused. Nothing but the configuration decides this.
    pub required: bool,
    keys: Vec<KnownKey>,
}

/// One of `[[extensions.signatures.keys]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    pub name: String,
    pub public: PublicKey,
    /// The ids that it may sign.
    pub units: Vec<Pattern>,
    /// Not set: all of them. The same holds for what follows.
    pub hooks: Option<Vec<Hook>>,
    pub capabilities: Option<Vec<String>>,
    pub fuel: Option<u64>,
    pub wall_ms: Option<u64>,
    pub memory_mib: Option<u64>,
    /// Nothing that it has signed is taken in any more.
    #[serde(default)]
    pub revoked: bool,
}

/// A unit's id, or the beginning of one with a `*` behind it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(String);

impl Policy {
    pub fn known(&self, public: &PublicKey) -> Option<&KnownKey> {
        self.keys.iter().find(|key| key.public == *public)
    }

    pub fn names(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.name.as_str()).collect()
    }
}

impl KnownKey {
    pub fn may_sign(&self, unit: &str) -> bool {
        self.units.iter().any(|pattern| pattern.covers(unit))
    }
}

impl Pattern {
    pub fn covers(&self, id: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => id.starts_with(beginning),
            None => id == self.0,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let beginning = text.strip_suffix('*').unwrap_or(&text);
        let is_plain = beginning.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if text.is_empty() || !is_plain {
            return Err(format!(
                "{text:?} matches no unit: ids have small letters, digits and hyphens; write \"acme-*\" for all that begin with acme-"
            ));
        }
        Ok(Self(text))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    required: bool,
    #[serde(default)]
    keys: Vec<KnownKey>,
}

impl TryFrom<Written> for Policy {
    type Error = String;

    /// A key that stood there twice could be revoked in one place and good in the other.
    fn try_from(Written { required, keys }: Written) -> Result<Self, String> {
        for (at, key) in keys.iter().enumerate() {
            let double = |other: &&KnownKey| other.public == key.public || other.name == key.name;
            if let Some(other) = keys[..at].iter().find(double) {
                return Err(format!("the keys {:?} and {:?} have the same name or are the same", other.name, key.name));
            }
        }
        Ok(Self { required, keys })
    }
}
