//! An answer in JSON. The host looks into it, so that no driver needs a parser.

use crate::Decimal;
use crate::bindings::vocabulary::amprule::device::json::{self, Value};

/// What a device has answered in words.
#[derive(Debug, Clone)]
pub struct Answer(String);

impl Answer {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands at `/nrg/11` (RFC 6901), if that is a number. `true` is 1 and `false` is 0.
    pub fn number(&self, pointer: &str) -> Option<Decimal> {
        match json::find(&self.0, pointer)? {
            Value::Number(number) => Some(number),
            Value::Flag(flag) => Some(Decimal::from(i64::from(flag))),
            Value::Text(_) | Value::Nested(_) => None,
        }
    }

    /// Without what is behind the point.
    pub fn whole(&self, pointer: &str) -> Option<i64> {
        let Decimal { coefficient, scale } = self.number(pointer)?;
        Some(coefficient.checked_div(10_i64.checked_pow(scale.into())?).unwrap_or_default())
    }

    pub fn text(&self, pointer: &str) -> Option<String> {
        match json::find(&self.0, pointer)? {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Flag(_) | Value::Nested(_) => None,
        }
    }

    pub fn flag(&self, pointer: &str) -> Option<bool> {
        match json::find(&self.0, pointer)? {
            Value::Flag(flag) => Some(flag),
            Value::Number(_) | Value::Text(_) | Value::Nested(_) => None,
        }
    }

    pub fn has(&self, pointer: &str) -> bool {
        json::find(&self.0, pointer).is_some()
    }
}
