//! The lines of a bill: as a unit says them, and as they stand, checked and rounded.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, plain};

/// Lines of one bill.
pub(crate) const MAX_LINES: usize = 64;
/// Bytes of each text in a line.
pub(crate) const MAX_TEXT: usize = 200;

/// One line, unrounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputLine {
    /// A short stable word: `energy`, `idle`, `session`, `minimum`, `cap`. An open set.
    pub code: String,
    /// For people, in the operator's language.
    pub description: String,
    #[serde(default)]
    pub quantity: Option<Decimal>,
    /// `kWh`, `min`, `h`, … An open set.
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub unit_price: Option<Decimal>,
    /// Negative for a discount or a cap.
    pub amount: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub code: String,
    pub description: String,
    pub quantity: Option<Decimal>,
    pub unit: Option<String>,
    pub unit_price: Option<Decimal>,
    /// Rounded to the currency's minor unit, half away from zero.
    pub amount: Decimal,
    /// As the unit returned it.
    pub unrounded: Decimal,
}

/// The lines checked and rounded, to stand behind `before` others of the same bill. The error says what is wrong, for the
/// unit's author.
pub(crate) fn checked(lines: Vec<OutputLine>, before: usize, currency: Currency) -> Result<Vec<Line>, String> {
    let (count, most) = (lines.len(), MAX_LINES);
    if before + count > most {
        let before = if before == 0 { String::new() } else { format!(" behind {before} others") };
        return Err(format!("{count} lines{before}; at most {most} are accepted"));
    }
    let checked = lines.into_iter().enumerate().map(|(at, line)| match line.validate() {
        Ok(()) => Ok(line.round(currency)),
        Err(why) => Err(format!("line {at}: {why}")),
    });
    checked.collect()
}

/// What all lines of a bill add up to.
pub(crate) fn total(lines: &[Line], currency: Currency) -> Result<Decimal, String> {
    let total = lines
        .iter()
        .try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.amount))
        .ok_or("the lines add up to more than a decimal can hold")?;
    if total.is_sign_negative() && !total.is_zero() {
        return Err(format!("the lines add up to {total} {currency}; a total must not be negative"));
    }
    Ok(currency.round(total))
}

impl OutputLine {
    fn validate(&self) -> Result<(), String> {
        if self.code.is_empty() {
            return Err("code is empty".to_owned());
        }
        for (name, text) in
            [("code", Some(&self.code)), ("description", Some(&self.description)), ("unit", self.unit.as_ref())]
        {
            if text.is_some_and(|text| text.len() > MAX_TEXT) {
                return Err(format!("{name} is longer than {MAX_TEXT} bytes"));
            }
        }
        let limit = Decimal::from(1_000_000_000_i64);
        for (name, number) in
            [("amount", Some(self.amount)), ("quantity", self.quantity), ("unitPrice", self.unit_price)]
        {
            if number.is_some_and(|number| number.abs() > limit) {
                return Err(format!("{name} is beyond 1,000,000,000"));
            }
        }
        Ok(())
    }

    fn round(self, currency: Currency) -> Line {
        Line {
            code: fit(self.code),
            description: fit(self.description),
            quantity: self.quantity,
            unit: self.unit.map(fit),
            unit_price: self.unit_price,
            amount: currency.round(self.amount),
            unrounded: self.amount,
        }
    }
}

/// As it is printed on a bill.
fn fit(text: String) -> String {
    match plain::shown(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

/// The line as it stands: who comes after it sees the rounded amount.
impl From<&Line> for OutputLine {
    fn from(line: &Line) -> Self {
        Self {
            code: line.code.clone(),
            description: line.description.clone(),
            quantity: line.quantity,
            unit: line.unit.clone(),
            unit_price: line.unit_price,
            amount: line.amount,
        }
    }
}
