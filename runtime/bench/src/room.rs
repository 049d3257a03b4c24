//! How many connections this machine lets a process have, and what can be done about it.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a process has beside its connections: libraries, databases, threads that wait.
const OTHER_FILES: u64 = 256;

/// Raises the limit of open files as far as is needed and allowed; processes that are started later inherit it. The error
/// says what is in the way.
pub(crate) fn make(connections: usize) -> Result<(), String> {
    let needed = connections as u64 + OTHER_FILES;
    files(needed)?;
    match ports() {
        Some(ports) if ports < connections as u64 => Err(format!(
            "only {ports} ports of this machine can be the near end of a connection (net.ipv4.ip_local_port_range)"
        )),
        _ => Ok(()),
    }
}

/// This process takes as many as it may have.
pub(crate) fn own_files() -> anyhow::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

fn files(needed: u64) -> Result<(), String> {
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    if needed <= most {
        // Every process that is measured, or is the load, raises its own limit up to this one.
        return Ok(());
    }
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: Some(needed) });
    raised.map_err(|error| {
        format!(
            "a process may open {most} files here (ulimit -Hn), {needed} are needed, and raising it failed: {error}"
        )
    })
}

/// Near ends of connections to one far end. Every server has a port of its own, so what was closed a minute ago is in the
/// way of none that comes.
fn ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = range.split_whitespace().map_while(|end| end.parse::<u64>().ok());
    let (first, last) = (ends.next()?, ends.next()?);
    Some(last.saturating_sub(first) + 1)
}
