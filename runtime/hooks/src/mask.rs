//! What the decision log may not have in clear: tokens, and the values of parameters that a manifest calls secret.

use serde_json::{Map, Value};

use crate::Version;
use crate::log_parameters::long;

/// A keyed hash, as hexadecimal digits. The key is the server's, so that nobody finds a token by trying all of them.
pub type KeyedHash = Box<dyn Fn(&str) -> String + Send + Sync>;

/// How the decision log hides what it must not show. Equal values stay equal, so that decisions can still be compared.
pub struct Mask {
    /// False: tokens stand in clear. Secret parameters never do.
    pub tokens: bool,
    pub hash: KeyedHash,
}

impl Default for Mask {
    /// Hides everything behind the same word.
    fn default() -> Self {
        Self { tokens: true, hash: Box::new(|_| "0".repeat(DIGITS)) }
    }
}

const DIGITS: usize = 16;

impl Mask {
    /// Tokens are compared without regard to case, and so are their masks.
    pub fn token(&self, token: &str) -> String {
        if self.tokens { self.masked(&token.to_uppercase()) } else { token.to_owned() }
    }

    /// Those that are secret, from the values themselves.
    pub(crate) fn parameters(&self, version: &Version, noted: &mut Map<String, Value>) {
        for (name, _) in version.manifest.parameters.iter().filter(|(_, parameter)| parameter.secret) {
            if let Some(value) = version.parameters.get(name) {
                noted.insert(name.clone(), value.clone());
                self.parameter(noted, name);
            }
        }
    }

    /// A list keeps its length, unless it is long: an entry that is a token has that token's mask.
    fn parameter(&self, values: &mut Map<String, Value>, name: &str) {
        match values.get_mut(name) {
            Some(value) if long(value).is_some() => *value = Value::from(self.secret(value)),
            Some(Value::Array(items)) => {
                for item in items {
                    *item = Value::from(self.secret(item));
                }
            }
            Some(value) => *value = Value::from(self.secret(value)),
            None => {}
        }
    }

    fn secret(&self, value: &Value) -> String {
        value.as_str().map_or_else(|| self.masked(&value.to_string()), |text| self.masked(&text.to_uppercase()))
    }

    fn masked(&self, text: &str) -> String {
        let hash = (self.hash)(text);
        format!("masked:{}", hash.get(..DIGITS).unwrap_or(&hash))
    }
}
