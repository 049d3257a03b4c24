//! Compiling in a process of its own: what a component does to the compiler, it does to that process.
//!
//! The child is this program again, under limits of memory and processor time and behind everything else in line for the
//! processor. It is given the component on its input, gives the code on its output, and is ended when its time is over or
//! when nobody wants the code any more. How it ended is a finding about the component.

mod child;

use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use amprule_hooks::Diagnostic;

pub use child::{Limits, work};

/// How often it is asked whether anybody still wants the code.
const LOOK: Duration = Duration::from_millis(50);
const WORDS_MAX: u64 = 8 << 10;
const SMALLER: &str = "build it smaller, with fewer and smaller functions, memories and tables";

/// How this program is started as a compiler.
#[derive(Debug, Clone)]
pub struct ChildCompiler {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub limits: Limits,
    /// Bytes of code that are taken from it.
    pub code_max: u64,
}

/// What came out of a child's pipes.
struct Output {
    code: io::Result<Vec<u8>>,
    words: String,
}

impl ChildCompiler {
    /// The code of a valid component.
    pub(crate) fn compile(&self, component: &[u8], is_wanted: &dyn Fn() -> bool) -> Result<Vec<u8>, Diagnostic> {
        let began = Instant::now();
        let mut child =
            self.start().map_err(|error| broken(&format!("the compiler's process cannot start: {error}")))?;
        let finished = thread::scope(|scope| {
            let (send, output) = channel();
            let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
            scope.spawn(move || {
                let (Some(mut input), Some(code), Some(words)) = pipes else { return };
                // A child that has ended reads no more; how it ended says why.
                let _ = input.write_all(component);
                drop(input);
                let code = read(code, self.code_max + 1);
                let words = read(words, WORDS_MAX).unwrap_or_default();
                let _ = send.send(Output { code, words: String::from_utf8_lossy(&words).trim().to_owned() });
            });
            let waited = self.wait(&output, began, is_wanted);
            // Ended or not: its pipes close, and the thread beside us comes back.
            let _ = child.kill();
            waited
        });
        let status = child.wait();
        let output = finished?;
        match (status, output.code) {
            (_, Ok(code)) if code.len() as u64 > self.code_max => Err(self.too_large()),
            (Ok(status), Ok(code)) if status.success() => Ok(code),
            (Ok(status), _) => Err(self.told(status, &output.words)),
            (Err(error), _) => Err(broken(&format!("the compiler's process is lost: {error}"))),
        }
    }

    fn start(&self) -> io::Result<Child> {
        let Limits { memory, time } = self.limits;
        Command::new(&self.program)
            .args(&self.arguments)
            .args([memory.to_string(), time.as_secs().to_string()])
            .env_clear()
            // An arena that is only reserved does not count as memory before it is used.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    fn wait(
        &self,
        output: &Receiver<Output>,
        began: Instant,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Output, Diagnostic> {
        loop {
            match output.recv_timeout(LOOK) {
                Ok(output) => return Ok(output),
                Err(RecvTimeoutError::Timeout) if began.elapsed() >= self.limits.time => return Err(self.too_slow()),
                Err(RecvTimeoutError::Timeout) if !is_wanted() => {
                    return Err(Diagnostic::new("busy", "it was changed while it was compiled"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(broken("the compiler's process gave nothing back")),
            }
        }
    }

    /// What the end of the process says of the component.
    fn told(&self, status: ExitStatus, words: &str) -> Diagnostic {
        if status.code() == Some(child::INVALID.into()) {
            return Diagnostic::new("component", format!("the component is not valid: {words}"));
        }
        if status.signal() == Some(SIGXCPU) {
            return self.too_slow();
        }
        let most = self.limits.memory >> 20;
        let why = format!(
            "the compiler ended ({status}): the component needs more than {most} MiB to compile, or nests deeper than its stack"
        );
        Diagnostic::new("limit", why).hint(SMALLER)
    }

    fn too_large(&self) -> Diagnostic {
        let most = self.code_max >> 20;
        Diagnostic::new("limit", format!("the component's code is larger than {most} MiB when it is compiled"))
            .hint(SMALLER)
    }

    fn too_slow(&self) -> Diagnostic {
        let why = format!("not compiled within {} s", self.limits.time.as_secs());
        Diagnostic::new("limit", why)
            .hint("build it smaller, or give it more time: compile_s of the server, --compile-s of a command")
    }
}

/// The limit of processor time was reached; the same number on every Linux that Rust knows but MIPS and SPARC.
const SIGXCPU: i32 = 24;

fn read(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn broken(why: &str) -> Diagnostic {
    Diagnostic::new("component", why)
}
