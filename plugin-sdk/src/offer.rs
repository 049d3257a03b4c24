//! Constructors for what a tariff says that it charges.

use crate::{Amounts, Component, Conditions, Decimal, Element, Offer, Per, Tax, Translation};

impl Offer {
    /// These elements, whose prices have their taxes in them.
    pub fn new(currency: impl Into<String>, elements: impl Into<Vec<Element>>) -> Self {
        Self {
            currency: currency.into(),
            amounts: Amounts::IncludingTax,
            elements: elements.into(),
            minimum: None,
            cap: None,
            texts: Vec::new(),
            next_change_at: None,
        }
    }

    /// Your own words for drivers, by the language's tag.
    #[must_use]
    pub fn text(mut self, language: &str, text: &str) -> Self {
        self.texts.push(Translation { language: language.to_owned(), text: text.to_owned() });
        self
    }
}

impl Element {
    /// Always: per kWh, per hour, or once a session.
    pub fn new(component: Component, price: Decimal) -> Self {
        Self { component, price, per: Per::Hour, step: None, taxes: Vec::new(), when: Conditions::none() }
    }

    /// A price of time for each minute.
    #[must_use]
    pub fn per_minute(self) -> Self {
        Self { per: Per::Minute, ..self }
    }

    /// Only then.
    #[must_use]
    pub fn when(self, when: Conditions) -> Self {
        Self { when, ..self }
    }

    /// With a tax, in percent of the net amount.
    #[must_use]
    pub fn taxed(mut self, name: &str, percent: Decimal) -> Self {
        self.taxes.push(Tax { name: name.to_owned(), percent, category: None });
        self
    }
}

impl Conditions {
    /// Always. Change what you need: `Conditions { from_idle_s: Some(600), ..Conditions::none() }`.
    pub const fn none() -> Self {
        Self {
            weekdays: Vec::new(),
            from_minute: None,
            until_minute: None,
            from_date: None,
            until_date: None,
            from_wh: None,
            until_wh: None,
            from_s: None,
            until_s: None,
            from_idle_s: None,
            until_idle_s: None,
            from_w: None,
            until_w: None,
        }
    }

    /// From this minute of the local day until before that one; it may pass midnight.
    pub fn between(from: u16, until: u16) -> Self {
        Self { from_minute: Some(from), until_minute: Some(until), ..Self::none() }
    }
}
