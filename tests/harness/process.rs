//! What the kernel says about a process.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

/// Resident memory in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("read a living child's status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a living process has VmRSS");
    line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("VmRSS is a number of kB")
}

/// Asks a process to end.
pub fn terminate(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a child has a process id");
    // It may have ended by itself, which the caller finds out by waiting.
    let _ = kill_process(pid, Signal::TERM);
}
