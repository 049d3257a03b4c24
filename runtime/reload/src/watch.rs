//! Watches the folders. Events may be lost and watches may fail: the regular look at everything finds what they miss.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::quiet::Hint;
use crate::settings::ReloadSettings;
use crate::unit_path;

/// Hints that wait while something compiles. More are dropped: one is enough for another look.
const HINTS: usize = 1_024;
/// More folders than this are not watched; they are found by the regular look.
const MAX_FOLDERS: usize = 2_048;

pub(crate) struct Watch {
    rules: Option<WatchedFile>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    /// Folders that could not be watched, to say it once.
    failed: BTreeSet<PathBuf>,
}

pub(crate) fn channel() -> (SyncSender<Hint>, Receiver<Hint>) {
    sync_channel(HINTS)
}

impl Watch {
    /// `rules`: one file that is watched too.
    pub(crate) fn new(hints: SyncSender<Hint>, settings: &ReloadSettings, rules: Option<&Path>) -> Self {
        let rules = rules.and_then(|file| WatchedFile::of(file, settings));
        let beside = rules.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if beside.as_ref().is_some_and(|beside| event.as_ref().is_ok_and(|event| beside.is_foreign(event))) {
                return;
            }
            let hint = event.map_or(Some(Hint::Touched), Hint::of);
            if let Some(hint) = hint {
                drop(hints.try_send(hint));
            }
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::warn!(%error, "files cannot be watched; changes are found by looking every two seconds");
        });
        Self { rules, watcher: watcher.ok(), watched: BTreeSet::new(), failed: BTreeSet::new() }
    }

    /// How long to wait for a hint before looking anyway. A folder that is not there yet gives none.
    pub(crate) fn timeout(&self, settings: &ReloadSettings) -> Duration {
        let unborn = settings.watched().any(|folder| !folder.is_dir());
        let blind = self.watcher.is_none() || !self.failed.is_empty() || unborn;
        if blind { settings.rescan.min(Duration::from_secs(2)) } else { settings.rescan }
    }

    /// Woken for a folder that is not there yet, and it still is not: a look would see nothing new.
    pub(crate) fn wakes_in_vain(&self, settings: &ReloadSettings, looked: Instant) -> bool {
        let sees = self.watcher.is_some() && self.failed.is_empty();
        let born = settings.watched().any(|folder| folder.is_dir() && !self.watched.contains(folder));
        sees && !born && looked.elapsed() < settings.rescan
    }

    /// Watches what there is now. `anew`: names changed, so every watch is made again. What happened before a new watch
    /// is seen by the look that follows.
    pub(crate) fn refresh(&mut self, settings: &ReloadSettings, anew: bool) {
        let depth = settings.bounds.depth;
        let rules = self.rules.iter().map(|rules| rules.folder.clone());
        let roots = settings.watched().flat_map(|root| unit_path::folders(root, depth));
        let wanted = rules.chain(roots).take(MAX_FOLDERS);
        let wanted: BTreeSet<PathBuf> = wanted.filter(|folder| folder.is_dir()).collect();
        let stale: Vec<PathBuf> =
            self.watched.iter().filter(|folder| anew || !wanted.contains(*folder)).cloned().collect();
        stale.iter().for_each(|folder| self.unwatch(folder));
        let new: Vec<PathBuf> = wanted.difference(&self.watched).cloned().collect();
        new.iter().for_each(|folder| self.watch(folder));
    }

    fn watch(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.failed.remove(folder);
                self.watched.insert(folder.to_owned());
            }
            Err(error) => {
                if self.failed.insert(folder.to_owned()) {
                    tracing::warn!(folder = %folder.display(), %error, "cannot watch; changes are found by looking every two seconds");
                }
            }
        }
    }

    fn unwatch(&mut self, folder: &Path) {
        self.watched.remove(folder);
        self.failed.remove(folder);
        if let Some(watcher) = &mut self.watcher {
            // The folder may be gone already, and its watch with it.
            drop(watcher.unwatch(folder));
        }
    }
}

/// A file that is watched through its folder, which is not ours: editors replace files, and a watch would stay with the
/// old one.
#[derive(Clone)]
struct WatchedFile {
    folder: PathBuf,
    file: PathBuf,
}

impl WatchedFile {
    /// `None` where everything is watched anyway.
    fn of(file: &Path, settings: &ReloadSettings) -> Option<Self> {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = parent.canonicalize().ok()?;
        let is_ours = |root: &PathBuf| root.canonicalize().is_ok_and(|root| folder.starts_with(root));
        if settings.watched().any(is_ours) {
            return None;
        }
        let file = folder.join(file.file_name()?);
        Some(Self { folder, file })
    }

    /// Somebody else's file is written there, which may go on for ever. New names count: the file may be a link.
    fn is_foreign(&self, event: &notify::Event) -> bool {
        let written = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)) | EventKind::Access(_));
        let other = |path: &PathBuf| *path != self.file && path.parent() == Some(&self.folder);
        written && !event.paths.is_empty() && event.paths.iter().all(other)
    }
}
