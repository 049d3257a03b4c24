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
    // What ended in the middle, or did not compile, has no failures to try again, or not all of them.
    if first.failed.is_empty() || first.failed.len() > TRIED_AGAIN || first.is_cut_off() {
        bail!("the tests fail, see above: {}", first.failed.join(", "));
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

#[derive(Default)]
struct Heard {
    good: bool,
    failed: Vec<String>,
    passed: Vec<String>,
    /// Binaries that have begun, and those that came to a result.
    begun: usize,
    told: usize,
}

impl Heard {
    /// A binary has crashed, or was ended.
    fn is_cut_off(&self) -> bool {
        self.begun != self.told
    }

    fn hear(&mut self, line: &str) {
        self.begun +=
            usize::from(line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")));
        self.told += usize::from(line.starts_with("test result: "));
        match verdict(line) {
            Some((name, true)) => self.passed.push(name.to_owned()),
            Some((name, false)) => self.failed.push(name.to_owned()),
            None => {}
        }
    }
}

/// Runs `cargo test`, shows what it says, and keeps which tests passed and which did not.
fn test(root: &Path, which: &[&str], words: &[&str], prepare: &impl Fn(&mut Command) -> Result<()>) -> Result<Heard> {
    let mut command = cargo(root);
    command.arg("test").args(which).arg("--").args(words).stdout(Stdio::piped());
    prepare(&mut command)?;
    let line = print(&command);
    let mut child = command.spawn().with_context(|| format!("start `{line}`"))?;
    let output = child.stdout.take().context("hear the tests")?;
    let mut heard = Heard::default();
    for said in BufReader::new(output).split(b'\n') {
        let said = said.with_context(|| format!("read what `{line}` says"))?;
        let mut shown = std::io::stdout().lock();
        shown.write_all(&said)?;
        shown.write_all(b"\n")?;
        heard.hear(&String::from_utf8_lossy(&said));
    }
    let status = child.wait().with_context(|| format!("wait for `{line}`"))?;
    Ok(Heard { good: status.success(), ..heard })
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
    use super::{Heard, verdict};

    #[test]
    fn a_binary_that_crashes_beside_a_failure_is_no_noise() {
        let heard = |lines: &[&str]| {
            let mut heard = Heard::default();
            lines.iter().for_each(|line| heard.hear(line));
            (heard.failed.len(), heard.is_cut_off())
        };
        let whole =
            ["running 2 tests", "test a ... ok", "test b ... FAILED", "test result: FAILED. 1 passed; 1 failed"];
        assert_eq!(heard(&whole), (1, false));
        assert_eq!(heard(&[&whole[..], &["running 1 test", "test c ... "]].concat()), (1, true));
    }

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
