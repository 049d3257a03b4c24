//! So much for each kilowatt-hour, and something for staying connected when charging is over.

use amprule_plugin_sdk::{
    Component, Conditions, Decimal, Element, Offer, OfferInput, Offering, Parameters, Pricing, PricingInput,
    PricingLine, PricingOutput, Problem, export_offer, export_pricing,
};

struct Tariff;

impl Pricing for Tariff {
    /// The input is all there is to know: no clock, no files, no memory of other calls. Numbers are exact; each line
    /// is rounded to the currency's minor unit when the plugin has returned. An `Err` says why there is no price.
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let currency = input.parameters.text("currency")?;
        let energy_price = input.parameters.decimal("energy_price")?;
        let idle_fee = input.parameters.decimal("idle_fee")?;
        let grace = input.parameters.integer("idle_grace_minutes")?;

        let idle = input.periods.iter().filter(|period| period.is_idle());
        let idle_minutes = idle.map(|period| period.duration_s).sum::<i64>() / 60;

        let mut lines = vec![PricingLine::metered("energy", "Energy", input.session.energy_kwh(), "kWh", energy_price)];
        if idle_minutes > grace {
            let paid = Decimal::from(idle_minutes - grace);
            lines.push(PricingLine::metered("idle", "Connected after charging", paid, "min", idle_fee));
        }
        Ok(PricingOutput::new(currency, lines))
    }
}

impl Offering for Tariff {
    /// What it charges, as drivers are told before they start: `amprule offer` holds it against `price` with some
    /// thousand sessions.
    fn describe(input: OfferInput) -> Result<Offer, Problem> {
        let currency = input.parameters.text("currency")?;
        let energy_price = input.parameters.decimal("energy_price")?;
        let idle_fee = input.parameters.decimal("idle_fee")?;
        let grace = input.parameters.integer("idle_grace_minutes")?;

        let mut elements = vec![Element::new(Component::Energy, energy_price)];
        if !idle_fee.is_zero() {
            let grace_s = u32::try_from(grace * 60).map_err(|error| error.to_string())?;
            let after = Conditions { from_idle_s: Some(grace_s), ..Conditions::none() };
            elements.push(Element::new(Component::IdleTime, idle_fee).per_minute().when(after));
        }
        Ok(Offer::new(currency, elements))
    }
}

export_pricing!(Tariff);
export_offer!(Tariff);
