//! What must hold for every tariff.

use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::pricing::{Parameters, PricingInput, PricingOutput};
use amprule_domain::{Currency, Decimal};
use amprule_hooks::Manifest;
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::inputs::Supplied as _;
use amprule_hooks::trial;
use serde_json::{Value, json};

use super::named::{Named, span};
use super::plan::{Plan, in_case};
use super::{Breach, PropertyReport, Runs, Tested, UnderTest, try_all};
use crate::rng::Rng;

type Property = (&'static str, &'static str, fn(&Tariff<'_>, &Plan) -> Option<Breach>);

const PROPERTIES: [Property; 7] = [
    ("answers", "every session gets a price, on days with a clock change too", answers),
    ("not-negative", "no total is negative", not_negative),
    ("adds-up", "lines add up to the total, and quantities times prices to their lines", adds_up),
    ("currency", "the currency stays the same", currency),
    (MONOTONIC, "more energy never costs less", monotonic),
    ("repeatable", "asked twice, it says the same", repeatable),
    ("cuttable", "more readings do not change the price", cuttable),
];
const MONOTONIC: &str = "monotonic";

/// A tariff, and what its inputs are made with.
struct Tariff<'u> {
    asked: &'u UnderTest<'u>,
    parameters: Parameters,
}

impl Tested for PricingInput {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport> {
        let tariff = Tariff { asked, parameters: usual_parameters(asked.source).into() };
        let named = Named::of(asked);
        let mut rng = Rng::new(runs.seed);
        let plans: Vec<Plan> = (0..runs.count).map(|_| Plan::draw(&mut rng, &named)).collect();
        let declared_off = |name| name == MONOTONIC && !asked.source.manifest.properties.monotonic;
        PROPERTIES
            .iter()
            .map(|&(name, says, breach)| {
                let plans: &[Plan] = if declared_off(name) { &[] } else { &plans };
                try_all((name, says), Hook::Pricing, plans, |plan| breach(&tariff, plan))
            })
            .collect()
    }
}

impl Tariff<'_> {
    fn input(&self, plan: &Plan) -> PricingInput {
        let Manifest { boundaries, inputs, .. } = &self.asked.source.manifest;
        plan.input(boundaries, &self.parameters).supplied(inputs)
    }

    fn output(&self, input: &PricingInput) -> Result<PricingOutput, Fault> {
        trial::returned(self.asked.unit, self.asked.granted, input).result
    }

    /// A session beyond its tables may have no price.
    fn covers(&self, input: &PricingInput) -> bool {
        span(self.asked.source).is_none_or(|(first, last)| first <= input.session.started_at && input.now <= last)
    }

    /// A price that stands; sessions without one are the matter of other properties.
    fn price(&self, input: &PricingInput) -> Option<trial::Checked<PricingInput>> {
        trial::ask(self.asked.unit, self.asked.granted, input).result.ok()
    }
}

fn answers(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let input = tariff.input(plan);
    if !tariff.covers(&input) {
        return None;
    }
    let why = match tariff.output(&input) {
        Ok(output) if sum(&output) < Decimal::ZERO => return None,
        Ok(_) => trial::ask(tariff.asked.unit, tariff.asked.granted, &input).result.err()?.to_string(),
        // The place, or the token, is not what it needs: it says so.
        Err(fault) if matches!(fault.class, FaultClass::Missing | FaultClass::NotApplicable) => return None,
        Err(fault) => fault.to_string(),
    };
    Some(breach(why, &input, json!({ "lines": [] })))
}

fn not_negative(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let input = tariff.input(plan);
    let output = tariff.output(&input).ok()?;
    let (sum, zero) = (sum(&output), output.currency.round(Decimal::ZERO));
    let why = || format!("the lines add up to {sum} {}", output.currency);
    (sum < Decimal::ZERO).then(|| breach(why(), &input, json!({ "total": zero.to_string() })))
}

fn adds_up(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let input = tariff.input(plan);
    let price = tariff.price(&input)?.stands;
    let lines = price.lines.iter().map(|line| line.amount).sum::<Decimal>() + price.tax_on_top();
    if lines != price.total {
        let why = format!("the lines add up to {lines}, the total is {}", price.total);
        return Some(breach(why, &input, json!({ "total": lines.to_string() })));
    }
    price.lines.iter().enumerate().find_map(|(at, line)| {
        let (quantity, unit_price) = (line.quantity?, line.unit_price?);
        let product = price.currency.round(quantity.checked_mul(unit_price)?);
        let why =
            || format!("line {at} ({}): {quantity} times {unit_price} is {product}, not {}", line.code, line.amount);
        (product != line.amount).then(|| {
            let expect = json!({ "lines": [{ "code": line.code, "amount": product.to_string() }] });
            breach(why(), &input, expect)
        })
    })
}

fn currency(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let usual: Currency = tariff.price(&tariff.input(&Plan::plain()))?.stands.currency;
    let input = tariff.input(plan);
    let got = tariff.price(&input)?.stands.currency;
    let why = || format!("this session is priced in {got}, a plain hour in {usual}");
    (got != usual).then(|| breach(why(), &input, json!({ "currency": usual })))
}

fn monotonic(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let (less, more) = (tariff.input(plan), tariff.input(&plan.with_more()?));
    let (cheap, dear) = (tariff.price(&less)?.stands, tariff.price(&more)?.stands);
    let why = || {
        format!(
            "{} cost {} {}, and {} more cost {}; `[properties] monotonic = false` in plugin.toml allows it",
            less.session.energy,
            cheap.total,
            cheap.currency,
            plan.more(),
            dear.total
        )
    };
    (dear.total < cheap.total).then(|| breach(why(), &more, json!({ "total": cheap.total.to_string() })))
}

fn repeatable(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let input = tariff.input(plan);
    let (first, second) = (tariff.price(&input)?, tariff.price(&input)?);
    let why = || format!("first {:?}, then {:?}", first.output, second.output);
    (first.output != second.output).then(|| breach(why(), &input, json!({ "total": first.stands.total.to_string() })))
}

/// A line for each period is rounded for each: so much may differ, a minor unit for each line more.
fn cuttable(tariff: &Tariff<'_>, plan: &Plan) -> Option<Breach> {
    let whole = tariff.input(plan);
    let cut = plan.cut(&whole);
    let (one, two) = (tariff.price(&whole)?.stands, tariff.price(&cut)?.stands);
    let lines = one.lines.len().abs_diff(two.lines.len());
    let room = Decimal::new(i64::try_from(lines).unwrap_or(i64::MAX), one.currency.minor_digits());
    let why = || format!("it costs {} {}; with every period cut in two, {}", one.total, one.currency, two.total);
    ((one.total - two.total).abs() > room).then(|| breach(why(), &cut, json!({ "total": one.total.to_string() })))
}

fn sum(output: &PricingOutput) -> Decimal {
    let amounts = output.lines.iter().map(|line| output.currency.round(line.amount));
    amounts.fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount).unwrap_or(sum))
}

fn breach(why: String, input: &PricingInput, expect: Value) -> Breach {
    Breach { why, input: in_case(input), expect }
}
