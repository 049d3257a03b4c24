//! A price per kWh by day, a cheaper one by night, and a cap on the whole.
//!
//! The night is a window of the station's local clock. `plugin.toml` names its ends as boundaries, so the runtime
//! cuts the session there, also on the days when the clocks change; what is left to do is to look at each period's
//! start.

use amprule_plugin_sdk::{
    Component, Conditions, Decimal, Element, Offer, OfferInput, Offering, Parameters, Pricing, PricingInput,
    PricingLine, PricingOutput, Problem, export_offer, export_pricing,
};

struct NightRate;

impl Pricing for NightRate {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let parameters = &input.parameters;
        let (from, to) = (parameters.time("night_from")?, parameters.time("night_to")?);
        let (day_price, night_price) = (parameters.decimal("day_price")?, parameters.decimal("night_price")?);
        let cap = parameters.decimal("cap")?;

        let (mut day, mut night) = (Decimal::ZERO, Decimal::ZERO);
        for period in &input.periods {
            let energy = if period.is_within(from, to) { &mut night } else { &mut day };
            *energy += period.energy_wh;
        }

        let mut output = PricingOutput::new(parameters.text("currency")?, []);
        add_energy(&mut output, "energy", "Energy by day", day, day_price);
        add_energy(&mut output, "energy-night", "Energy by night", night, night_price);
        if cap.is_positive() {
            output.cap(cap, "Cap on the session");
        }
        Ok(output)
    }
}

fn add_energy(output: &mut PricingOutput, code: &str, description: &str, energy_wh: Decimal, price: Decimal) {
    if !energy_wh.is_zero() {
        let line = PricingLine::metered(code, description, energy_wh.thousandth(), "kWh", price);
        output.lines.push(line.component(Component::Energy));
    }
}

impl Offering for NightRate {
    /// The same, as drivers are told it before they start.
    fn describe(input: OfferInput) -> Result<Offer, Problem> {
        let parameters = &input.parameters;
        let night = Conditions::between(parameters.time("night_from")?, parameters.time("night_to")?);
        let price = |name| Ok::<_, Problem>(Element::new(Component::Energy, parameters.decimal(name)?));

        let elements = [price("night_price")?.when(night), price("day_price")?];
        let mut offer = Offer::new(parameters.text("currency")?, elements);
        offer.cap = Some(parameters.decimal("cap")?).filter(|cap| cap.is_positive());
        Ok(offer)
    }
}

export_pricing!(NightRate);
export_offer!(NightRate);
