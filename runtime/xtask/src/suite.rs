//! The tests as cargo runs them, and a second look at the few that failed.
//!
//! A test of the whole system starts servers, boxes and brokers, and a machine with two cores that does something else beside it
//! may be late for one of them. Such a test is tried once more with nothing beside it: what fails there too is broken, what
//! passes is named in the summary, because a test that needs silence wants to be mended.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, print};

/// More failures than this are no noise.
const TRIED_AGAIN: usize = 5;

/// Runs every test; gives the names of those that passed at the second try only.
pub(crate) fn run(root: &Path, prepare: impl Fn(&mut Command) -> Result<()>) -> Result<Vec<String>> {
    let first = test(root, &["--workspace", "--no-fail-fast"], &[], &prepare)?;
    if first.good {
        return Ok(Vec::new());
    }
    if first.failed.is_empty() || first.failed.len() > TRIED_AGAIN {
        bail!(
            "the tests fail: {}",
            if first.failed.is_empty() { "see above".to_owned() } else { first.failed.join(", ") }
        );
    }
    println!("\nonce more, one by one: {}", first.failed.join(", "));
    let names = first.failed.iter().map(String::as_str);
    let alone: Vec<&str> = ["--exact", "--test-threads=1"].into_iter().chain(names).collect();
    let second = test(root, &["--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"], &alone, &prepare)?;
    let still = |name: &&String| !second.passed.contains(name);
    let broken: Vec<&str> = first.failed.iter().filter(still).map(String::as_str).collect();
    if !second.good || !broken.is_empty() {
        bail!("these fail alone too: {}", broken.join(", "));
    }
    Ok(first.failed)
}

struct Heard {
    good: bool,
    failed: Vec<String>,
    passed: Vec<String>,
}

/// Runs `cargo test`, shows what it says, and keeps which tests passed and which did not.
fn test(root: &Path, which: &[&str], words: &[&str], prepare: &impl Fn(&mut Command) -> Result<()>) -> Result<Heard> {
    let mut command = cargo(root);
    command.arg("test").args(which).arg("--").args(words).stdout(Stdio::piped());
    prepare(&mut command)?;
    let line = print(&command);
    let mut child = command.spawn().with_context(|| format!("start `{line}`"))?;
    let output = child.stdout.take().context("hear the tests")?;
    let (mut failed, mut passed) = (Vec::new(), Vec::new());
    for said in BufReader::new(output).split(b'\n') {
        let said = said.with_context(|| format!("read what `{line}` says"))?;
        let mut shown = std::io::stdout().lock();
        shown.write_all(&said)?;
        shown.write_all(b"\n")?;
        match verdict(&String::from_utf8_lossy(&said)) {
            Some((name, true)) => passed.push(name.to_owned()),
            Some((name, false)) => failed.push(name.to_owned()),
            None => {}
        }
    }
    let status = child.wait().with_context(|| format!("wait for `{line}`"))?;
    Ok(Heard { good: status.success(), failed, passed })
}

/// Reads `test NAME ... ok`; the tests of documents, whose names hold spaces, are not tried again.
fn verdict(line: &str) -> Option<(&str, bool)> {
    let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match verdict {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_verdict_is_read_from_its_line_alone() {
        let cases = [
            ("test a::b ... ok", Some(("a::b", true))),
            ("test a::b ... FAILED", Some(("a::b", false))),
            ("test a::b ... ignored", None),
            ("test result: ok. 1 passed; 0 failed", None),
            ("---- a::b stdout ----", None),
        ];
        for (line, wanted) in cases {
            assert_eq!(verdict(line), wanted, "{line}");
        }
    }
}
