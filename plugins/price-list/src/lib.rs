//! Prices by the driver's group, from a list: a price per kWh, one per minute that the car only stands there, and a fee for
//! each session. An empty cell is no such price.
//!
//! The list is a table of the plugin, `tables/prices.csv`. Whoever changes it changes no code, and sessions that run keep the
//! prices that they began with.

use amprule_plugin_sdk::tables::{self, Row};
use amprule_plugin_sdk::{
    ChargingState, Component, Conditions, Decimal, Element, Offer, OfferInput, Offering, Parameter, Parameters,
    Pricing, PricingInput, PricingLine, PricingOutput, Problem, TokenFacts, export_offer, export_pricing,
};

struct PriceList;

impl Pricing for PriceList {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        let Prices { energy, idle, session } = Prices::of(input.token.as_ref(), &input.parameters)?;

        let lines = [
            PricingLine::metered("energy", "Energy", input.session.energy_kwh(), "kWh", energy)
                .component(Component::Energy),
            PricingLine::metered("idle", "Parking after charging", idle_minutes(&input), "min", idle)
                .component(Component::IdleTime),
            PricingLine::flat("session", "Session fee", session).component(Component::Fixed),
        ];
        let lines: Vec<_> = lines.into_iter().filter(|line| !line.amount.is_zero()).collect();
        Ok(PricingOutput::new(input.parameters.text("currency")?, lines))
    }
}

impl Offering for PriceList {
    /// The same, as drivers of the token's group are told it before they start.
    fn describe(input: OfferInput) -> Result<Offer, Problem> {
        let Prices { energy, idle, session } = Prices::of(input.token.as_ref(), &input.parameters)?;

        let elements = [
            Element::new(Component::Energy, energy),
            Element { step: Some(60), ..Element::new(Component::IdleTime, idle).per_minute().when(full_minutes()) },
            Element::new(Component::Fixed, session),
        ];
        let elements: Vec<_> = elements.into_iter().filter(|element| !element.price.is_zero()).collect();
        Ok(Offer::new(input.parameters.text("currency")?, elements))
    }
}

/// Of full minutes alone: a step rounds up, so it begins a second before the first minute is full.
fn full_minutes() -> Conditions {
    Conditions { from_idle_s: Some(59), ..Conditions::none() }
}

struct Prices {
    energy: Decimal,
    idle: Decimal,
    session: Decimal,
}

impl Prices {
    /// Those of the token's group, or of all others.
    fn of(token: Option<&TokenFacts>, parameters: &[Parameter]) -> Result<Self, Problem> {
        let others = parameters.text("others")?;
        let group = token.and_then(|token| token.group.as_deref()).unwrap_or(others);
        let row = match tables::find("prices", group)? {
            Some(row) => row,
            None => tables::find("prices", others)?
                .ok_or_else(|| Problem::missing(format!("the list has no row {others:?}")))?,
        };
        let price = |column| price(&row, column);
        Ok(Self { energy: price("energy_price")?, idle: price("idle_price")?, session: price("session_fee")? })
    }
}

fn price(row: &Row, column: &str) -> Result<Decimal, String> {
    if row.is_empty(column) { Ok(Decimal::ZERO) } else { row.decimal(column) }
}

/// Whole minutes.
fn idle_minutes(input: &PricingInput) -> Decimal {
    let idle = input.periods.iter().filter(|period| period.state == ChargingState::Idle);
    Decimal::from(idle.map(|period| period.duration_s).sum::<i64>() / 60)
}

export_pricing!(PriceList);
export_offer!(PriceList);
