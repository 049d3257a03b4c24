//! What must hold for every modifier.

use amprule_domain::decision::Hook;
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::pricing::{OutputLine, Parameters};
use amprule_domain::{Currency, Decimal};
use amprule_hooks::Manifest;
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::inputs::Supplied as _;
use amprule_hooks::trial;
use serde_json::{Value, json};

use super::bill::Bill;
use super::named::Named;
use super::plan::in_case;
use super::{Breach, PropertyReport, Runs, Tested, UnderTest, try_all};
use crate::rng::Rng;

type Property = (&'static str, &'static str, fn(&Modifier<'_>, &Bill) -> Option<Breach>);

const PROPERTIES: [Property; 5] = [
    ("answers", "every bill gets lines that it can have", answers),
    ("empty-bill", "an empty bill does not make it fail", empty_bill),
    ("not-negative", "no bill becomes negative", not_negative),
    ("adds-up", "quantities times prices are their lines", adds_up),
    ("repeatable", "asked twice, it says the same", repeatable),
];

struct Modifier<'u> {
    asked: &'u UnderTest<'u>,
    parameters: Parameters,
}

impl Tested for ModifierInput {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport> {
        let modifier = Modifier { asked, parameters: usual_parameters(asked.source).into() };
        let named = Named::of(asked);
        let mut rng = Rng::new(runs.seed);
        let bills: Vec<Bill> = (0..runs.count).map(|_| Bill::draw(&mut rng, &named)).collect();
        let try_one = |&(name, says, breach): &Property| {
            try_all((name, says), Hook::Modifier, &bills, |bill| breach(&modifier, bill))
        };
        PROPERTIES.iter().map(try_one).collect()
    }
}

impl Modifier<'_> {
    fn input(&self, bill: &Bill) -> ModifierInput {
        let Manifest { boundaries, inputs, .. } = &self.asked.source.manifest;
        bill.input(boundaries, &self.parameters).supplied(inputs)
    }

    fn added(&self, input: &ModifierInput) -> Result<ModifierOutput, String> {
        trial::returned(self.asked.unit, self.asked.granted, input).result.map_err(|fault| fault.to_string())
    }

    /// Why its lines cannot stand, but for a total below nothing, which is the matter of another property.
    fn refused(&self, input: &ModifierInput) -> Option<String> {
        match self.added(input) {
            Ok(output) if total(input, &output) < Decimal::ZERO => None,
            Ok(_) => Some(trial::ask(self.asked.unit, self.asked.granted, input).result.err()?.to_string()),
            Err(why) => Some(why),
        }
    }
}

fn answers(modifier: &Modifier<'_>, bill: &Bill) -> Option<Breach> {
    let input = modifier.input(bill);
    Some(breach(modifier.refused(&input)?, &input, json!({ "lines": [] })))
}

fn empty_bill(modifier: &Modifier<'_>, bill: &Bill) -> Option<Breach> {
    let input = modifier.input(&bill.emptied());
    Some(breach(modifier.refused(&input)?, &input, json!({ "lines": [] })))
}

fn not_negative(modifier: &Modifier<'_>, bill: &Bill) -> Option<Breach> {
    let input = modifier.input(bill);
    let total = total(&input, &modifier.added(&input).ok()?);
    let why = || format!("with its lines the bill is {total} {}", input.currency);
    let zero = input.currency.round(Decimal::ZERO);
    (total < Decimal::ZERO).then(|| breach(why(), &input, json!({ "total": zero.to_string() })))
}

fn adds_up(modifier: &Modifier<'_>, bill: &Bill) -> Option<Breach> {
    let input = modifier.input(bill);
    let lines = modifier.added(&input).ok()?.lines;
    let wrong = lines.iter().find_map(|line| Some((line, product(line, input.currency)?)));
    let (line, product) = wrong?;
    let why = format!("line {} is {}, and its quantity times its unit price is {product}", line.code, line.amount);
    Some(breach(why, &input, json!({ "lines": [{ "code": line.code, "amount": product.to_string() }] })))
}

fn repeatable(modifier: &Modifier<'_>, bill: &Bill) -> Option<Breach> {
    let input = modifier.input(bill);
    let (first, second) = (modifier.added(&input).ok()?, modifier.added(&input).ok()?);
    let why = || format!("first {first:?}, then {second:?}");
    (first != second).then(|| breach(why(), &input, json!({ "lines": first.lines })))
}

/// Quantity times unit price, where the line has both and is not that.
fn product(line: &OutputLine, currency: Currency) -> Option<Decimal> {
    let product = currency.round(line.quantity?.checked_mul(line.unit_price?)?);
    (product != currency.round(line.amount)).then_some(product)
}

fn total(input: &ModifierInput, output: &ModifierOutput) -> Decimal {
    let amounts = input.lines.iter().chain(&output.lines).map(|line| input.currency.round(line.amount));
    amounts.fold(Decimal::ZERO, Decimal::saturating_add)
}

fn breach(why: String, input: &ModifierInput, expect: Value) -> Breach {
    let mut told = in_case(&input.facts);
    told["currency"] = json!(input.currency);
    told["lines"] = input.lines.iter().map(|line| json!({ "code": line.code, "amount": line.amount })).collect();
    Breach { why, input: told, expect }
}
