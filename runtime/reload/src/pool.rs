//! A compiler's thread pool: a few threads and a bounded queue before them. Whoever compiles is told when nobody wants
//! the result any more. A thread that is over its time with a job all the same goes on, since nothing can end it; another
//! one takes its place, as long as not too many are lost that way.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use amprule_hooks::Diagnostic;
use parking_lot::{Condvar, Mutex};
use rustix::process::nice;

use crate::compile_task::{CompileTask, Made, Result};

/// Threads that are given up are replaced up to this many; beyond it no unit is compiled until one of them comes back.
const LOST_MAX: usize = 4;
/// Beyond it a job is refused, and begun again later.
const QUEUE: usize = 1_024;
/// The code of a diagnostic of what can be tried again: nobody has finished it.
pub(crate) const BUSY: &str = "busy";
/// Compilers of wasm recurse deeply on deep code.
const STACK: usize = 16 << 20;

/// Makes a version of a task, as long as somebody wants it.
pub(crate) type Work = Arc<dyn Fn(&CompileTask, &dyn Fn() -> bool) -> Result<Made> + Send + Sync>;

pub(crate) struct Pool {
    work: Work,
    /// How long a job may take once it has begun.
    timeout: Duration,
    threads: usize,
    niceness: i32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    last: u64,
    waiting: VecDeque<(u64, CompileTask)>,
    running: BTreeMap<u64, Running>,
    done: HashMap<u64, Result<Made>>,
    /// Those that are at work or ready for it.
    threads: usize,
    lost: usize,
    closed: bool,
}

struct Running {
    since: Instant,
    /// Somebody still waits for it.
    wanted: bool,
}

/// A job that was begun. Dropped, its result is wanted no more.
pub(crate) struct Job {
    pool: Arc<Pool>,
    number: u64,
}

impl Pool {
    /// So many threads compile at the same time, after others that have a smaller niceness (`nice(2)`).
    pub(crate) fn open(work: Work, timeout: Duration, threads: usize, niceness: i32) -> io::Result<Arc<Self>> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        let pool = Arc::new(Self { work, timeout, threads, niceness, state, changed });
        for _ in 0..threads {
            pool.spawn(&mut pool.state.lock())?;
        }
        Ok(pool)
    }

    pub(crate) fn begin(self: &Arc<Self>, task: CompileTask) -> Result<Job> {
        let mut state = self.state.lock();
        self.replace_late(&mut state);
        if state.waiting.len() >= QUEUE || state.threads == 0 {
            return busy();
        }
        state.last += 1;
        let number = state.last;
        state.waiting.push_back((number, task));
        self.changed.notify_all();
        Ok(Job { pool: Arc::clone(self), number })
    }

    /// Threads end with what they are doing.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    fn spawn(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new().name("amprule-compile".to_owned()).stack_size(STACK);
        thread.spawn(move || {
            pool.step_back();
            pool.serve();
        })?;
        state.threads += 1;
        Ok(())
    }

    /// Of the thread that calls; elsewhere than on Linux it would be of the whole process.
    fn step_back(&self) {
        if cfg!(target_os = "linux")
            && self.niceness > 0
            && let Err(error) = nice(self.niceness)
        {
            tracing::debug!(%error, "compilers run at the usual priority");
        }
    }

    fn serve(&self) {
        while let Some((number, task)) = self.next() {
            let made = catch_unwind(AssertUnwindSafe(|| (self.work)(&task, &|| self.is_wanted(number))));
            let made = made.unwrap_or_else(|_| refuse("compile", "the compiler panicked; what it compiled is refused"));
            if !self.finish(number, made) {
                return;
            }
        }
    }

    fn is_wanted(&self, number: u64) -> bool {
        let state = self.state.lock();
        !state.closed && state.running.get(&number).is_some_and(|running| running.wanted)
    }

    /// `None`: nobody needs this thread any more.
    fn next(&self) -> Option<(u64, CompileTask)> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some((number, task)) = state.waiting.pop_front() {
                state.running.insert(number, Running { since: Instant::now(), wanted: true });
                return Some((number, task));
            }
            self.changed.wait(&mut state);
        }
    }

    /// False: the thread was given up, and another one has its place.
    fn finish(&self, number: u64, made: Result<Made>) -> bool {
        let mut state = self.state.lock();
        if let Some(running) = state.running.remove(&number) {
            if running.wanted {
                state.done.insert(number, made);
            }
        } else {
            state.lost -= 1;
            if state.threads >= self.threads {
                return false;
            }
            state.threads += 1;
        }
        self.changed.notify_all();
        true
    }

    /// What is over its time is refused, and its thread is given up.
    fn replace_late(self: &Arc<Self>, state: &mut State) {
        let now = Instant::now();
        while let Some((&number, running)) = state.running.iter().find(|(_, running)| self.is_late(running, now)) {
            if running.wanted {
                let why = format!("not compiled and tested within {} s", self.timeout.as_secs());
                let hint = "build it smaller, or give it more time: compile_s of the server, --compile-s of a command";
                state.done.insert(number, Err(vec![Diagnostic::new("limit", why).hint(hint)]));
            }
            state.running.remove(&number);
            state.threads -= 1;
            state.lost += 1;
            if state.lost <= LOST_MAX
                && let Err(error) = self.spawn(state)
            {
                tracing::error!(%error, "a compiler's thread is lost and cannot be replaced");
            }
        }
        if state.threads == 0 {
            let stranded: Vec<u64> = state.waiting.drain(..).map(|(number, _)| number).collect();
            state.done.extend(stranded.into_iter().map(|number| (number, busy())));
        }
    }

    fn is_late(&self, running: &Running, now: Instant) -> bool {
        now.saturating_duration_since(running.since) >= self.timeout
    }
}

impl Job {
    pub(crate) fn wait(self) -> Result<Made> {
        loop {
            if let Some(made) = self.wait_until(Instant::now() + self.pool.timeout) {
                return made;
            }
        }
    }

    /// `None`: it is still in the making.
    pub(crate) fn wait_until(&self, until: Instant) -> Option<Result<Made>> {
        let pool = &self.pool;
        let mut state = pool.state.lock();
        loop {
            pool.replace_late(&mut state);
            if let Some(made) = state.done.remove(&self.number) {
                return Some(made);
            }
            if state.closed {
                return Some(refuse("compile", "the compiler's threads have ended"));
            }
            if Instant::now() >= until {
                return None;
            }
            let late = state.running.values().map(|running| running.since + pool.timeout).min();
            pool.changed.wait_until(&mut state, late.map_or(until, |late| late.min(until)));
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock();
        state.waiting.retain(|(number, _)| *number != self.number);
        state.done.remove(&self.number);
        if let Some(running) = state.running.get_mut(&self.number) {
            running.wanted = false;
        }
    }
}

fn busy<T>() -> Result<T> {
    refuse(BUSY, "the compilers are busy with other units; it is tried again")
}

fn refuse<T>(code: &'static str, why: &str) -> Result<T> {
    Err(vec![Diagnostic::new(code, why)])
}
