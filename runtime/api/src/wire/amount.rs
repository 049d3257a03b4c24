//! A decimal that a person may write as text or as a number.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Kept exactly as it is written in text, and as the shortest decimal that means the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal as text (\"12.50\") or as a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        let wrong = |_| E::custom(format!("{text:?} is not a decimal; \"12.50\" is one"));
        Decimal::from_str_exact(text.trim()).map(Amount).map_err(wrong)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_are_text_or_numbers_and_keep_their_value() {
        for (json, expect) in [("\"12.50\"", "12.50"), ("12.5", "12.5"), ("0.1", "0.1"), ("7", "7"), ("-3", "-3")] {
            let amount: Amount = serde_json::from_str(json).expect("an amount");
            assert_eq!(amount.0.to_string(), expect);
        }
        for json in ["\"a lot\"", "true", "\"\"", "1e300"] {
            assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
        }
    }
}
