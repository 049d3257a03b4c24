//! From a payload's text to one of our structs, and what can go wrong before any member is looked at.

use amprule_domain::reply::{Refusal, RefusalCode};
use serde::Deserialize;

/// Why a message was not decoded.
pub(crate) enum Trouble {
    /// No parser takes the payload; it may be mended and tried again.
    Syntax(String),
    Refused(Refusal),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Syntax(message) => Self::new(RefusalCode::FormatViolation, message),
            Trouble::Refused(refusal) => refusal,
        }
    }
}

pub(crate) fn read<'a, T: Deserialize<'a>>(payload: &'a str) -> Result<T, Trouble> {
    // Our structs would take an array as their members in order.
    if !payload.trim_start().starts_with('{') {
        return Err(Trouble::Syntax("the payload is not an object".to_owned()));
    }
    serde_json::from_str(payload).map_err(|error| Trouble::Syntax(format!("the payload cannot be read: {error}")))
}
