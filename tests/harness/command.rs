//! The `amprule` command as a person uses it: arguments in, text and an exit status out.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::server::binary;
use crate::wait::PATIENCE;
use crate::{folders, process};

/// What a command that ended by itself said.
#[derive(Debug)]
pub struct Said {
    pub good: bool,
    /// Standard output, then standard error.
    pub text: String,
    pub output: String,
}

pub fn amprule(folder: &Path, args: &[&str]) -> Said {
    said(&mut command(folder, args))
}

/// As on a machine that has no compilers.
pub fn amprule_alone(folder: &Path, args: &[&str]) -> Said {
    said(command(folder, args).env("PATH", ""))
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("start the command");
    let output = String::from_utf8(stdout).expect("the command writes UTF-8");
    let text = format!("{output}{}", String::from_utf8_lossy(&stderr));
    Said { good: status.success(), text, output }
}

/// What it keeps for its user is kept with what the tests build.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(folder).args(args).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", folders::target().join("cache"));
    command
}

impl Said {
    /// What it said, of a command that must succeed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.good, "the command failed:\n{}", self.text);
        self.text
    }

    /// What it said, of a command that must fail.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(!self.good, "the command should have failed:\n{}", self.text);
        self.text
    }
}

/// A command that goes on, read line by line.
#[derive(Debug)]
pub struct Going {
    child: Child,
    lines: Receiver<String>,
}

impl Going {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = command(folder, args).stdout(Stdio::piped()).spawn().expect("start the command");
        let output = child.stdout.take().expect("the command's output is ours");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self { child, lines }
    }

    /// All lines up to the first that begins with `word`.
    pub fn until(&self, word: &str) -> String {
        let mut said = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line began with {word:?}; it said\n{said}"));
            said.push_str(&line);
            said.push('\n');
            if line.starts_with(word) {
                return said;
            }
        }
    }

    /// As Ctrl-C and a service manager do.
    pub fn end(mut self) -> ExitStatus {
        process::terminate(&self.child);
        self.child.wait().expect("the command ends")
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
