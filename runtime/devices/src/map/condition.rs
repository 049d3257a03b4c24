//! What a point must be so that a rule of `state` holds.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use schemars::JsonSchema;
use serde::Deserialize;

use super::value::Value;

/// A number, one of several, a text, true or false, a range, or bits.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Condition {
    Flag(bool),
    Number(Decimal),
    Text(String),
    OneOf(Vec<Decimal>),
    OneOfTexts(Vec<String>),
    Range(Range),
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    /// From this on …
    from: Option<Decimal>,
    /// … and below this.
    until: Option<Decimal>,
    /// These bits of the whole number …
    mask: Option<u64>,
    /// … are this.
    is: Option<u64>,
}

impl Condition {
    /// A value that is not there fits nothing.
    pub(super) fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Flag(wanted), Some(Value::Number(number))) => *wanted != number.is_zero(),
            (Self::Number(wanted), Some(Value::Number(number))) => wanted == number,
            (Self::OneOf(wanted), Some(Value::Number(number))) => wanted.contains(number),
            (Self::Text(wanted), Some(Value::Text(text))) => wanted == text,
            (Self::OneOfTexts(wanted), Some(Value::Text(text))) => wanted.contains(text),
            (Self::Range(range), Some(Value::Number(number))) => range.holds(*number),
            _ => false,
        }
    }
}

impl Range {
    fn holds(&self, number: Decimal) -> bool {
        let is_in = self.from.is_none_or(|from| number >= from) && self.until.is_none_or(|until| number < until);
        let has_bits = match (self.mask, number.to_u64()) {
            (Some(mask), Some(bits)) => bits & mask == self.is.unwrap_or(mask),
            (Some(_), None) => false,
            (None, _) => true,
        };
        is_in && has_bits
    }
}
