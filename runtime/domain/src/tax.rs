//! Taxes on the lines of a bill.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// One tax on a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tax {
    /// For people: `VAT`, `MwSt.`, `GST`. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// In percent of the net amount: 19 is 19 %.
    pub percent: Decimal,
    /// Which kind of supply it is, a code of EN 16931 (UNCL 5305): `S`, `Z`, `E`, `AE`, `O`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// Whether amounts have their taxes in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Amounts {
    /// As drivers are told prices in Europe. The taxes are taken out of them.
    #[default]
    IncludingTax,
    /// As in North America. The taxes come on top of them.
    ExcludingTax,
}

/// What one tax comes to over all lines of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxTotal {
    #[serde(flatten)]
    pub tax: Tax,
    /// What it is a part of: the lines without any tax.
    pub net: Decimal,
    pub amount: Decimal,
}

impl Tax {
    /// On one line.
    pub const MOST: usize = 4;
    pub const MAX_NAME: usize = 50;
    pub const MAX_CATEGORY: usize = 8;

    /// The error is for the unit's author.
    pub(crate) fn validate(taxes: &[Self]) -> Result<(), String> {
        if taxes.len() > Self::MOST {
            return Err(format!("{} taxes; at most {} are accepted", taxes.len(), Self::MOST));
        }
        for Self { name, percent, category } in taxes {
            if category.as_ref().is_some_and(|code| code.is_empty() || code.len() > Self::MAX_CATEGORY) {
                return Err(format!("a tax's category has 1 to {} bytes: S, Z, E, AE, O", Self::MAX_CATEGORY));
            }
            if name.len() > Self::MAX_NAME {
                return Err(format!("a tax's name is longer than {} bytes", Self::MAX_NAME));
            }
            if percent.is_sign_negative() || *percent > Decimal::ONE_HUNDRED || percent.scale() > 6 {
                return Err(format!("a tax of {percent} %; 0 to 100 with at most 6 decimals are accepted"));
            }
        }
        Ok(())
    }
}

impl Amounts {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IncludingTax => "including-tax",
            Self::ExcludingTax => "excluding-tax",
        }
    }

    /// Not said, as long as nobody says it.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub const fn includes_tax(self) -> bool {
        matches!(self, Self::IncludingTax)
    }
}

/// The taxes of lines, each with its rounded amount: per set of taxes over the sum of its lines, as invoices have it
/// (EN 16931, BR-CO-17), not line by line. Lines without a tax have no part in it.
pub(crate) fn totals<'a>(
    lines: impl Iterator<Item = (&'a [Tax], Decimal)>,
    amounts: Amounts,
    currency: Currency,
) -> Vec<TaxTotal> {
    let mut sums: BTreeMap<&[Tax], Decimal> = BTreeMap::new();
    for (taxes, amount) in lines.filter(|(taxes, _)| !taxes.is_empty()) {
        let sum = sums.entry(taxes).or_default();
        *sum = sum.saturating_add(amount);
    }
    sums.into_iter().flat_map(|(taxes, sum)| of_set(taxes, sum, amounts, currency)).collect()
}

fn of_set(taxes: &[Tax], sum: Decimal, amounts: Amounts, currency: Currency) -> Vec<TaxTotal> {
    let percent: Decimal = taxes.iter().map(|tax| tax.percent).sum();
    let net = match amounts {
        Amounts::ExcludingTax => currency.round(sum),
        Amounts::IncludingTax => currency.round(sum * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + percent)),
    };
    let part = |tax: &Tax| currency.round(net * tax.percent / Decimal::ONE_HUNDRED);
    let mut totals: Vec<_> = taxes.iter().map(|tax| TaxTotal { tax: tax.clone(), net, amount: part(tax) }).collect();
    if let (Amounts::IncludingTax, Some((last, others))) = (amounts, totals.split_last_mut()) {
        let of_others: Decimal = others.iter().map(|total| total.amount).sum();
        last.amount = currency.round(sum - net - of_others);
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(taxes, amount)` of lines, then `(percent, net, amount)` of totals.
    fn check(amounts: Amounts, lines: &[(&[&str], &str)], expect: &[(&str, &str, &str)]) {
        let number = |text: &&str| text.parse::<Decimal>().expect("a number");
        let taxes = |percents: &[&str]| -> Vec<Tax> {
            percents.iter().map(|percent| Tax { percent: number(percent), ..Tax::default() }).collect()
        };
        let lines: Vec<(Vec<Tax>, Decimal)> =
            lines.iter().map(|(percents, amount)| (taxes(percents), number(amount))).collect();
        let found = totals(lines.iter().map(|(taxes, amount)| (taxes.as_slice(), *amount)), amounts, Currency::EUR);
        let found: Vec<_> = found.iter().map(|total| (total.tax.percent, total.net, total.amount)).collect();
        let expect: Vec<_> = expect.iter().map(|(p, n, a)| (number(p), number(n), number(a))).collect();
        assert_eq!(found, expect, "{amounts:?} {lines:?}");
    }

    #[test]
    fn taxes_are_rounded_over_all_lines_that_have_them() {
        use Amounts::{ExcludingTax, IncludingTax};
        check(IncludingTax, &[(&["19"], "11.90")], &[("19", "10.00", "1.90")]);
        // Line by line it would be 0.16 three times.
        check(IncludingTax, &[(&["19"], "1.00"), (&["19"], "1.00"), (&["19"], "1.00")], &[("19", "2.52", "0.48")]);
        check(ExcludingTax, &[(&["19"], "0.33"), (&["19"], "0.33"), (&["19"], "0.33")], &[("19", "0.99", "0.19")]);
        check(
            IncludingTax,
            &[(&["19"], "11.90"), (&["7"], "10.70")],
            &[("7", "10.00", "0.70"), ("19", "10.00", "1.90")],
        );
        check(IncludingTax, &[(&["19"], "11.90"), (&[], "5.00")], &[("19", "10.00", "1.90")]);
        check(IncludingTax, &[(&["19"], "11.90"), (&["19"], "-11.90")], &[("19", "0.00", "0.00")]);
    }

    #[test]
    fn several_taxes_on_one_line_are_each_of_the_net_amount_and_add_up() {
        use Amounts::{ExcludingTax, IncludingTax};
        check(ExcludingTax, &[(&["5", "9.975"], "100.00")], &[("5", "100.00", "5.00"), ("9.975", "100.00", "9.98")]);
        check(IncludingTax, &[(&["5", "9.975"], "114.98")], &[("5", "100.00", "5.00"), ("9.975", "100.00", "9.98")]);
        check(IncludingTax, &[(&["6", "6"], "0.10")], &[("6", "0.09", "0.01"), ("6", "0.09", "0.00")]);
    }

    #[test]
    fn a_tax_of_zero_is_one() {
        check(Amounts::IncludingTax, &[(&["0"], "10.00")], &[("0", "10.00", "0.00")]);
    }
}
