//! Child processes that end in good order, whatever ends us.
//!
//! Each has a process group of its own: Ctrl-C reaches us alone, and we pass it on in the order that makes sense.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// How long a child may take to finish what is in flight.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Ours {
    name: &'static str,
    child: Child,
}

impl Ours {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command.process_group(0).spawn().with_context(|| format!("start {name}"))?;
        Ok(Self { name, child })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end and waits; kills it when it does not.
    pub(crate) fn end(&mut self) {
        if self.ended().is_some() {
            return;
        }
        self.signal(Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while self.ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        if self.ended().is_none() {
            println!("{} did not end within {} s and is killed", self.name, PATIENCE.as_secs());
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.end();
    }
}

/// Hears Ctrl-C and SIGTERM. One message is one signal.
pub(crate) fn interrupts() -> Result<Receiver<()>> {
    let (sender, receiver) = sync_channel(4);
    ctrlc::set_handler(move || {
        let _ = sender.try_send(());
    })
    .context("hear Ctrl-C")?;
    Ok(receiver)
}
