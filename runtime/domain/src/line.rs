//! The lines of a bill: as a unit says them, and as they stand, checked and rounded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::Component;
use crate::pricing::{PricingInput, PricingPeriod, SessionFacts};
use crate::tax::{self, Amounts, Tax, TaxTotal};
use crate::{Currency, plain};

/// Lines of one bill.
pub(crate) const MAX_LINES: usize = 64;
/// Bytes of each text in a line.
pub(crate) const MAX_TEXT: usize = 200;
/// Bytes of a language's tag.
const MAX_TAG: usize = 35;

/// One line, unrounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// What it is for. What does not say it is an adjustment to who must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// The taxes in the amount, or on top of it, as the bill says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    /// The description in other languages, by their tags (BCP 47): `de`, `pt-BR`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Which of the question's periods it is about, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// The times that it is about, where the unit says so: ascending, what touches is one. More than 96 are told as one, from the first to the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// The lines checked and rounded, to stand behind `before` others of the same bill. The error says what is wrong, for the
/// unit's author.
pub(crate) fn checked(
    lines: Vec<OutputLine>,
    before: usize,
    currency: Currency,
    PricingInput { session, periods, .. }: &PricingInput,
) -> Result<Vec<Line>, String> {
    let (count, most) = (lines.len(), MAX_LINES);
    if before + count > most {
        let before = if before == 0 { String::new() } else { format!(" behind {before} others") };
        return Err(format!("{count} lines{before}; at most {most} are accepted"));
    }
    let check = |line: OutputLine| {
        line.validate()?;
        let during = spans(&line.periods, periods)?;
        Ok(line.round(currency, during, !session.exported.is_zero()))
    };
    let checked = lines.into_iter().map(OutputLine::fit).map(check).enumerate();
    checked.map(|(at, line)| line.map_err(|why: String| format!("line {at}: {why}"))).collect()
}

/// What a driver pays for all lines of a bill, and the taxes of it.
///
/// What is charged is never less than nothing. What is paid for energy that was given back may be more than that: the total is
/// below zero then, and owed to the driver.
pub(crate) fn total(
    lines: &[Line],
    amounts: Amounts,
    currency: Currency,
    session: &SessionFacts,
) -> Result<(Decimal, Vec<TaxTotal>), String> {
    if lines.iter().any(Line::is_credit) && session.exported.is_zero() {
        return Err("a line pays for energy that was given back, and none was".to_owned());
    }
    let (charged, _) = sum(lines.iter().filter(|line| !line.is_credit()), amounts, currency)?;
    if charged < Decimal::ZERO {
        return Err(format!("the lines add up to {charged} {currency}; a total must not be negative"));
    }
    sum(lines.iter(), amounts, currency)
}

fn sum<'a>(
    lines: impl Iterator<Item = &'a Line> + Clone,
    amounts: Amounts,
    currency: Currency,
) -> Result<(Decimal, Vec<TaxTotal>), String> {
    let taxes = tax::totals(lines.clone().map(|line| (line.taxes.as_slice(), line.amount)), amounts, currency);
    let on_top = taxes.iter().filter(|_| !amounts.includes_tax()).map(|total| total.amount);
    let total = lines
        .map(|line| line.amount)
        .chain(on_top)
        .try_fold(Decimal::ZERO, Decimal::checked_add)
        .ok_or("the lines add up to more than a decimal can hold")?;
    Ok((currency.round(total), taxes))
}

/// The times of these periods.
/// Times of one line.
const MOST_SPANS: usize = 96;

fn spans(wanted: &[u32], periods: &[PricingPeriod]) -> Result<Vec<Span>, String> {
    let mut wanted: Vec<u32> = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for at in wanted {
        let period = usize::try_from(at).ok().and_then(|at| periods.get(at));
        let period = period.ok_or_else(|| format!("there is no period {at}; the session has {}", periods.len()))?;
        match spans.last_mut().filter(|last| last.to == period.started_at) {
            Some(last) => last.to = period.ended_at,
            None => spans.push(Span { from: period.started_at, to: period.ended_at }),
        }
    }
    match &spans[..] {
        [first, .., last] if spans.len() > MOST_SPANS => Ok(vec![Span { from: first.from, to: last.to }]),
        _ => Ok(spans),
    }
}

impl OutputLine {
    /// Languages of one line, beside the operator's.
    pub const MAX_LANGUAGES: usize = 8;
    /// The code of a line for energy that was given back, where it names no component.
    pub const EXPORT: &str = "export";

    /// As it is printed on a bill.
    fn fit(self) -> Self {
        let texts = self.texts.into_iter().map(|(tag, text)| (tag, fit(text))).collect();
        let taxes = self
            .taxes
            .into_iter()
            .map(|tax| Tax { name: fit(tax.name), category: tax.category.map(fit), ..tax })
            .collect();
        let (code, description, unit) = (fit(self.code), fit(self.description), self.unit.map(fit));
        Self { code, description, unit, taxes, texts, ..self }
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
        Tax::validate(&self.taxes)?;
        check_texts(&self.texts, MAX_TEXT)
    }

    fn round(self, currency: Currency, during: Vec<Span>, gave_back: bool) -> Line {
        Line {
            description: self.description,
            quantity: self.quantity,
            unit: self.unit,
            unit_price: self.unit_price,
            amount: currency.round(self.amount),
            unrounded: self.amount,
            // Components of the contract are a closed set that cannot say it: the code does.
            component: self.component.or((gave_back && self.code == Self::EXPORT).then_some(Component::Export)),
            code: self.code,
            taxes: self.taxes,
            texts: self.texts,
            during,
        }
    }
}

/// Texts by language. The error is for the unit's author.
pub(crate) fn check_texts(texts: &BTreeMap<String, String>, most: usize) -> Result<(), String> {
    if texts.len() > OutputLine::MAX_LANGUAGES {
        let most = OutputLine::MAX_LANGUAGES;
        return Err(format!("texts in {} languages; at most {most} are accepted", texts.len()));
    }
    for (tag, text) in texts {
        let is_tag = (2..=MAX_TAG).contains(&tag.len())
            && tag.split('-').all(|part| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_alphanumeric()));
        if !is_tag {
            let tag: String = tag.chars().take(MAX_TAG).collect();
            return Err(format!("{tag:?} is no language; a tag of BCP 47 is: `de`, `pt-BR`"));
        }
        if text.len() > most {
            return Err(format!("the text in {tag} is longer than {most} bytes"));
        }
    }
    Ok(())
}

impl Line {
    /// What is paid for energy that was given back.
    pub fn is_credit(&self) -> bool {
        self.component == Some(Component::Export) && self.amount < Decimal::ZERO
    }

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
            component: line.component,
            taxes: line.taxes.clone(),
            texts: line.texts.clone(),
            periods: Vec::new(),
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
                ..OutputLine::default()
            };
            let currency = currency.parse().unwrap();
            let line = line.round(currency, Vec::new(), false);
            assert_eq!(line.contradicts_itself(currency), contradicts, "{quantity} x {unit_price} = {amount}");
        }
    }
}
