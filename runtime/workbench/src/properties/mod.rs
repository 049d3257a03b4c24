//! What must hold for every unit, tried on inputs that nobody wrote down.
//!
//! Inputs are drawn from a seed. One that breaks a property is made smaller, by halves, as long as it still breaks it,
//! and what is left is handed out as a case.

mod authorization;
mod bill;
mod dialect;
mod load;
mod modifier;
mod named;
mod plan;
mod pricing;
mod request;
mod shrink;

use amprule_domain::decision::Hook;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::pricing::{Parameters, PricingInput};
use amprule_hooks::{CallLimits, Question, Source, Unit, for_hook};
use serde::Serialize;
use serde_json::Value;

/// How many inputs are drawn, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    pub seed: u64,
    pub count: u32,
}

impl Default for Runs {
    fn default() -> Self {
        Self { seed: 1, count: 200 }
    }
}

/// What came of a property.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyReport {
    /// A short stable word.
    pub name: &'static str,
    /// What must hold.
    pub says: &'static str,
    /// How many inputs were tried; 0 for what the manifest declares not to hold.
    pub runs: u32,
    pub failure: Option<Failure>,
}

/// The smallest input that was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub why: String,
    /// A whole case, to be kept in `cases/`.
    pub case: Value,
}

/// A unit and what it is asked with.
pub(crate) struct UnderTest<'u> {
    pub(crate) source: &'u Source,
    pub(crate) unit: &'u dyn Unit,
    pub(crate) granted: &'u CallLimits,
}

/// A hook whose units have properties.
trait Tested: Question {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport>;
}

/// Why a property does not hold, with the input and what would have been right.
struct Breach {
    why: String,
    input: Value,
    expect: Value,
}

/// An input that can be drawn and made smaller.
trait Drawn: Clone {
    /// Smaller ones, the boldest first.
    fn smaller(&self) -> Vec<Self>;
}

/// The plainest session of all, and what it costs.
pub(crate) fn plain_bill(parameters: &Parameters) -> ModifierInput {
    bill::plain(plain_session(parameters))
}

/// The plainest session of all: an hour at 10 kW.
pub(crate) fn plain_session(parameters: &Parameters) -> PricingInput {
    plan::Plan::plain().input(&[], parameters)
}

pub(crate) fn check(asked: &UnderTest<'_>, hook: Hook, runs: Runs) -> Vec<PropertyReport> {
    for_hook!(hook, Q => Q::properties(asked, runs))
}

/// Tries one property on all inputs, up to the first that breaks it.
fn try_all<D: Drawn>(
    (name, says): (&'static str, &'static str),
    hook: Hook,
    drawn: &[D],
    breach: impl Fn(&D) -> Option<Breach>,
) -> PropertyReport {
    for (at, input) in drawn.iter().enumerate() {
        if breach(input).is_some() {
            let runs = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let failure = shrink::smallest(input.clone(), &breach).map(|breach| failure(name, hook, breach));
            return PropertyReport { name, says, runs, failure };
        }
    }
    PropertyReport { name, says, runs: u32::try_from(drawn.len()).unwrap_or(u32::MAX), failure: None }
}

fn failure(name: &str, hook: Hook, breach: Breach) -> Failure {
    let case = serde_json::json!({
        "name": format!("found: {name}"), "hook": hook, "input": breach.input, "expect": breach.expect,
    });
    Failure { why: breach.why, case }
}
