//! `amprule:facts/money`: the host's rounding, so that a plugin's cap is held against what the bill will show.

use amprule_domain::{Currency, Decimal};
use wasmtime::component::{HasSelf, Linker};

use crate::sandbox::Sandbox;
use crate::v1::bindings::amprule::facts::money::{self as wit, Host};
use crate::v1::bindings::amprule::types::types;

pub(crate) const MONEY: &str = "amprule:facts/money";

/// It has nothing of its own.
pub(crate) struct Money;

pub(crate) fn link(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, HasSelf<Money>>(linker, |sandbox: &mut Sandbox| &mut sandbox.money)
}

impl Host for Money {
    fn round(&mut self, amount: types::Decimal, currency: String) -> Result<types::Decimal, String> {
        self.total(vec![amount], currency)
    }

    fn total(&mut self, amounts: Vec<types::Decimal>, currency: String) -> Result<types::Decimal, String> {
        let currency: Currency = currency.parse().map_err(|why| format!("{why}"))?;
        if !currency.is_money() {
            return Err(format!("{currency} is no currency of ISO 4217"));
        }
        let total = amounts.into_iter().try_fold(Decimal::ZERO, |sum, amount| {
            let types::Decimal { coefficient, scale } = amount;
            let amount = Decimal::try_from_i128_with_scale(coefficient.into(), scale.into());
            let amount = amount.map_err(|_| format!("an amount with a scale of {scale}; at most 28"))?;
            sum.checked_add(currency.round(amount)).ok_or_else(|| "the sum is too large".to_owned())
        })?;
        let total = currency.round(total);
        match (i64::try_from(total.mantissa()), u8::try_from(total.scale())) {
            (Ok(coefficient), Ok(scale)) => Ok(types::Decimal { coefficient, scale }),
            _ => Err("the sum is too large".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(amounts: &[(i64, u8)], currency: &str) -> Result<(i64, u8), String> {
        let amounts =
            amounts.iter().map(|(coefficient, scale)| types::Decimal { coefficient: *coefficient, scale: *scale });
        Money.total(amounts.collect(), currency.to_owned()).map(|total| (total.coefficient, total.scale))
    }

    #[test]
    fn a_total_is_that_of_the_bill() {
        assert_eq!(total(&[(4, 3), (4, 3), (4, 3)], "EUR"), Ok((0, 2)));
        assert_eq!(total(&[(5, 3), (-5, 3), (10_005, 3)], "EUR"), Ok((1001, 2)));
        assert_eq!(total(&[(1_500, 3)], "JPY"), Ok((2, 0)));
        assert_eq!(total(&[], "KWD"), Ok((0, 3)));
    }

    #[test]
    fn what_is_no_money_is_told() {
        for (amounts, currency, says) in [
            (&[(1, 2)][..], "euro", "is not a currency"),
            (&[(1, 2)], "XXX", "no currency of ISO 4217"),
            (&[(1, 29)], "EUR", "a scale of 29"),
            (&[(i64::MAX, 0), (i64::MAX, 0)], "EUR", "too large"),
        ] {
            assert!(total(amounts, currency).is_err_and(|why| why.contains(says)), "{amounts:?} {currency}");
        }
    }
}
