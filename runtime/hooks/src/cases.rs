//! Self-tests: a unit's own `cases/*.json` and `cases/*.toml`, run on the code that will run in production, within its
//! budget.

mod compare;
pub(crate) mod complete;
mod failures;
mod file;
mod input;
mod periods;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::decision::Fault;
use amprule_domain::pricing::Parameters;
use serde_json::{Map, Value, json};

use crate::driver::TurnCase;
use crate::manifest::{Parameter, with_overrides};
use crate::question::{AnyQuestion, Question};
use crate::settings::CallLimits;
use crate::tables::Tables;
use crate::trial::{TrialLimits, Tried};
use crate::unit::{Source, Unit, Used};
use crate::{Diagnostic, for_hook};
use failures::Failures;
use file::{Asked, Case};
use input::{Unfit, input_of};

pub use compare::Difference;
pub use file::is_case_file;
pub use schema::schema;

/// More than this many cases are not run; the rest is reported.
pub const MAX_CASES: usize = 256;
/// Bytes of all files of cases.
const MAX_BYTES: usize = 1 << 20;

/// What came of running a unit's cases.
#[derive(Debug, Default)]
pub struct Outcome {
    pub passed: usize,
    pub failed: Vec<Diagnostic>,
}

/// A case that can be run: its input is whole, parameters included.
#[derive(Debug, Clone)]
pub struct Ready {
    pub file: String,
    pub name: String,
    pub question: Arc<dyn AnyQuestion>,
    /// Parameters of which the case has no value of its own, with the defaults that stand in.
    relies_on: Vec<(String, Value)>,
    /// In place of the unit's own, where the case brings any.
    pub tables: Option<Arc<Tables>>,
    /// Must be contained in the output. `total` is the sum of the rounded lines of a price, and for a modifier that of
    /// the whole bill with its lines; `fault` names a fault's class.
    pub expect: Value,
}

/// What came of a case.
#[derive(Debug)]
pub struct Ran {
    pub got: Value,
    /// Why there is no answer.
    pub fault: Option<Fault>,
    /// None: it passed.
    pub differences: Vec<Difference>,
    pub used: Used,
    pub took: Duration,
}

/// Runs every case of the source.
pub fn run(source: &Source, unit: &dyn Unit, granted: &CallLimits) -> Outcome {
    run_while(source, unit, granted, &|| true)
}

/// The same, and given up when nobody wants to know any more what comes of it.
pub fn run_while(source: &Source, unit: &dyn Unit, granted: &CallLimits, is_wanted: &dyn Fn() -> bool) -> Outcome {
    let (cases, broken) = ready(source);
    let (mut passed, mut failures) = (0, Failures::of(source, broken));
    for case in &cases {
        if failures.are_enough() {
            break;
        }
        if !is_wanted() {
            failures.give_up();
            break;
        }
        let ran = case.run(unit, granted);
        if ran.differences.is_empty() {
            passed += 1;
        } else {
            failures.add(case, &ran);
        }
    }
    Outcome { passed, failed: failures.told() }
}

/// All cases with whole inputs, and what is wrong with the others. A file holds one case or a list of them.
pub fn ready(source: &Source) -> (Vec<Ready>, Vec<Diagnostic>) {
    let (mut cases, mut broken) = (Vec::new(), Vec::new());
    let mut left = MAX_BYTES;
    for (path, bytes) in source.files.iter().filter(|(path, _)| is_case_file(path)) {
        let Some(rest) = left.checked_sub(bytes.len()) else {
            broken
                .push(Diagnostic::new("limit", format!("cases of more than {MAX_BYTES} bytes together")).in_file(path));
            return (cases, broken);
        };
        left = rest;
        let read = file::read(path, bytes).unwrap_or_else(|diagnostic| {
            broken.push(*diagnostic);
            Vec::new()
        });
        for case in read {
            if cases.len() + broken.len() >= MAX_CASES {
                broken.push(Diagnostic::new("self-test", format!("more than {MAX_CASES} cases")).in_file(path));
                return (cases, broken);
            }
            let question = match case.hook {
                Asked::Hook(hook) => for_hook!(hook, Q => question::<Q>(&case, source)),
                Asked::Driver => turn(&case, source),
            };
            match question.and_then(|question| Ok((question, tables(&case, source)?))) {
                Ok((question, tables)) => {
                    let relies_on = relied_on(&case, source);
                    let (file, Case { name, expect, .. }) = (path.clone(), case);
                    cases.push(Ready { file, name, question, relies_on, tables, expect });
                }
                Err(unfit) => broken.push(failures::at_member(source, path, &case.name, &unfit)),
            }
        }
    }
    (cases, broken)
}

