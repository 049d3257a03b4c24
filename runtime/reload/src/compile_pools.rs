//! From a source to a version: compiling, checking its hooks, running its own cases. On which thread is for the pool.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_hooks::inputs::needing;
use amprule_hooks::{Compiler, Diagnostic, HostLimits, Kind, Source, Tables, Unit, Version, cases};
use jiff::Timestamp;

use crate::compile_task::{CompileTask, Made, Result};
use crate::pool::{BUSY, Job, Pool, Work};

/// One compiler for each kind of unit.
#[derive(Clone)]
pub struct Compilers {
    pub rhai: Arc<dyn Compiler>,
    pub wasm: Arc<dyn Compiler>,
    /// Of drivers that are configuration alone.
    pub map: Arc<dyn Compiler>,
}

/// What units are made with, and within which bounds.
#[derive(Clone)]
pub struct CompileSettings {
    pub compilers: Compilers,
    pub limits: HostLimits,
    /// A unit that is not compiled and tested in this time is refused.
    pub timeout: Duration,
}

impl CompileSettings {
    /// When nobody says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// With the usual bounds.
    pub fn usual(compilers: Compilers) -> Self {
        Self { compilers, limits: HostLimits::default(), timeout: Self::TIMEOUT }
    }
}

/// The niceness of threads for new versions: stations come first where there are not enough processors for both.
const BEHIND_STATIONS: i32 = 2;

/// A component that compiles for a minute holds up neither a script nor a version that a session waits for.
pub(crate) struct CompilePools {
    new: Pools,
    /// For versions of the archive, which have passed their cases before: those that a session waits for, and those of the
    /// reload's own thread, which does not stand behind sessions.
    recalled: Pools,
    resumed: Pools,
}

/// By the kind of unit.
struct Pools {
    scripts: Arc<Pool>,
    components: Arc<Pool>,
}

impl Pools {
    fn of(&self, kind: Kind) -> &Arc<Pool> {
        match kind {
            Kind::Rhai | Kind::Map => &self.scripts,
            Kind::Wasm => &self.components,
        }
    }
}

impl CompilePools {
    /// One unit may take as long as the equipment has patience.
    pub(crate) fn open(settings: CompileSettings) -> io::Result<Self> {
        let CompileSettings { compilers, limits, timeout } = settings;
        let work: Work = Arc::new(move |task: &CompileTask, is_wanted: &dyn Fn() -> bool| {
            make(&compilers, &limits, task, is_wanted)
        });
        let lanes = |threads, niceness| {
            let lane = || Pool::open(Arc::clone(&work), timeout, threads, niceness);
            Ok::<_, io::Error>(Pools { scripts: lane()?, components: lane()? })
        };
        Ok(Self { new: lanes(2, BEHIND_STATIONS)?, recalled: lanes(1, 0)?, resumed: lanes(1, 0)? })
    }

    /// Begins and does not wait.
    pub(crate) fn begin(&self, source: Source, at: Timestamp) -> Result<Job> {
        self.new.of(source.kind).begin(CompileTask { source, tests: true, at })
    }

    /// `tests`: whether the unit's own cases are run.
    pub(crate) fn make(&self, source: Source, tests: bool, at: Timestamp) -> Result<Made> {
        self.new.of(source.kind).begin(CompileTask { source, tests, at })?.wait()
    }

    /// Without a time, as long as the equipment has patience.
    pub(crate) fn recall(
        &self,
        source: Source,
        at: Timestamp,
        until: Option<Instant>,
        is_for_a_session: bool,
    ) -> Result<Made> {
        let lanes = if is_for_a_session { &self.recalled } else { &self.resumed };
        let job = lanes.of(source.kind).begin(CompileTask { source, tests: false, at })?;
        let Some(until) = until else { return job.wait() };
        let late = || Err(vec![Diagnostic::new(BUSY, "it is not compiled yet, and nobody waits for it any longer")]);
        job.wait_until(until).unwrap_or_else(late)
    }
}

impl Drop for CompilePools {
    fn drop(&mut self) {
        let lanes = [&self.new, &self.recalled, &self.resumed]
            .into_iter()
            .flat_map(|lanes| [&lanes.scripts, &lanes.components]);
        lanes.for_each(|lane| lane.close());
    }
}

fn make(compilers: &Compilers, limits: &HostLimits, task: &CompileTask, is_wanted: &dyn Fn() -> bool) -> Result<Made> {
    let mut source = task.source.clone();
    let compiler = match source.kind {
        Kind::Rhai => &compilers.rhai,
        Kind::Wasm => &compilers.wasm,
        Kind::Map => &compilers.map,
    };
    source.tables = Arc::new(Tables::read(&source.manifest.tables, &source.files)?);
    let unit = needing(&source.manifest.inputs, compiler.compile_while(&source, is_wanted)?);
    check_hooks(&mut source, &*unit)?;
    let cases = if task.tests { test(&source, &*unit, limits, is_wanted)? } else { 0 };
    Ok(Made { version: Version::new(&source, unit, limits, task.at), cases })
}

/// A manifest may name fewer hooks than the code has, never others. Without a manifest the code says it.
fn check_hooks(source: &mut Source, unit: &dyn Unit) -> Result<()> {
    let manifest = &mut source.manifest;
    if manifest.hooks.is_empty() {
        manifest.hooks = unit.hooks().to_vec();
    }
    if manifest.drives && unit.driver().is_none() && unit.device().is_none() {
        let why = "the manifest names the hook \"device\", and the code does not drive any";
        return Err(vec![
            Diagnostic::new("no-hook", why).in_file(&manifest.entry).hint("a script defines fn turn(device)"),
        ]);
    }
    if manifest.hooks.is_empty() && !manifest.drives {
        let hint = "a script defines fn price(session), fn authorize(request), fn modify(session, bill), fn share(site) or fn translate(message)";
        return Err(vec![Diagnostic::new("no-hook", "the code has no hook").in_file(&manifest.entry).hint(hint)]);
    }
    let missing = manifest.hooks.iter().filter(|hook| !unit.hooks().contains(hook));
    let complaints: Vec<Diagnostic> = missing
        .map(|hook| {
            let why = format!("the manifest names the hook {:?}, and the code does not have it", hook.as_str());
            Diagnostic::new("no-hook", why).in_file(&manifest.entry)
        })
        .collect();
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

fn test(source: &Source, unit: &dyn Unit, limits: &HostLimits, is_wanted: &dyn Fn() -> bool) -> Result<usize> {
    let outcome = cases::run_while(source, unit, &limits.grant(source.kind, &source.manifest.limits), is_wanted);
    if outcome.failed.is_empty() { Ok(outcome.passed) } else { Err(outcome.failed) }
}
