//! Constructors and conversions that nearly every tariff needs.

use crate::currency::as_billed;
use crate::{
    Amounts, ChargingState, Component, Date, Decimal, Period, PricePurpose, PricingLine, PricingOutput, SessionFacts,
    Tax, Translation,
};

impl PricingOutput {
    /// A price of these lines, in that ISO 4217 currency.
    pub fn new(currency: impl Into<String>, lines: impl Into<Vec<PricingLine>>) -> Self {
        let (currency, lines) = (currency.into(), lines.into());
        Self { currency, amounts: Amounts::IncludingTax, lines, next_change_at: None }
    }

    /// What the bill will show as the sum of the lines so far, to compare with a minimum or a cap: each line is rounded.
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(|line| as_billed(line.amount, &self.currency)).sum()
    }

    /// Adds a negative line when the lines add up to more than `most`; where taxes come on top, without them.
    pub fn cap(&mut self, most: Decimal, description: &str) {
        let total = self.total();
        if total > most {
            self.adjust("cap", description, most - total);
        }
    }

    /// Adds a line for the difference when the lines add up to less than `least`.
    pub fn at_least(&mut self, least: Decimal, description: &str) {
        let total = self.total();
        if total < least {
            self.adjust("minimum", description, least - total);
        }
    }

    /// Taxed as the lines so far, when they are all taxed alike.
    fn adjust(&mut self, code: &str, description: &str, amount: Decimal) {
        let mut line = PricingLine::flat(code, description, amount).component(Component::Adjustment);
        if let Some((first, others)) = self.lines.split_first()
            && others.iter().all(|other| is_taxed_alike(other, first))
        {
            line.taxes.clone_from(&first.taxes);
        }
        self.lines.push(line);
    }
}

fn is_taxed_alike(one: &PricingLine, other: &PricingLine) -> bool {
    let taxes = |line: &PricingLine| line.taxes.iter().map(|tax| (tax.name.clone(), tax.percent)).collect::<Vec<_>>();
    taxes(one) == taxes(other)
}

impl PricingLine {
    /// `quantity` of `unit` at `unit_price` each.
    pub fn metered(code: &str, description: &str, quantity: Decimal, unit: &str, unit_price: Decimal) -> Self {
        Self {
            quantity: Some(quantity),
            unit: Some(unit.to_owned()),
            unit_price: Some(unit_price),
            ..Self::flat(code, description, quantity * unit_price)
        }
    }

    /// What is paid for energy that the vehicle gave back ([`crate::facts::exported_kwh`]), at so much for each kWh: the amount is below
    /// zero, and so may be the total. Add it behind a cap or a minimum, which are about what is charged.
    pub fn export(description: &str, kwh: Decimal, per_kwh: Decimal) -> Self {
        Self::metered("export", description, kwh, "kWh", -per_kwh)
    }

    /// An amount without a quantity. Negative for a discount.
    pub fn flat(code: &str, description: &str, amount: Decimal) -> Self {
        Self {
            code: code.to_owned(),
            description: description.to_owned(),
            quantity: None,
            unit: None,
            unit_price: None,
            amount,
            component: None,
            taxes: Vec::new(),
            translations: Vec::new(),
            periods: Vec::new(),
        }
    }

    /// What it is for: roaming and tariffs on stations sort by it.
    #[must_use]
    pub fn component(self, component: Component) -> Self {
        Self { component: Some(component), ..self }
    }

    /// With a tax, in percent of the net amount. A line may have several.
    #[must_use]
    pub fn taxed(mut self, name: &str, percent: Decimal) -> Self {
        self.taxes.push(Tax { name: name.to_owned(), percent, category: None });
        self
    }

    /// The description in another language, by its tag: `de`, `pt-BR`.
    #[must_use]
    pub fn translated(mut self, language: &str, text: &str) -> Self {
        self.translations.push(Translation { language: language.to_owned(), text: text.to_owned() });
        self
    }
}

impl PricePurpose {
    /// A bill is made of the answer.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Final | Self::Correction)
    }
}

impl std::fmt::Display for Date {
    /// As tables have it: `2026-11-21`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl SessionFacts {
    pub fn energy_kwh(&self) -> Decimal {
        self.energy_wh.thousandth()
    }
}

impl Period {
    pub fn energy_kwh(&self) -> Decimal {
        self.energy_wh.thousandth()
    }

    pub fn is_idle(&self) -> bool {
        matches!(self.state, ChargingState::Idle)
    }

    /// True when the period lies in the daily window `from..to`, in minutes of the local day. A window may pass
    /// midnight: 1320 to 360 is 22:00 to 06:00. Equal ends are an empty window.
    ///
    /// Name both ends as `boundaries` in `plugin.toml`, so that no period crosses them.
    pub fn is_within(&self, from: u16, to: u16) -> bool {
        let minute = self.minute_of_day;
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}
