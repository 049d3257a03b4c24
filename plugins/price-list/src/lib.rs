//! Prices by the driver's group, from a list: a price per kWh, one per minute that the car only stands there, and a fee for
//! each session. An empty cell is no such price.
//!
//! The list is a table of the plugin, `tables/prices.csv`. Whoever changes it changes no code, and sessions that run keep the
//! prices that they began with.

use amprule_plugin_sdk::{
    ChargingState, Component, Decimal, Parameters, Pricing, PricingInput, PricingLine, PricingOutput, Problem,
    export_pricing, tables,
};

struct PriceList;

impl Pricing for PriceList {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let others = input.parameters.text("others")?;
        let group = input.token.as_ref().and_then(|token| token.group.as_deref()).unwrap_or(others);
        let row = match tables::find("prices", group)? {
            Some(row) => row,
            None => tables::find("prices", others)?
                .ok_or_else(|| Problem::missing(format!("the list has no row {others:?}")))?,
        };
        let price = |column| if row.is_empty(column) { Ok(Decimal::ZERO) } else { row.decimal(column) };

        let lines = [
            PricingLine::metered("energy", "Energy", input.session.energy_kwh(), "kWh", price("energy_price")?)
                .component(Component::Energy),
            PricingLine::metered("idle", "Parking after charging", idle_minutes(&input), "min", price("idle_price")?)
                .component(Component::IdleTime),
            PricingLine::flat("session", "Session fee", price("session_fee")?).component(Component::Fixed),
        ];
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.amount.is_zero()).collect();
        Ok(PricingOutput::new(input.parameters.text("currency")?, lines))
    }
}

/// Whole minutes.
fn idle_minutes(input: &PricingInput) -> Decimal {
    let idle = input.periods.iter().filter(|period| period.state == ChargingState::Idle);
    Decimal::from(idle.map(|period| period.duration_s).sum::<i64>() / 60)
}

export_pricing!(PriceList);
