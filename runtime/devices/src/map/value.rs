//! What a point is.

use rust_decimal::Decimal;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// True is 1, and false is 0.
    Number(Decimal),
    Text(String),
}

impl Value {
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.normalize().to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}
