//! Self-tests: a unit's own `cases/*.json` and `cases/*.toml`, run on the code that will run in production, within its
//! budget.

mod compare;
pub(crate) mod complete;
mod file;
mod periods;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::decision::Fault;
use amprule_domain::pricing::Parameters;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::manifest::{Parameter, with_overrides};
use crate::question::{AnyQuestion, Question};
use crate::settings::CallLimits;
use crate::tables::Tables;
use crate::trial::{TrialLimits, Tried};
use crate::unit::{Source, Unit, Used};
use crate::{Diagnostic, for_hook};
use file::Case;

pub use compare::Difference;
pub use file::is_case_file;
pub use schema::schema;

/// More than this many cases are not run; the rest is reported.
pub const MAX_CASES: usize = 256;
/// Bytes of all files of cases.
const MAX_BYTES: usize = 1 << 20;
/// Cases that fail are told up to this many.
const MOST_TOLD: usize = 20;
/// Defaults that are named with a case that fails.
const MOST_NAMED: usize = 6;

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
    let (cases, failed) = ready(source);
    let mut outcome = Outcome { passed: 0, failed };
    for case in cases {
        if outcome.failed.len() > MOST_TOLD {
            break;
        }
        if !is_wanted() {
            outcome.failed.push(Diagnostic::new("self-test", "the cases were given up: they take too long"));
            break;
        }
        match explained(source, &case, &case.run(unit, granted)) {
            None => outcome.passed += 1,
            Some(diagnostic) => outcome.failed.push(diagnostic),
        }
    }
    if outcome.failed.len() > MOST_TOLD {
        outcome.failed.truncate(MOST_TOLD);
        let more = format!("more cases are wrong than these {MOST_TOLD}; put them right first");
        outcome.failed.push(Diagnostic::new("self-test", more));
    }
    outcome
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
            let question = for_hook!(case.hook, Q => question::<Q>(&case, source));
            match question.and_then(|question| Ok((question, tables(&case, source)?))) {
                Ok((question, tables)) => {
                    let relies_on = relied_on(&case, source);
                    let (file, Case { name, expect, .. }) = (path.clone(), case);
                    cases.push(Ready { file, name, question, relies_on, tables, expect });
                }
                Err(why) => broken.push(failure(source, path, &case.name, None, &why)),
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

/// What is wrong with a case that has run, as the server says it; `None` when it passed.
pub fn explained(source: &Source, case: &Ready, ran: &Ran) -> Option<Diagnostic> {
    let first = ran.differences.first()?;
    let why = match &ran.fault {
        Some(fault) => format!("{first}; it failed: {fault}"),
        None => first.to_string(),
    };
    let failure = failure(source, &case.file, &case.name, Some(first), &why);
    let may_be_a_default = ran.fault.is_none() && first.is_of_money() && !case.relies_on.is_empty();
    Some(if may_be_a_default { failure.hint(reliance(&case.relies_on)) } else { failure })
}

/// Whoever changes a default breaks the cases that rely on it, and perhaps meant to set a price of one place only.
fn reliance(on: &[(String, Value)]) -> String {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named = on.iter().take(MOST_NAMED).map(|(name, default)| format!("{name} = {}", value(default)));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if on.len() > MOST_NAMED { ", …" } else { "" };
    format!(
        "the case relies on the defaults {named}{more}; was one of them changed? Give the case `parameters` of its own; \
         what only one operator charges belongs into parameters.toml"
    )
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
fn question<Q: Question>(case: &Case, source: &Source) -> Result<Arc<dyn AnyQuestion>, String> {
    let usual = usual_parameters(source);
    let parameters = Parameters::from(with_overrides(&source.manifest.parameters, &usual, &case.parameters)?);
    if !case.input.is_object() {
        return Err("input must be an object".to_owned());
    }
    let question: Q = input_of(Q::complete(&case.input)?, &case.input)?;
    if let Some(session) = Question::session(&question) {
        periods::fit(session, &source.manifest.boundaries)?;
    }
    let question = question.usual().map_err(|why| format!("input: {why}"))?;
    Ok(Arc::new(question.with(parameters)))
}

/// A case's rows stand in for those of the unit, so that it proves the same whatever the market says today.
fn tables(case: &Case, source: &Source) -> Result<Option<Arc<Tables>>, String> {
    if case.tables.is_empty() {
        return Ok(None);
    }
    source.tables.with(&case.tables).map(|tables| Some(Arc::new(tables)))
}

/// Reads a completed input, and refuses members that no input has.
fn input_of<T: DeserializeOwned + Serialize>(complete: Value, given: &Value) -> Result<T, String> {
    let input: T = serde_json::from_value(complete).map_err(|error| format!("input: {error}"))?;
    let known = serde_json::to_value(&input).expect("an input is plain data");
    compare::no_strangers(given, &known, "input")?;
    Ok(input)
}

/// At the line that expects what did not come, where it can be found behind the case's name.
fn failure(source: &Source, path: &str, name: &str, difference: Option<&Difference>, why: &str) -> Diagnostic {
    let text = source.files.get(path).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let diagnostic = Diagnostic::new("self-test", format!("case {name:?}: {why}")).in_file(path);
    let quoted = format!("{}", Value::from(name));
    match text.lines().position(|line| line.contains(&quoted)) {
        Some(line) => {
            let expects = difference.and_then(|difference| difference.place(&text, line));
            let column = |line: usize| text.lines().nth(line).and_then(|text| text.find(&quoted)).unwrap_or(0);
            let (line, column) = expects.unwrap_or_else(|| (line, column(line)));
            diagnostic.at(&text, line + 1, column + 1)
        }
        None => diagnostic,
    }
}
