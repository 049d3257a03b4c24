//! A price per kWh and a fee for each idle minute, in Rust: what its neighbours do in their languages.

use amprule_plugin_sdk::{
    Component, Decimal, Parameters, Pricing, PricingInput, PricingLine, PricingOutput, Problem, export_pricing,
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
        let vat = input.parameters.decimal("vat")?;
        let lines: Vec<_> = lines.into_iter().map(|line| line.taxed("VAT", vat)).map(standard_rate).collect();
        Ok(PricingOutput::new(input.parameters.text("currency")?, lines))
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

fn standard_rate(mut line: PricingLine) -> PricingLine {
    line.taxes.iter_mut().for_each(|tax| tax.category = Some("S".to_owned()));
    line
}

export_pricing!(IdleFee);
