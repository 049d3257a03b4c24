//! Self-tests: a unit's own `cases/*.json`, run on the code that will run in production, within its budget.

mod compare;
mod complete;

use std::sync::Arc;
use std::time::Instant;

use amprule_domain::Currency;
use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::decision::{Fault, Hook};
use amprule_domain::pricing::{PricedBy, PricingInput, PricingOutput};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::manifest::{Parameter, with_overrides};
use crate::settings::Granted;
use crate::unit::{Answer, Budget, Source, Unit};
use crate::{Diagnostic, guard};

/// More than this many cases are not run; the rest is reported.
pub const MAX_CASES: usize = 256;

/// One expectation of a unit's author.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    hook: Hook,
    #[serde(default)]
    parameters: Map<String, Value>,
    input: Value,
    /// Must be contained in the output. For pricing `total` is the sum of the rounded lines; `fault` names a fault's class.
    expect: Value,
}

/// What running a unit's cases told.
#[derive(Debug, Default)]
pub struct Outcome {
    pub passed: usize,
    pub failed: Vec<Diagnostic>,
}

/// Runs every case of the source. A file holds one case or a list of them.
pub fn run(source: &Source, unit: &dyn Unit, granted: &Granted) -> Outcome {
    let mut outcome = Outcome::default();
    for (path, bytes) in source.files.iter().filter(|(path, _)| is_case_file(path)) {
        let cases = match read(path, bytes) {
            Ok(cases) => cases,
            Err(diagnostic) => {
                outcome.failed.push(*diagnostic);
                continue;
            }
        };
        for case in cases {
            if outcome.passed + outcome.failed.len() >= MAX_CASES {
                outcome.failed.push(Diagnostic::new("self-test", format!("more than {MAX_CASES} cases")).in_file(path));
                return outcome;
            }
            match try_case(&case, source, unit, granted) {
                Ok(()) => outcome.passed += 1,
                Err(why) => outcome.failed.push(failure(path, bytes, &case.name, why)),
            }
        }
    }
    outcome
}

pub fn is_case_file(path: &str) -> bool {
    path.starts_with("cases/") && path.ends_with(".json")
}

fn read(path: &str, bytes: &[u8]) -> Result<Vec<Case>, Box<Diagnostic>> {
    let text = String::from_utf8_lossy(bytes);
    let list = text.trim_start().starts_with('[');
    let cases = if list { serde_json::from_str(&text) } else { serde_json::from_str(&text).map(|case| vec![case]) };
    cases.map_err(|error| {
        let message = error.to_string();
        let plain = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let diagnostic = Diagnostic::new("self-test", format!("not a case: {plain}"))
            .in_file(path)
            .at(&text, error.line().max(1), error.column())
            .hint("a case has name, hook, input and expect, and may have parameters");
        Box::new(diagnostic)
    })
}

/// The error says what was expected and what came.
fn try_case(case: &Case, source: &Source, unit: &dyn Unit, granted: &Granted) -> Result<(), String> {
    let parameters = with_overrides(&source.manifest.parameters, &usual(source), &case.parameters)?;
    let budget = Budget { fuel: granted.fuel, memory: granted.memory, deadline: Instant::now() + granted.wall };
    let answered = match case.hook {
        Hook::Pricing => {
            let mut input: PricingInput = input_of(complete::pricing(&case.input)?, &case.input)?;
            input.parameters = Arc::new(parameters);
            answer(guard::caught(|| unit.price(&input, &budget))).and_then(|output| priced(output, &input))
        }
        Hook::Authorization => {
            let mut input: AuthorizationInput = input_of(complete::authorization(&case.input), &case.input)?;
            input.parameters = Arc::new(parameters);
            answer(guard::caught(|| unit.authorize(&input, &budget))).and_then(|output| {
                output.validate().map_err(|why| invalid(&why))?;
                Ok(serde_json::to_value(output).expect("an output is plain data"))
            })
        }
    };
    let got = answered.unwrap_or_else(|fault| json!({ "fault": fault.class, "message": fault.message }));
    compare::contained(&case.expect, &got)
}

/// A case proves the code, not the operator's prices: it sees defaults, and an operator's value only where there is none.
fn usual(source: &Source) -> Map<String, Value> {
    let declared = source.manifest.parameters.iter();
    let value = |(name, parameter): (&String, &Parameter)| {
        let value = parameter.default.as_ref().or_else(|| source.parameters.get(name))?;
        Some((name.clone(), value.clone()))
    };
    declared.filter_map(value).collect()
}

fn answer<T>(answer: Answer<T>) -> Result<T, Fault> {
    answer.result
}

fn priced(output: PricingOutput, input: &PricingInput) -> Result<Value, Fault> {
    let mut value = serde_json::to_value(&output).expect("an output is plain data");
    let nobody = PricedBy { unit: String::new(), version: String::new(), hash: String::new(), fallback: false };
    let price = output.into_price(input.now, input.is_final, Arc::new(nobody)).map_err(|why| invalid(&why))?;
    value["total"] = json!(total_text(price.currency, price.total));
    Ok(value)
}

fn total_text(currency: Currency, total: amprule_domain::Decimal) -> String {
    currency.round(total).to_string()
}

fn invalid(why: &str) -> Fault {
    Fault::new(amprule_domain::decision::FaultClass::InvalidOutput, why)
}

/// Reads a completed input, and refuses members that no input has.
fn input_of<T: DeserializeOwned + serde::Serialize>(complete: Value, given: &Value) -> Result<T, String> {
    let input: T = serde_json::from_value(complete).map_err(|error| format!("input: {error}"))?;
    let known = serde_json::to_value(&input).expect("an input is plain data");
    compare::no_strangers(given, &known, "input")?;
    Ok(input)
}

fn failure(path: &str, bytes: &[u8], name: &str, why: String) -> Diagnostic {
    let text = String::from_utf8_lossy(bytes);
    let diagnostic = Diagnostic::new("self-test", format!("case {name:?}: {why}")).in_file(path);
    let quoted = format!("{}", Value::from(name));
    match text.lines().position(|line| line.contains(&quoted)) {
        Some(line) => {
            let column = text.lines().nth(line).and_then(|text| text.find(&quoted)).unwrap_or(0);
            diagnostic.at(&text, line + 1, column + 1)
        }
        None => diagnostic,
    }
}
