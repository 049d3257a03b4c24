//! Compiling and self-testing, on one thread of their own: a compiler that takes its time delays nobody else, and one
//! that never ends is given up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use amprule_hooks::{Compiler, Diagnostic, HostLimits, Kind, Source, Unit, Version, cases};
use jiff::Timestamp;

/// One compiler for each kind of unit.
#[derive(Clone)]
pub struct Compilers {
    pub rhai: Arc<dyn Compiler>,
    pub wasm: Arc<dyn Compiler>,
}

/// What units are made with, and within which bounds.
#[derive(Clone)]
pub struct Equipment {
    pub compilers: Compilers,
    pub limits: HostLimits,
    /// A unit that is not compiled and tested in this time is refused.
    pub patience: Duration,
}

impl Equipment {
    /// When nobody says otherwise.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// With the usual bounds.
    pub fn usual(compilers: Compilers) -> Self {
        Self { compilers, limits: HostLimits::default(), patience: Self::PATIENCE }
    }
}

/// A unit that passed every step, and how many of its cases ran.
pub(crate) struct Made {
    pub(crate) version: Version,
    pub(crate) cases: usize,
}

pub(crate) struct Workshop {
    jobs: SyncSender<Job>,
    patience: Duration,
}

type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

struct Job {
    source: Source,
    tests: bool,
    at: Timestamp,
    done: SyncSender<Result<Made>>,
}

/// Compilers of wasm recurse deeply on deep code.
const STACK: usize = 16 << 20;
/// More than this many waiting jobs are refused.
const QUEUE: usize = 16;

impl Workshop {
    pub(crate) fn open(equipment: Equipment) -> std::io::Result<Self> {
        let Equipment { compilers, limits, patience } = equipment;
        let (jobs, waiting) = sync_channel::<Job>(QUEUE);
        // The thread ends when the workshop, and with it the last sender, is dropped.
        thread::Builder::new().name("amprule-compile".to_owned()).stack_size(STACK).spawn(move || {
            for job in waiting {
                let made = catch_unwind(AssertUnwindSafe(|| make(&compilers, &limits, &job)));
                let made =
                    made.unwrap_or_else(|_| refuse("compile", "the compiler panicked; what it compiled is refused"));
                drop(job.done.try_send(made));
            }
        })?;
        Ok(Self { jobs, patience })
    }

    /// `tests`: whether the unit's own cases are run.
    pub(crate) fn make(&self, source: Source, tests: bool, at: Timestamp) -> Result<Made> {
        let (done, made) = sync_channel(1);
        match self.jobs.try_send(Job { source, tests, at, done }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return refuse("limit", "too many units wait for the compiler"),
            Err(TrySendError::Disconnected(_)) => return refuse("compile", "the compiler's thread has ended"),
        }
        match made.recv_timeout(self.patience) {
            Ok(made) => made,
            Err(RecvTimeoutError::Timeout) => {
                let why = format!("not compiled and tested within {} s", self.patience.as_secs());
                let hint = "build it smaller, or give it more time: compile_s of the server, --compile-s of a command";
                Err(vec![Diagnostic::new("limit", why).hint(hint)])
            }
            Err(RecvTimeoutError::Disconnected) => refuse("compile", "the compiler's thread has ended"),
        }
    }
}

fn make(compilers: &Compilers, limits: &HostLimits, job: &Job) -> Result<Made> {
    let mut source = job.source.clone();
    let compiler = match source.kind {
        Kind::Rhai => &compilers.rhai,
        Kind::Wasm => &compilers.wasm,
    };
    let unit = compiler.compile(&source)?;
    settle_hooks(&mut source, &*unit)?;
    let cases = if job.tests { test(&source, &*unit, limits)? } else { 0 };
    Ok(Made { version: Version::new(&source, unit, limits, job.at), cases })
}

/// A manifest may name fewer hooks than the code has, never others. Without a manifest the code says it.
fn settle_hooks(source: &mut Source, unit: &dyn Unit) -> Result<()> {
    let manifest = &mut source.manifest;
    if manifest.hooks.is_empty() {
        manifest.hooks = unit.hooks().to_vec();
    }
    if manifest.hooks.is_empty() {
        let hint = "a script defines fn price(session), fn authorize(request) or fn modify(session, bill)";
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

fn test(source: &Source, unit: &dyn Unit, limits: &HostLimits) -> Result<usize> {
    let outcome = cases::run(source, unit, &limits.grant(source.kind, &source.manifest.limits));
    if outcome.failed.is_empty() { Ok(outcome.passed) } else { Err(outcome.failed) }
}

fn refuse<T>(code: &'static str, why: &str) -> Result<T> {
    Err(vec![Diagnostic::new(code, why)])
}
