//! What the host adds to a call: the registry's whole way to a price, beside a bare call of the same code with the same
//! question.
//!
//! The host's part is the unit's parameters and the input in the guest's form, budget and breaker, the answer checked,
//! rounded and added up. The bare call has its question ready and throws its answer away. Both must come to the same bill.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use amprule_domain::decision::Hook;
use amprule_domain::ports::{About, Clock, Hooks, Ids};
use amprule_domain::pricing::{Parameters, Pin, Price, PricingInput, PricingOutput, Purpose};
use amprule_domain::{CommandId, DecisionId, SessionId, SessionNo, StationId};
use amprule_hooks::{Change, Compiler, Diagnostic, HookSettings, Kind, Registry, Source, Version};
use amprule_reload::read_unit;
use amprule_workbench::bench::long_session;
use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::ratio::median;

/// A day's session, more or less.
const PERIODS: usize = 10;
const ROUNDS: usize = 40;
const CALLS: usize = 250;

/// Microseconds a call, as medians over rounds that alternate.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overhead {
    pub(crate) bare_micros: f64,
    pub(crate) host_micros: f64,
    pub(crate) ratio: f64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Units {
    /// Folders of units; a plugin has its plugin.wasm in there.
    #[arg(required = true)]
    units: Vec<PathBuf>,
}

impl Units {
    pub(crate) fn run(self) -> Result<()> {
        for unit in &self.units {
            let source = read(unit)?;
            let overhead = if source.kind == Kind::Rhai { of_script(unit) } else { of_plugin(unit) }?;
            let Overhead { bare_micros, host_micros, ratio } = overhead;
            println!(
                "{}: {host_micros:.2} µs, {ratio:.2} times the {bare_micros:.2} µs of a bare call",
                unit.display()
            );
        }
        Ok(())
    }
}

/// A Rhai unit in its folder.
pub(crate) fn of_script(unit: &Path) -> Result<Overhead> {
    let source = read(unit)?;
    let input = running(long_session(&source, PERIODS));
    let bare = amprule_script::Bare::new(&source, &input).map_err(|found| told(&found))?;
    let host = Host::new(&source, &amprule_script::ScriptCompiler::default())?;
    host.agrees(&input, bare.output())?;
    compare(&host, &input, || bare.price(CALLS))
}

/// A WASM unit in its folder.
pub(crate) fn of_plugin(unit: &Path) -> Result<Overhead> {
    let source = read(unit)?;
    let input = running(long_session(&source, PERIODS));
    let bare = amprule_wasm::Bare::new(&source).map_err(|why| anyhow!(why))?;
    let compiler = amprule_wasm::WasmCompiler::start(&amprule_wasm::Settings::default())?;
    let host = Host::new(&source, &compiler)?;
    host.agrees(&input, bare.output(&input))?;
    compare(&host, &input, || bare.price(&input, CALLS))
}

/// A final price is always written down with its input; that is no part of the call.
fn running(mut input: PricingInput) -> PricingInput {
    input.purpose = Purpose::Running;
    input.session.ended_at = None;
    input
}

fn compare(host: &Host, input: &PricingInput, mut bare: impl FnMut() -> Result<(), String>) -> Result<Overhead> {
    let mut pairs = Vec::with_capacity(ROUNDS);
    for round in 0..=ROUNDS {
        let (floor, whole) = (timed(|| bare().map_err(|why| anyhow!(why)))?, timed(|| host.price(input))?);
        // The first round warms both, and proves the unit to be quick.
        if round > 0 {
            pairs.push((floor, whole));
        }
    }
    Ok(Overhead {
        bare_micros: median(pairs.iter().map(|(bare, _)| *bare)),
        host_micros: median(pairs.iter().map(|(_, host)| *host)),
        ratio: median(pairs.iter().map(|(bare, host)| host / bare)),
    })
}

/// Microseconds of one call, from as many as a round has.
fn timed(round: impl FnOnce() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    round()?;
    Ok(began.elapsed().as_secs_f64() * 1e6 / CALLS as f64)
}

pub(crate) fn read(unit: &Path) -> Result<Source> {
    read_unit(unit).map_err(|found| told(&found)).with_context(|| format!("read {}", unit.display()))
}

fn told(found: &[Diagnostic]) -> anyhow::Error {
    anyhow!(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// A registry with one unit, as the server has it.
struct Host {
    registry: Registry,
    pin: Arc<Pin>,
    about: About,
    runtime: Runtime,
}

impl Host {
    fn new(source: &Source, compiler: &dyn Compiler) -> Result<Self> {
        let settings = HookSettings::default();
        let unit = compiler.compile(source).map_err(|found| told(&found))?;
        let version = Arc::new(Version::new(source, unit, &settings.limits, Timestamp::UNIX_EPOCH));
        ensure!(version.has(Hook::Pricing), "{} has no price", version.id());
        let pin = version.pin();
        let registry = Registry::new(settings, Arc::new(Outside), Arc::new(Outside));
        registry.apply(vec![Change::Activate { version, path: source.manifest.id.clone() }]);
        let about = About { station: StationId::parse("bench")?, session: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self { registry, pin, about, runtime })
    }

    fn price(&self, input: &PricingInput) -> Result<()> {
        (0..CALLS).try_for_each(|_| self.ask(input).map(drop))
    }

    fn agrees(&self, input: &PricingInput, bare: Result<PricingOutput, String>) -> Result<()> {
        let host = self.ask(input)?;
        let bare = bare.and_then(|output| output.into_price(input, Arc::clone(&host.priced_by)));
        let bare = bare.map_err(|why| anyhow!(why))?;
        ensure!(bare == host, "a bare call comes to {}, the host to {}", bare.total, host.total);
        Ok(())
    }

    /// The registry puts the parameters in, as for every station.
    fn ask(&self, input: &PricingInput) -> Result<Price> {
        let input = PricingInput { parameters: Parameters::default(), ..input.clone() };
        let answer = self.runtime.block_on(self.registry.price(Some(&self.pin), input, self.about.clone()));
        let price = answer.price.filter(|price| !price.priced_by.fallback);
        price.context("the unit did not price")
    }
}

/// Time stands still, and ids are all the same: nobody looks at them.
struct Outside;

impl Clock for Outside {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Ids for Outside {
    fn session(&self) -> SessionId {
        SessionId(Uuid::nil())
    }

    fn session_no(&self) -> SessionNo {
        SessionNo(1)
    }

    fn decision(&self) -> DecisionId {
        DecisionId(Uuid::nil())
    }

    fn command(&self) -> CommandId {
        CommandId(Uuid::nil())
    }
}
