//! `amprule bench`: how long a unit takes, and how much of its limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::Energy;
use amprule_domain::charging::pricing_period;
use amprule_domain::decision::{Fault, Hook};
use amprule_domain::event::ChargingState;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::pricing::PricingInput;
use amprule_domain::timeline::Period;
use amprule_hooks::cases::{ready, usual_parameters};
use amprule_hooks::inputs::Supplied as _;
use amprule_hooks::trial::Tried;
use amprule_hooks::{AnyQuestion, CallLimits, Source, Unit, Used};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::properties::{plain_bill, plain_session};

/// Sessions of so many periods are priced; the last is the most that the host ever passes in.
const PERIODS: [usize; 4] = [1, 10, 100, 1_000];
const MOST_CALLS: usize = 2_000;
const FEWEST_CALLS: usize = 20;
/// Beyond this a row is not measured any longer.
const TIMEOUT: Duration = Duration::from_millis(400);
/// More of the unit's own cases are not measured.
const CASES: usize = 16;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BenchReport {
    pub unit: String,
    pub limits: Limits,
    pub rows: Vec<Row>,
}

/// What a call may use.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    pub fuel: u64,
    pub wall_us: u64,
    pub memory: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub input: String,
    pub calls: usize,
    pub p50_us: u64,
    pub p99_us: u64,
    /// The most of all calls: WASM fuel or Rhai operations, and bytes.
    pub fuel: u64,
    pub memory: usize,
    /// Of the limits, in percent: p99 of the time, and the most fuel and memory.
    pub wall_percent: u64,
    pub fuel_percent: u64,
    pub memory_percent: u64,
    /// Why the calls failed, when they did.
    pub fault: Option<String>,
}

/// A question, and what it is called in the report.
type Named = (String, Arc<dyn AnyQuestion>);

/// What the calls of one input took.
#[derive(Default)]
struct Taken {
    times: Vec<Duration>,
    most: Used,
    fault: Option<Fault>,
}

pub fn bench(source: &Source, unit: &dyn Unit, granted: &CallLimits) -> BenchReport {
    let limits = Limits { fuel: granted.fuel, wall_us: micros(granted.wall), memory: granted.memory };
    let rows = questions(source);
    let rows = rows.iter().map(|(name, question)| row(name, &measure(unit, granted, &**question), limits)).collect();
    BenchReport { unit: source.manifest.id.clone(), limits, rows }
}

/// Sessions of growing length for a tariff or a modifier, and the unit's own cases.
fn questions(source: &Source) -> Vec<Named> {
    let mut questions: Vec<Named> = Vec::new();
    if source.manifest.hooks.contains(&Hook::Pricing) {
        let of = |count| -> Named { (format!("{count} periods"), Arc::new(long_session(source, count))) };
        questions.extend(PERIODS.map(of));
    }
    if source.manifest.hooks.contains(&Hook::Modifier) {
        let plain = plain_bill(&usual_parameters(source).into()).supplied(&source.manifest.inputs);
        let of = |count| -> Named {
            let facts = of_periods(&plain.facts, count);
            (format!("a bill of {count} periods"), Arc::new(ModifierInput { facts, ..plain.clone() }))
        };
        questions.extend(PERIODS.map(of));
    }
    let (cases, _) = ready(source);
    questions.extend(cases.into_iter().take(CASES).map(|case| (case.name, case.question)));
    questions
}

/// What a tariff with its usual parameters is asked about a session of so many periods.
pub fn long_session(source: &Source, periods: usize) -> PricingInput {
    of_periods(&plain_session(&usual_parameters(source).into()).supplied(&source.manifest.inputs), periods)
}

/// Quarters of an hour, every fourth of them idle.
fn of_periods(plain: &PricingInput, count: usize) -> PricingInput {
    let mut input = plain.clone();
    let mut at = input.session.started_at;
    let next = |index: usize| {
        let (started_at, idle) = (at, index % 4 == 3);
        at = at.checked_add(SignedDuration::from_mins(15)).unwrap_or(at);
        let energy = if idle { Energy::ZERO } else { Energy::from_wh(2_750) };
        let state = if idle { ChargingState::Idle } else { ChargingState::Charging };
        pricing_period(&Period { started_at, ended_at: at, energy, state }, &TimeZone::UTC)
    };
    input.periods = (0..count).map(next).collect();
    input.session.energy = input.periods.iter().map(|period| period.energy).sum();
    input.session.duration_s = at.as_second() - input.session.started_at.as_second();
    (input.now, input.session.ended_at) = (at, Some(at));
    input
}

fn measure(unit: &dyn Unit, granted: &CallLimits, question: &dyn AnyQuestion) -> Taken {
    let mut taken = Taken::default();
    let mut total = Duration::ZERO;
    while taken.times.len() < MOST_CALLS && (total < TIMEOUT || taken.times.len() < FEWEST_CALLS) {
        let Tried { result, used, took } = question.ask(unit, granted.into());
        taken.note(result.err(), used, took);
        total += took;
    }
    taken
}

impl Taken {
    fn note(&mut self, fault: Option<Fault>, used: Used, took: Duration) {
        self.times.push(took);
        self.most.fuel = self.most.fuel.max(used.fuel);
        self.most.memory = self.most.memory.max(used.memory);
        self.fault = self.fault.take().or(fault);
    }
}

fn row(name: &str, taken: &Taken, limits: Limits) -> Row {
    let mut times = taken.times.clone();
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let (p50, p99) = (at(50).copied().unwrap_or_default(), at(99).copied().unwrap_or_default());
    let memory = u64::try_from(taken.most.memory).unwrap_or(u64::MAX);
    Row {
        input: name.to_owned(),
        calls: times.len(),
        p50_us: micros(p50),
        p99_us: micros(p99),
        fuel: taken.most.fuel,
        memory: taken.most.memory,
        wall_percent: percent(micros(p99), limits.wall_us),
        fuel_percent: percent(taken.most.fuel, limits.fuel),
        memory_percent: percent(memory, u64::try_from(limits.memory).unwrap_or(u64::MAX)),
        fault: taken.fault.as_ref().map(ToString::to_string),
    }
}

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limits { fuel, wall_us, memory } = self.limits;
        writeln!(f, "{}: a call may use {fuel} fuel, {} ms and {} MiB", self.unit, wall_us / 1_000, memory >> 20)?;
        writeln!(
            f,
            "{:<34} {:>6} {:>9} {:>9} {:>5} {:>10} {:>5} {:>9} {:>5}",
            "input", "calls", "p50 µs", "p99 µs", "time", "fuel", "", "KiB", ""
        )?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        write!(f, "time is the p99's share of the limit; for Rhai, fuel is operations, and memory is an estimate")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.input.chars().take(34).collect();
        write!(
            f,
            "{name:<34} {:>6} {:>9} {:>9} {:>4}% {:>10} {:>4}% {:>9} {:>4}%",
            self.calls,
            self.p50_us,
            self.p99_us,
            self.wall_percent,
            self.fuel,
            self.fuel_percent,
            self.memory.div_ceil(1024),
            self.memory_percent
        )?;
        match &self.fault {
            Some(fault) => write!(f, "\n  it failed: {}", fault.replace('\n', "\n  ")),
            None => Ok(()),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).div_ceil(whole.max(1))
}
