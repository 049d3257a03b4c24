//! Watches the folders. Events may be lost and watches may fail: the regular look at everything finds what they miss.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::quiet::Hint;
use crate::settings::ReloadSettings;
use crate::unit_path::{self, UnitPath};

/// Hints that wait while something compiles. More are dropped: one is enough for another look.
const HINTS: usize = 1_024;
/// More folders than this are not watched; what happens there is found by the regular look.
const MAX_FOLDERS: usize = 2_048;
/// The same for one unit, so that it takes no other unit's.
const MAX_OF_UNIT: usize = 64;
/// Folders of a unit, and files of a folder, that are looked at to find those that are to be watched.
const MAX_SEEN: usize = 10_000;

pub(crate) struct Watch {
    rules: Option<WatchedFile>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    /// Folders that could not be watched, to say it once.
    failed: BTreeSet<PathBuf>,
    /// Units with more folders than are watched, to say it once. So it is with all of them together.
    crowded: BTreeSet<PathBuf>,
    is_full: bool,
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
        let (watched, failed, crowded) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { rules, watcher: watcher.ok(), watched, failed, crowded, is_full: false }
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
        let mut wanted = Wanted::of(settings);
        wanted.folders.extend(self.rules.iter().map(|rules| (Rank::Place, rules.folder.clone())));
        self.tell_what_is_not_watched(&wanted, settings);
        let wanted = wanted.within(MAX_FOLDERS);
        let stale: Vec<PathBuf> =
            self.watched.iter().filter(|folder| anew || !wanted.contains(*folder)).cloned().collect();
        stale.iter().for_each(|folder| self.unwatch(folder));
        let new: Vec<PathBuf> = wanted.difference(&self.watched).cloned().collect();
        new.iter().for_each(|folder| self.watch(folder));
    }

    fn tell_what_is_not_watched(&mut self, wanted: &Wanted, settings: &ReloadSettings) {
        let rescan = settings.rescan.as_secs();
        for (unit, folders) in wanted.crowded.iter().filter(|(unit, _)| !self.crowded.contains(*unit)) {
            tracing::warn!(
                path = %unit.display(),
                folders,
                watched = MAX_OF_UNIT,
                "the unit has more folders than are watched; changes in the others are found by looking every {rescan} \
                 seconds; keep what is not the unit's elsewhere"
            );
        }
        self.crowded = wanted.crowded.keys().cloned().collect();
        let is_full = wanted.folders.len() > MAX_FOLDERS;
        if is_full && !self.is_full {
            tracing::warn!(
                folders = wanted.folders.len(),
                watched = MAX_FOLDERS,
                "there are more folders than are watched; changes in the others are found by looking every {rescan} seconds"
            );
        }
        self.is_full = is_full;
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

/// Which folders there are watches for first, when there are not enough for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// In which units lie.
    Place,
    Unit,
    /// Of cases and tables.
    Known,
    Scripts,
    /// Something may come there.
    Other,
}

#[derive(Default)]
struct Wanted {
    folders: Vec<(Rank, PathBuf)>,
    /// Units with more folders than their share, and how many.
    crowded: BTreeMap<PathBuf, usize>,
}

impl Wanted {
    fn of(settings: &ReloadSettings) -> Self {
        let mut wanted = Self::default();
        for place in settings.watched() {
            wanted.folders.push((Rank::Place, place.clone()));
            for folder in children(place) {
                let is_unit = UnitPath::at(&folder).is_some();
                wanted.folders.push((if is_unit { Rank::Unit } else { Rank::Other }, folder.clone()));
                // A unit may be a link; below it nothing is followed, for links may lead in circles.
                if is_unit && unit_path::is_real_folder(&folder) {
                    wanted.unit(&folder, settings.bounds.depth);
                }
            }
        }
        wanted
    }

    fn unit(&mut self, unit: &Path, depth: usize) {
        let mut below = below(unit, depth);
        below.sort_by_key(|(rank, _)| *rank);
        if below.len() > MAX_OF_UNIT {
            self.crowded.insert(unit.to_owned(), below.len());
        }
        self.folders.extend(below.into_iter().take(MAX_OF_UNIT));
    }

    fn within(mut self, most: usize) -> BTreeSet<PathBuf> {
        self.folders.sort_by_key(|(rank, _)| *rank);
        let folders = self.folders.into_iter().take(most).map(|(_, folder)| folder);
        folders.filter(|folder| folder.is_dir()).collect()
    }
}

/// The folders of a unit, the nearest first.
fn below(unit: &Path, depth: usize) -> Vec<(Rank, PathBuf)> {
    let (mut found, mut level) = (Vec::new(), vec![unit.to_owned()]);
    for _ in 0..depth {
        let room = MAX_SEEN.saturating_sub(found.len());
        let next = level.iter().flat_map(|folder| children(folder)).filter(|folder| unit_path::is_real_folder(folder));
        level = next.take(room).collect();
        found.extend(level.iter().map(|folder| (rank(unit, folder), folder.clone())));
    }
    found
}

fn rank(unit: &Path, folder: &Path) -> Rank {
    let is_below = |name: &&str| folder.starts_with(unit.join(name));
    let is_script = |entry: DirEntry| entry.path().extension().is_some_and(|ending| ending == "rhai");
    if ["cases", "tables", "defaults"].iter().any(is_below) {
        Rank::Known
    } else if fs::read_dir(folder).is_ok_and(|entries| entries.take(MAX_SEEN).flatten().any(is_script)) {
        Rank::Scripts
    } else {
        Rank::Other
    }
}

/// The folders in it that may be a unit's.
fn children(folder: &Path) -> Vec<PathBuf> {
    unit_path::folders(folder, 1).split_off(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn make(root: &Path, file: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }

    #[test]
    fn a_unit_has_its_share_of_the_watches_and_what_it_is_made_of_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for empty in 0..200 {
            fs::create_dir_all(root.join(format!("aaa/{empty:03}"))).unwrap();
            fs::create_dir_all(root.join(format!("cases/deep/{empty:03}"))).unwrap();
        }
        for file in ["aaa/main.rhai", "aaa/cases/one.json", "aaa/z/y/x/w/help.rhai", "aaa/tables/a.csv"] {
            make(root, file);
        }
        for file in ["zzz/main.rhai", "zzz/lib/help.rhai", "zzz/src/lib.rs", "zzz/node_modules/x/main.rhai"] {
            make(root, file);
        }
        let wanted = Wanted::of(&ReloadSettings::new(vec![root.to_owned()], root));
        assert_eq!(wanted.crowded, BTreeMap::from([(root.join("aaa"), 206)]));
        assert_eq!(wanted.folders.len(), 1 + 3 + MAX_OF_UNIT + 1, "what is no unit is not looked into");
        let first = ["", "aaa", "zzz", "aaa/cases", "aaa/tables", "aaa/z/y/x/w", "zzz/lib"];
        let first: BTreeSet<PathBuf> = first.iter().map(|name| root.join(name)).collect();
        assert_eq!(wanted.within(first.len()), first.into_iter().map(|path| path.components().collect()).collect());
    }
}
