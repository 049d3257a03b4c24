//! Waits for a change below one folder, sources included: what an author edits, not what a server loads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::quiet::{Hint, wait_for_quiet};
use crate::unit_path::children;
use crate::watch::channel;

/// A save is over when nothing happened for this long …
const QUIET: Duration = Duration::from_millis(30);
/// … or when this long has passed since its first sign.
const AT_MOST: Duration = Duration::from_millis(500);
/// Events may be lost: everything is looked at this often anyway.
const RESCAN: Duration = Duration::from_secs(1);
/// Folders and files beyond these are not looked at.
const DEPTH: usize = 6;
const FILES: usize = 4_096;

/// What an author's folder looked like, and what tells of changes.
pub struct Observed {
    folder: PathBuf,
    watcher: Option<RecommendedWatcher>,
    hints: Receiver<Hint>,
    send: SyncSender<Hint>,
    seen: Seen,
}

/// Ends a wait from another thread.
#[derive(Clone)]
pub struct Stopper(SyncSender<Hint>);

type Stamp = (u64, Option<SystemTime>);
type Seen = BTreeMap<PathBuf, Stamp>;

impl Observed {
    pub fn new(folder: &Path) -> Self {
        let (send, hints) = channel();
        let sender = send.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Some(hint) = event.map_or(Some(Hint::Touched), Hint::of) {
                drop(sender.try_send(hint));
            }
        });
        let mut observed = Self { folder: folder.to_owned(), watcher: watcher.ok(), hints, send, seen: Seen::new() };
        observed.seen = observed.look();
        observed
    }

    pub fn stopper(&self) -> Stopper {
        Stopper(self.send.clone())
    }

    /// We have written this file ourselves: it is not reported as a change.
    pub fn forget_changes_of(&mut self, file: &Path) {
        match stamp(file) {
            Some(stamp) => drop(self.seen.insert(file.to_owned(), stamp)),
            None => drop(self.seen.remove(file)),
        }
    }

    /// The files that were changed, added or removed, and when the first sign of it came. `None`: stopped.
    pub fn wait(&mut self) -> Option<(Vec<PathBuf>, Instant)> {
        loop {
            let began = match self.hints.recv_timeout(RESCAN) {
                Ok(hint) => {
                    let began = Instant::now();
                    if wait_for_quiet(hint, &self.hints, QUIET, AT_MOST).stopped {
                        return None;
                    }
                    began
                }
                Err(RecvTimeoutError::Timeout) => Instant::now(),
                Err(RecvTimeoutError::Disconnected) => return None,
            };
            let now = self.look();
            let changed: Vec<PathBuf> = differing(&self.seen, &now).collect();
            self.seen = now;
            if !changed.is_empty() {
                return Some((changed, began));
            }
        }
    }

    /// Watches what there is, then looks: what happens in between is seen by the one or the other.
    fn look(&mut self) -> Seen {
        let mut seen = Seen::new();
        let folder = self.folder.clone();
        self.look_at(&folder, DEPTH, &mut seen);
        seen
    }

    fn look_at(&mut self, folder: &Path, depth: usize, seen: &mut Seen) {
        if let Some(watcher) = &mut self.watcher {
            // Watching again what is watched already changes nothing; what cannot be watched is found by looking.
            drop(watcher.watch(folder, RecursiveMode::NonRecursive));
        }
        for path in children(folder).unwrap_or_default() {
            if path.is_dir() {
                if depth > 0 && !is_built(&path) {
                    self.look_at(&path, depth - 1, seen);
                }
            } else if let Some(stamp) = stamp(&path).filter(|_| seen.len() < FILES) {
                seen.insert(path, stamp);
            }
        }
    }
}

impl Stopper {
    pub fn stop(&self) {
        drop(self.0.send(Hint::Stop));
    }
}

fn differing<'s>(before: &'s Seen, after: &'s Seen) -> impl Iterator<Item = PathBuf> + 's {
    let changed = after.iter().filter(|(path, stamp)| before.get(*path) != Some(*stamp)).map(|(path, _)| path.clone());
    changed.chain(before.keys().filter(|path| !after.contains_key(*path)).cloned())
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

fn is_built(folder: &Path) -> bool {
    ["target", "node_modules", "sdk"].iter().any(|name| folder.ends_with(name))
}
