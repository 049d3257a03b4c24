//! Prices with their taxes and without.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Element;
use super::validate::DECIMALS;
use crate::tax::{Amounts, Tax};

/// Of a price that is converted: enough for the way back to give the price again.
pub(super) const CONVERTED_DECIMALS: u32 = 10;

/// What an amount is multiplied by to have these taxes in it. Each is of the net amount.
pub(super) fn factor(taxes: &[Tax]) -> Decimal {
    Decimal::ONE + percent(taxes) / Decimal::ONE_HUNDRED
}

pub(super) fn percent(taxes: &[Tax]) -> Decimal {
    taxes.iter().map(|tax| tax.percent).sum()
}

/// Never less than it is.
pub(super) fn up(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::AwayFromZero)
}

impl Element {
    /// What the driver pays for a unit of it: per kWh, per hour, per session.
    pub(super) fn gross(&self, amounts: Amounts) -> Decimal {
        let units = Decimal::from(3_600 / self.per.seconds());
        let price = if self.is_time() { self.price * units } else { self.price };
        if amounts.includes_tax() { price } else { price * factor(&self.taxes) }
    }

    /// Sets what the driver pays for a unit of it, or a little more.
    pub(super) fn set_gross(&mut self, gross: Decimal, amounts: Amounts) {
        let price = if amounts.includes_tax() { gross } else { gross / factor(&self.taxes) };
        let units = Decimal::from(3_600 / self.per.seconds());
        self.price = up(if self.is_time() { price / units } else { price }, DECIMALS);
    }

    /// The price without its taxes: per kWh, per so many seconds, per session.
    pub(super) fn net(&self, amounts: Amounts, seconds: i64) -> Decimal {
        let tax = if amounts.includes_tax() { factor(&self.taxes) } else { Decimal::ONE };
        self.convert(tax, seconds)
    }

    /// The price as it is, per so many seconds.
    pub(super) fn as_said(&self, seconds: i64) -> Decimal {
        self.convert(Decimal::ONE, seconds)
    }

    fn convert(&self, tax: Decimal, seconds: i64) -> Decimal {
        let (to, from) = if self.is_time() { (seconds, self.per.seconds()) } else { (1, 1) };
        up(self.price * Decimal::from(to) / (Decimal::from(from) * tax), CONVERTED_DECIMALS).normalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Component;
    use crate::offer::{Conditions, Per};

    #[test]
    fn the_way_back_gives_the_price_again() {
        for price in ["0", "0.000001", "0.49", "0.59", "0.333333", "1", "5.00", "123456.789", "1000000"] {
            for percent in ["0", "5.5", "7", "8.1", "8.875", "19", "25", "99.999999"] {
                let price: Decimal = price.parse().unwrap();
                let taxes = vec![Tax { percent: percent.parse().unwrap(), ..Tax::default() }];
                let (component, per, when) = (Component::IdleTime, Per::Hour, Conditions::default());
                let element = Element { component, price, per, step: None, taxes, when };
                let net = element.net(Amounts::IncludingTax, 60);
                let back = net * Decimal::from(60) * factor(&element.taxes);
                assert!(back >= price, "{price} with {percent} % is {net}");
                assert_eq!(back.round_dp(DECIMALS), price, "{price} with {percent} % is {net}");
            }
        }
    }
}
