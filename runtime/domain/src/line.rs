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
    let checked = lines.into_iter().map(OutputLine::fit).enumerate().map(|(at, line)| match line.validate() {
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
    /// As it is printed on a bill.
    fn fit(self) -> Self {
        Self { code: fit(self.code), description: fit(self.description), unit: self.unit.map(fit), ..self }
    }

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
            code: self.code,
            description: self.description,
            quantity: self.quantity,
            unit: self.unit,
            unit_price: self.unit_price,
            amount: currency.round(self.amount),
            unrounded: self.amount,
        }
    }
}

impl Line {
    /// The amount is not what quantity and unit price come to, by more than rounding explains: a minor unit, or a hundredth.
    pub(crate) fn contradicts_itself(&self, currency: Currency) -> bool {
        let product = self.quantity.zip(self.unit_price).and_then(|(quantity, price)| quantity.checked_mul(price));
        product.is_some_and(|product| {
            let rounding = Decimal::new(1, currency.minor_digits()).max(product.abs() / Decimal::ONE_HUNDRED);
            (self.amount - product).abs() > rounding
        })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_contradicts_itself_by_more_than_rounding_explains() {
        // (quantity, unit price, amount, currency, contradicts)
        let cases = [
            ("1", "0.01", "100", "EUR", true),
            ("12.346", "0.49", "6.05", "EUR", false),
            ("12.3", "0.49", "6.05", "EUR", false),
            ("3", "0.10", "0.29", "EUR", false),
            ("3", "0.10", "0.28", "EUR", true),
            ("-1", "5", "5.00", "EUR", true),
            ("10.4", "48", "499", "JPY", false),
            ("10", "48", "500", "JPY", true),
        ];
        for (quantity, unit_price, amount, currency, contradicts) in cases {
            let number = |text: &str| text.parse::<Decimal>().unwrap();
            let line = OutputLine {
                code: "energy".to_owned(),
                description: "Energy".to_owned(),
                quantity: Some(number(quantity)),
                unit: None,
                unit_price: Some(number(unit_price)),
                amount: number(amount),
            };
            let currency = currency.parse().unwrap();
            let line = line.round(currency);
            assert_eq!(line.contradicts_itself(currency), contradicts, "{quantity} x {unit_price} = {amount}");
        }
    }
}
