//! The child's side: limits first, then the component from the input, then its code to the output.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, nice, setrlimit};

use crate::engine::{Settings, compiling_engine};

/// The component cannot be compiled by anybody; standard error says why.
pub(super) const INVALID: u8 = 3;
/// Behind everything that drivers wait for.
const NICE: i32 = 10;
const STACK: usize = 16 << 20;

/// What compiling one component may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes.
    pub memory: u64,
    pub time: Duration,
}

/// Compiles what stands in the input, once. `settings`: as the engine has them that is to run the code.
///
/// # Errors
/// What is wrong with this process; what is wrong with the component is in the exit code.
pub fn work(settings: &Settings, limits: Limits) -> io::Result<ExitCode> {
    let engine = compiling_engine(settings).map_err(io::Error::other)?;
    let mut component = Vec::new();
    io::stdin().lock().take(settings.component_max as u64).read_to_end(&mut component)?;
    confine(limits)?;
    // The compiler recurses deeply on deep code.
    let compiling = thread::Builder::new().stack_size(STACK).spawn(move || engine.precompile_component(&component))?;
    match compiling.join() {
        Ok(Ok(code)) => io::stdout().lock().write_all(&code).map(|()| ExitCode::SUCCESS),
        Ok(Err(error)) => {
            write!(io::stderr(), "{error:#}")?;
            Ok(ExitCode::from(INVALID))
        }
        Err(_) => Err(io::Error::other("the compiler panicked")),
    }
}

fn confine(limits: Limits) -> io::Result<()> {
    let exactly = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Data, exactly(limits.memory))?;
    // The soft limit sends SIGXCPU, by which the parent knows the cause; the hard one, a second later, only kills.
    let seconds = limits.time.as_secs().max(1);
    setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 1) })?;
    setrlimit(Resource::Core, exactly(0))?;
    nice(NICE).map(drop).map_err(io::Error::from)
}
