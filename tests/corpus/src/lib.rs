//! Units that mean harm, as data, and what must happen to each.
//!
//! The tables are `tests/guests/corpus/*.toml`. Two tests walk all of them: the one of this crate, through the crates
//! that load and run units; and `tests/it/corpus.rs`, in a real server beside honest stations. To add a unit, add an
//! entry to a table:
//!
//! | key | meaning |
//! |---|---|
//! | `name`, `about` | a word for the folder, and what the unit does |
//! | `body`, `fields`, `realloc`, `imports`, `wit`, `needs`, `logs` | parts of a WebAssembly guest, see [`guest::Guest`] |
//! | `component`, `raw` | a whole component as text; a file that is none |
//! | `price`, `script`, `latin1` | the body of `fn price(session)`; a whole script; one in another encoding |
//! | `hook`, `manifest`, `links`, `many`, `case` | `authorization` or `modifier`; more of plugin.toml; links; so many more files; a case |
//! | `parameters`, `pipes`, `circles` | parameters.toml; files that are pipes without a writer; so many links to the folder |
//! | `fill`, `fill_end`, `times` | the code's `{fill}` is this text, so many times, `{n}` being the count |
//! | `locals`, `targets` | the code's `{locals}` and `{targets}`: so many types, so many numbers |
//! | `fuel` | what the call may use, where the usual 20 million are not meant |
//!
//! and one expectation: `refused` at load with that code ("" for any) and, in what is said, the word `says`; `fault`,
//! the class of every call's fault; `answers`, harmless in the end; `elsewhere`, the file whose test proves it, by the
//! words `says`.

pub mod guest;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use amprule_domain::decision::Hook;

/// A hostile unit, ready to be written into a folder.
#[derive(Debug, Clone)]
pub struct Unit {
    pub name: String,
    pub about: String,
    pub expect: Expect,
    /// A word that the refusal or the fault has to contain.
    pub says: String,
    /// What one call may use, where it is not the usual.
    pub fuel: Option<u64>,
    pub hook: Hook,
    pub is_script: bool,
    /// Path below the unit's folder to content.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Path below the unit's folder to where the link leads.
    pub links: BTreeMap<String, String>,
    /// Paths below the unit's folder of pipes that nobody writes to.
    pub pipes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// At load, with this code; any when it is empty.
    Refused(String),
    /// At every call, with one of these classes.
    Faults(Vec<String>),
    Answers,
    /// Proven by a test in that file.
    Elsewhere(String),
}

impl Unit {
    pub fn prices(&self) -> bool {
        self.hook == Hook::Pricing
    }

    /// Writes it as an operator would install it.
    pub fn write(&self, folder: &Path) {
        for (name, content) in &self.files {
            let path = within(folder, name);
            fs::write(path, content).expect("write a file of a hostile unit");
        }
        #[cfg(unix)]
        for (name, target) in &self.links {
            std::os::unix::fs::symlink(target, within(folder, name)).expect("make a link of a hostile unit");
        }
        for name in &self.pipes {
            let made = Command::new("mkfifo").arg(within(folder, name)).status();
            assert!(made.expect("mkfifo is there").success(), "make a pipe of a hostile unit");
        }
    }
}

/// Every unit of every table, in the tables' order.
pub fn corpus() -> Vec<Unit> {
    let mut tables: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the corpus is there")
        .map(|entry| entry.expect("read the corpus").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    tables.sort();
    tables.iter().flat_map(|path| table::read(path)).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/corpus")
}

fn within(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("make a folder of a hostile unit");
    path
}
