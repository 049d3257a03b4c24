//! A tariff that turns on the stations whose names say how, and prices all others fairly.

use std::hint::black_box;

use amprule_plugin_sdk::{Decimal, Pricing, PricingInput, PricingLine, PricingOutput, Problem, export_pricing};

struct Hostile;

impl Pricing for Hostile {
    fn price(input: PricingInput) -> Result<PricingOutput, Problem> {
        match input.station.id.strip_prefix("evil-") {
            None => Ok(fair(&input)),
            Some("loop") => endless(),
            Some("bomb") => Ok(PricingOutput::new("EUR", hoard())),
            Some("recursion") => Ok(PricingOutput::new("EUR", [flat(&deep(1).to_string())])),
            Some("trap") => panic!("on purpose"),
            Some("huge") => Ok(PricingOutput::new("EUR", vec![flat(&"x".repeat(1_000)); 5_000])),
            Some("shape") => Ok(PricingOutput::new("no currency", [flat("x")])),
            Some(_) => Err(Problem::failed("I do not want to")),
        }
    }
}

fn fair(input: &PricingInput) -> PricingOutput {
    let price = Decimal::new(40, 2);
    PricingOutput::new("EUR", [PricingLine::metered("energy", "Energy", input.session.energy_kwh(), "kWh", price)])
}

fn flat(description: &str) -> PricingLine {
    PricingLine::flat("x", description, Decimal::new(1, 0))
}

fn endless() -> ! {
    let mut turns: u64 = 0;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes memory until there is none.
fn hoard() -> Vec<PricingLine> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![7; 1 << 20]));
    }
}

/// Never the last call, so that no compiler makes a loop of it.
#[expect(unconditional_recursion, reason = "that is what this is for")]
fn deep(level: u64) -> u64 {
    let room = black_box([level; 64]);
    deep(level + 1) + room[usize::try_from(level % 64).unwrap_or(0)]
}

export_pricing!(Hostile);
