//! `amprule test`: a unit's cases, each with what differs, and the properties of its hooks.

use std::fmt;
use std::time::Duration;

use amprule_hooks::cases::{self, Difference, Ready};
use amprule_hooks::{CallLimits, Source, Unit};
use serde::Serialize;
use serde_json::Value;

use crate::properties::{PropertyReport, Runs, UnderTest, check};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    pub unit: String,
    pub cases: Vec<CaseReport>,
    /// Case files that cannot be read.
    pub broken: Vec<String>,
    pub properties: Vec<PropertyReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseReport {
    pub file: String,
    pub name: String,
    pub passed: bool,
    pub differences: Vec<Differs>,
    /// What the unit answered, when the case failed.
    pub got: Option<Value>,
    /// Why it did not answer, when the case failed.
    pub fault: Option<String>,
    pub fuel: u64,
    pub took_us: u64,
}

#[derive(Debug, Serialize)]
pub struct Differs {
    pub at: String,
    pub expected: Value,
    pub got: Value,
}

/// What is tested of a unit.
#[derive(Debug, Clone, Default)]
pub struct TestOptions {
    /// Only cases whose name or file contains this; no properties then.
    pub case: Option<String>,
    pub runs: Runs,
}

const TIMEOUT: Duration = Duration::from_secs(2);

pub fn test(source: &Source, unit: &dyn Unit, granted: &CallLimits, wish: &TestOptions) -> TestReport {
    let (ready, broken) = cases::ready(source);
    let is_wanted = |case: &&Ready| {
        wish.case.as_ref().is_none_or(|part| case.name.contains(part.as_str()) || case.file.contains(part.as_str()))
    };
    let cases = ready.iter().filter(is_wanted).map(|case| run(case, unit, granted)).collect();
    // Some thousand calls, perhaps on a busy machine: fuel and memory bound them, not the clock.
    let patient = CallLimits { wall: granted.wall.max(TIMEOUT), ..*granted };
    let asked = UnderTest { source, unit, granted: &patient };
    let hooks = source.manifest.hooks.iter().filter(|_| wish.case.is_none());
    let properties = hooks.flat_map(|hook| check(&asked, *hook, wish.runs)).collect();
    let broken = broken.iter().map(ToString::to_string).collect();
    TestReport { unit: source.manifest.id.clone(), cases, broken, properties }
}

fn run(case: &Ready, unit: &dyn Unit, granted: &CallLimits) -> CaseReport {
    let ran = case.run(unit, granted);
    let passed = ran.differences.is_empty();
    CaseReport {
        file: case.file.clone(),
        name: case.name.clone(),
        passed,
        differences: ran.differences.into_iter().map(Differs::from).collect(),
        got: (!passed).then_some(ran.got),
        fault: ran.fault.filter(|_| !passed).map(|fault| fault.to_string()),
        fuel: ran.used.fuel,
        took_us: u64::try_from(ran.took.as_micros()).unwrap_or(u64::MAX),
    }
}

impl From<Difference> for Differs {
    fn from(difference: Difference) -> Self {
        Self { at: difference.at, expected: difference.expected, got: difference.got }
    }
}

impl TestReport {
    pub fn is_good(&self) -> bool {
        let held = self.properties.iter().all(|property| property.failure.is_none());
        held && self.broken.is_empty() && self.cases.iter().all(|case| case.passed)
    }
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cases.iter().try_for_each(|case| write!(f, "{case}"))?;
        self.broken.iter().try_for_each(|broken| writeln!(f, "{broken}"))?;
        self.properties.iter().try_for_each(|property| write!(f, "{property}"))?;
        let failed = self.cases.iter().filter(|case| !case.passed).count() + self.broken.len();
        let broken = self.properties.iter().filter(|property| property.failure.is_some()).count();
        let (cases, properties) = (self.cases.len(), self.properties.len());
        let verdict = if self.is_good() { "ok" } else { "FAILED" };
        write!(
            f,
            "{verdict}: {}: {} of {cases} cases and {} of {properties} properties hold",
            self.unit,
            cases.saturating_sub(failed),
            properties - broken
        )
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed { "ok     " } else { "FAILED " };
        writeln!(f, "{verdict} {} ({})", self.name, self.file)?;
        for difference in &self.differences {
            let at = if difference.at.is_empty() { "the answer" } else { &difference.at };
            writeln!(f, "          {at}\n        -   {}\n        +   {}", difference.expected, difference.got)?;
        }
        match &self.fault {
            Some(fault) => writeln!(f, "        it failed: {}", fault.replace('\n', "\n          ")),
            None if self.passed => Ok(()),
            None => writeln!(f, "        - expected  + got"),
        }
    }
}

impl fmt::Display for PropertyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(failure) = &self.failure else {
            let runs = self.runs;
            return match runs {
                0 => writeln!(f, "off      {}: declared in plugin.toml", self.says),
                _ => writeln!(f, "ok       {} ({runs} tried)", self.says),
            };
        };
        writeln!(f, "FAILED   {}: {}", self.says, failure.why.replace('\n', "\n         "))?;
        let case = serde_json::to_string_pretty(&failure.case).expect("a case is plain data");
        writeln!(
            f,
            "         the smallest input found, as a case; put right what it expects and keep it in cases/:\n{case}"
        )
    }
}
