//! What the other system knows us by.

use std::fmt;

pub(crate) const PLACE: &str = "{secret}";

/// Never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// White space around it is cut off: files end with a line break.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Stands for one that is not read yet, where a binding is checked before.
    pub fn unread() -> Self {
        Self("x".repeat(32))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// With the secret in its places.
pub(crate) fn filled(text: &str, secret: Option<&Secret>) -> String {
    secret.map_or_else(|| text.to_owned(), |secret| text.replace(PLACE, &secret.0))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
