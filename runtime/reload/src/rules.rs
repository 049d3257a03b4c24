//! The configuration file, as one more place that is watched: which units are asked may change while the server runs.
//!
//! This crate does not know what else the file says, nor how it is written: whoever does reads it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use amprule_hooks::{Diagnostic, Selection};

use crate::regular::{self, FileStamp};

/// What a configuration file says.
pub struct LoadedRules {
    pub selection: Selection,
    /// Makes the rest of it count that counts at once. Called when the selection counts; a reading that is given up calls nothing.
    pub also: Box<dyn FnOnce() + Send>,
    /// Keys that differ from what the server began with, and count when it starts again.
    pub needs_restart: Vec<String>,
}

/// Makes sense of a file's text.
pub type Reader = Box<dyn Fn(&str) -> Result<LoadedRules, Vec<Diagnostic>> + Send>;

/// The file in which operators say which units are asked.
pub struct RulesFile {
    path: PathBuf,
    read: Reader,
    /// The text that was judged last, or why there was none.
    seen: Result<String, String>,
    /// It could not be read at the last look.
    doubted: bool,
    /// Looks in which it has waited for a unit whose files are still written.
    waited: u32,
}

pub(crate) enum Look {
    Same,
    /// It changes, or is away, just now: look again soon.
    Moving,
    Changed(Result<LoadedRules, Vec<Diagnostic>>),
}

impl RulesFile {
    /// A larger file is refused.
    const MAX_BYTES: u64 = 1 << 20;
    const MAX_WAITED: u32 = 50;

    /// `text` is what the server began with.
    pub fn new(path: &Path, text: String, read: Reader) -> Self {
        Self { path: path.to_owned(), read, seen: Ok(text), doubted: false, waited: 0 }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn look(&mut self) -> Look {
        let now = match self.text() {
            Ok(Some(text)) => Ok(text),
            Ok(None) => return Look::Moving,
            Err(error) => Err(error.to_string()),
        };
        if now == self.seen {
            self.doubted = false;
            return Look::Same;
        }
        // Some editors take a file away for a moment.
        if now.is_err() && !std::mem::replace(&mut self.doubted, true) {
            return Look::Moving;
        }
        self.doubted = false;
        self.seen = now;
        Look::Changed(match &self.seen {
            Ok(text) => (self.read)(text),
            Err(error) => Err(vec![self.unreadable(error)]),
        })
    }

    /// False: it has waited long enough for files that are written again and again.
    pub(crate) fn may_wait(&mut self) -> bool {
        self.waited += 1;
        self.waited <= Self::MAX_WAITED
    }

    pub(crate) fn has_counted(&mut self) {
        self.waited = 0;
    }

    /// The next look judges it again.
    pub(crate) fn forget(&mut self) {
        self.seen = Err(String::new());
    }

    /// `None` when it changed while it was read.
    fn text(&self) -> io::Result<Option<String>> {
        let (bytes, before) = regular::read(&self.path, Self::MAX_BYTES)?;
        if before.len > Self::MAX_BYTES {
            return Err(io::Error::other(format!("it has more than {} KiB", Self::MAX_BYTES >> 10)));
        }
        let after = FileStamp::of(&fs::metadata(&self.path)?);
        let text = String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8 text"))?;
        Ok((before == after).then_some(text))
    }

    fn unreadable(&self, error: &str) -> Diagnostic {
        let file = self.path.display().to_string();
        Diagnostic::new("unreadable", error).in_file(file).hint("which units are asked stays as it was")
    }
}
