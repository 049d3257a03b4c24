//! The compiler that runs, so that it can be ended with us.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Option<Child>>>);

impl Running {
    /// From another thread: what is being built will not be.
    pub(crate) fn end(&self) {
        if let Some(child) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // It may have ended by itself.
            let _ = child.kill();
        }
    }

    /// Runs to the end and gives what went to standard output. Standard error is ours.
    pub(super) fn run(&self, command: &mut Command) -> Result<String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let running = || format!("run {program}");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(running)?;
        let output = child.stdout.take().with_context(running)?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let told = std::io::read_to_string(output).with_context(running)?;
        let child = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let status = child.with_context(running)?.wait().with_context(running)?;
        ensure!(status.success(), "the plugin does not build; what {program} says above tells why");
        Ok(told)
    }
}

/// Runs quietly and says whether it could be started and ended well.
pub(super) fn succeeds(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
