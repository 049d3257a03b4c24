//! A price per kWh and a fee for each idle minute, in Rust: what its neighbours do in their languages.

use amprule_plugin_sdk::{
    Component, Decimal, Element, Offer, OfferInput, Offering, Parameters, Pricing, PricingInput, PricingLine,
    PricingOutput, Problem, Tax, export_offer, export_pricing,
};

struct IdleFee;

impl Pricing for IdleFee {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let energy_price = input.parameters.decimal("energy_price")?;
        let mut lines = vec![energy_line(input.session.energy_wh, energy_price)];

        let idle = input.periods.iter().filter(|period| period.is_idle());
        let seconds: i64 = idle.map(|period| period.duration_s).sum();
        if seconds > 0 {
            lines.push(idle_line(seconds, input.parameters.decimal("idle_price")?)?);
        }
        let taxes = taxes(input.parameters.decimal("vat")?);
        lines.iter_mut().for_each(|line| line.taxes.clone_from(&taxes));
        Ok(PricingOutput::new(input.parameters.text("currency")?, lines))
    }
}

impl Offering for IdleFee {
    /// The same, as drivers are told it before they start.
    fn describe(input: OfferInput) -> Result<Offer, Problem> {
        let taxes = taxes(input.parameters.decimal("vat")?);
        let mut elements = [
            Element::new(Component::Energy, input.parameters.decimal("energy_price")?),
            Element::new(Component::IdleTime, input.parameters.decimal("idle_price")?).per_minute(),
        ];
        elements.iter_mut().for_each(|element| element.taxes.clone_from(&taxes));
        Ok(Offer::new(input.parameters.text("currency")?, elements))
    }
}

/// The scales are added and never shortened, so that every language writes the same digits.
fn energy_line(energy_wh: Decimal, price: Decimal) -> PricingLine {
    let energy = Decimal::new(energy_wh.coefficient, energy_wh.scale + 3);
    PricingLine::metered("energy", "Energy", energy, "kWh", price).component(Component::Energy)
}

/// A sixtieth has no end in decimals, so the amount is cut; the host rounds to the currency's unit.
fn idle_line(seconds: i64, per_minute: Decimal) -> Result<PricingLine, String> {
    let product = per_minute.coefficient.checked_mul(seconds).and_then(|product| product.checked_mul(1_000_000));
    let coefficient = product.ok_or("the idle fee does not fit 64 bits")? / 60;
    let amount = Decimal::new(coefficient, per_minute.scale + 6);
    let mut line = PricingLine::flat("idle", "Idle time", amount).component(Component::IdleTime);
    (line.quantity, line.unit) = (Some(Decimal::from(seconds)), Some("s".to_owned()));
    Ok(line)
}

fn taxes(vat: Decimal) -> Vec<Tax> {
    vec![Tax { name: "VAT".to_owned(), percent: vat, category: Some("S".to_owned()) }]
}

export_pricing!(IdleFee);
export_offer!(IdleFee);