impl Ready {
    pub fn run(&self, unit: &dyn Unit, granted: &CallLimits) -> Ran {
        let means = TrialLimits { granted, tables: self.tables.as_ref() };
        let Tried { result, used, took } = self.question.ask(unit, means);
        let (got, fault) = match result {
            Ok(output) => (output, None),
            Err(fault) => (json!({ "fault": fault.class, "code": fault.code, "message": fault.message }), Some(fault)),
        };
        Ran { differences: compare::differences(&self.expect, &got), got, fault, used, took }
    }
}

fn relied_on(case: &Case, source: &Source) -> Vec<(String, Value)> {
    let declared = source.manifest.parameters.iter().filter(|(name, _)| !case.parameters.contains_key(*name));
    declared.filter_map(|(name, parameter)| Some((name.clone(), parameter.default.clone()?))).collect()
}

/// A case proves the code, not the operator's prices: it sees defaults, and an operator's value only where there is none.
pub fn usual_parameters(source: &Source) -> Map<String, Value> {
    let declared = source.manifest.parameters.iter();
    let value = |(name, parameter): (&String, &Parameter)| {
        let value = parameter.default.as_ref().or_else(|| source.parameters.get(name))?;
        Some((name.clone(), value.clone()))
    };
    declared.filter_map(value).collect()
}

/// The error says which member or parameter is wrong.
fn question<Q: Question>(case: &Case, source: &Source) -> Result<Arc<dyn AnyQuestion>, Unfit> {
    let answers = &source.manifest.hooks;
    let is_of_today = source.manifest.is_of_today();
    if is_of_today && !answers.is_empty() && !answers.contains(&Q::HOOK) {
        let answers = answers.iter().map(|hook| hook.as_str()).collect::<Vec<_>>().join(" and ");
        return Err(format!("the unit does not answer {}; it answers {answers}", Q::HOOK.as_str()).into());
    }
    let parameters = parameters(case, source)?;
    if !case.input.is_object() {
        return Err("input must be an object".to_owned().into());
    }
    let question: Q = input_of(Q::complete(&case.input)?, &case.input, is_of_today)?;
    if let Some(session) = Question::session(&question) {
        periods::fit(session, &source.manifest.boundaries)?;
    }
    let question = question.usual().map_err(|why| format!("input: {why}"))?;
    if is_of_today {
        proves_something(case)?;
    }
    Ok(Arc::new(question.with(parameters)))
}

fn parameters(case: &Case, source: &Source) -> Result<Parameters, String> {
    let usual = usual_parameters(source);
    Ok(Parameters::from(with_overrides(&source.manifest.parameters, &usual, &case.parameters)?))
}

fn proves_something(case: &Case) -> Result<(), String> {
    match case.expect.as_object().is_none_or(Map::is_empty) {
        true => Err("it expects nothing, and so proves nothing; name what the answer must have in it".to_owned()),
        false => Ok(()),
    }
}

/// Of a driver.
fn turn(case: &Case, source: &Source) -> Result<Arc<dyn AnyQuestion>, Unfit> {
    let turn = TurnCase::read(&case.input, parameters(case, source)?)?;
    proves_something(case)?;
    Ok(Arc::new(turn))
}

/// A case's rows stand in for those of the unit, so that it proves the same whatever the market says today.
fn tables(case: &Case, source: &Source) -> Result<Option<Arc<Tables>>, Unfit> {
    if case.tables.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(source.tables.with(&case.tables)?)))
}
