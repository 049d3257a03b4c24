//! The archive: every version that was ever active, by its hash, in the data folder. What runs comes from here.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use amprule_hooks::manifest::FIRST_EDITION;
use amprule_hooks::registry::{Stage, VersionView};
use amprule_hooks::{Absent, Archive, Source, Version};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::check::{Refusal, check};
use crate::compile_pools::CompilePools;
use crate::pool::BUSY;
use crate::read::Files;
use crate::settings::ReloadSettings;
use crate::unit_path::{UnitForm, UnitPath};

const ORIGIN: &str = ".origin.json";

pub(crate) struct ArchiveFolder {
    folder: PathBuf,
    pools: Arc<CompilePools>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    shelf: Mutex<Shelf>,
}

/// What the files alone do not say.
#[derive(Serialize, Deserialize)]
struct Origin {
    shape: UnitForm,
    name: String,
    /// For lists: nothing has to be compiled to say whose version this is.
    #[serde(default)]
    unit: String,
    #[serde(default)]
    version: String,
    /// The rules by which it was taken in.
    #[serde(default = "first_edition")]
    edition: u8,
}

const fn first_edition() -> u8 {
    FIRST_EDITION
}

impl ArchiveFolder {
    pub(crate) fn open(
        folder: &Path,
        pools: Arc<CompilePools>,
        now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for leftover in entries(folder)?.iter().filter(|path| is_temporary(path)) {
            drop(fs::remove_dir_all(leftover));
        }
        let mut shelf = Shelf::default();
        for version in entries(folder)?.iter().filter(|path| path.is_dir()) {
            match Shelved::of(version, &unit_at(version).unwrap_or_default()) {
                Ok(shelved) => shelf.put(&hash_of(version), shelved),
                Err(error) => {
                    tracing::warn!(path = %version.display(), %error, "a version of the archive cannot be looked at");
                }
            }
        }
        Ok(Self { folder: folder.to_owned(), pools, now, shelf: Mutex::new(shelf) })
    }

    /// Durable when it returns: a session may be pinned to it from now on.
    pub(crate) fn keep(&self, place: &UnitPath, source: &Source) -> io::Result<()> {
        let target = self.folder.join(&source.hash);
        let unit = &source.manifest.id;
        if target.exists() && !self.shelf.lock().is_emptied(&source.hash) {
            touch(&target)?;
        } else {
            self.write(place, source, &target)?;
        }
        self.shelf.lock().put(&source.hash, Shelved::of(&target, unit)?);
        Ok(())
    }

    fn write(&self, place: &UnitPath, source: &Source, target: &Path) -> io::Result<()> {
        let temporary = self.temporary(&source.hash);
        drop(fs::remove_dir_all(&temporary));
        fs::create_dir(&temporary)?;
        let latest = self.shelf.lock().newest(&source.manifest.id).map(|hash| self.folder.join(hash));
        for (name, bytes) in &source.files {
            let same = latest.as_ref().map(|latest| latest.join(name)).filter(|file| is_same(file, bytes));
            match same {
                Some(file) => link(&file, &temporary.join(name))?,
                None => write(&temporary.join(name), bytes)?,
            }
        }
        let (unit, version) = (source.manifest.id.clone(), source.manifest.version.clone());
        let edition = source.manifest.edition;
        let origin = Origin { shape: place.shape, name: place.name(), unit, version, edition };
        write(&temporary.join(ORIGIN), &serde_json::to_vec(&origin)?)?;
        File::open(&temporary)?.sync_all()?;
        self.set_aside(target)?;
        fs::rename(&temporary, target)?;
        File::open(&self.folder)?.sync_all()
    }

    /// There is more than there may be, and it was not tidied since that came.
    pub(crate) fn is_overfull(&self, settings: &ReloadSettings) -> bool {
        let shelf = self.shelf.lock();
        shelf.has_grown && shelf.is_over(settings)
    }

    /// Removes what was not used for long, and what is beyond the bounds. Never what is in `kept`, and never that a unit was
    /// there.
    pub(crate) fn prune(&self, kept: &HashSet<String>, settings: &ReloadSettings) -> io::Result<usize> {
        let surplus = self.shelf.lock().surplus(kept, settings);
        for hash in &surplus.removed {
            self.set_aside(&self.folder.join(hash))?;
            self.shelf.lock().versions.remove(hash);
        }
        for hash in &surplus.emptied {
            self.empty(hash)?;
        }
        self.shelf.lock().has_grown = false;
        Ok(surplus.removed.len() + surplus.emptied.len())
    }

    /// Only whose version it was is left of it.
    fn empty(&self, hash: &str) -> io::Result<()> {
        let (temporary, target) = (self.temporary(hash), self.folder.join(hash));
        drop(fs::remove_dir_all(&temporary));
        write(&temporary.join(ORIGIN), &fs::read(target.join(ORIGIN))?)?;
        let used = File::options().write(true).open(temporary.join(ORIGIN))?;
        used.set_modified(used_at(&target))?;
        self.set_aside(&target)?;
        fs::rename(&temporary, &target)?;
        let unit = unit_at(&target).unwrap_or_default();
        self.shelf.lock().put(hash, Shelved::of(&target, &unit)?);
        Ok(())
    }

    /// Whole, or not at all: what is in the middle of it when the server ends is removed at the next start.
    fn set_aside(&self, version: &Path) -> io::Result<()> {
        let gone = self.temporary(&format!("gone-{}", hash_of(version)));
        match fs::rename(version, &gone) {
            Ok(()) => fs::remove_dir_all(gone),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn temporary(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{TEMPORARY}{name}"))
    }

    /// What a version was made of, as it was taken in. Nothing is compiled.
    pub(crate) fn source(&self, hash: &str) -> Option<Source> {
        let (origin, files) = self.read(hash).ok()?;
        check(origin.shape, &origin.name, &files, origin.edition).ok()
    }

    /// The rules by which these very files were taken in, if they were.
    pub(crate) fn edition_of(&self, hash: &str) -> Option<u8> {
        let origin: Origin = serde_json::from_slice(&fs::read(self.folder.join(hash).join(ORIGIN)).ok()?).ok()?;
        Some(origin.edition)
    }

    /// Whose version this is. Nothing else is looked at.
    pub(crate) fn unit_of(&self, hash: &str) -> Option<String> {
        unit_at(&self.folder.join(hash))
    }

    fn read(&self, hash: &str) -> io::Result<(Origin, Files)> {
        let folder = self.folder.join(hash);
        let origin: Origin = serde_json::from_slice(&fs::read(folder.join(ORIGIN))?)?;
        let mut files = BTreeMap::new();
        collect(&folder, "", &mut files)?;
        files.remove(ORIGIN);
        let files = Files::new(origin.shape, &origin.name, files);
        if files.hash != hash {
            return Err(io::Error::other("its files are not what its name says"));
        }
        Ok((origin, files))
    }
}

impl ArchiveFolder {
    /// `None`: not a version, or one of another unit.
    fn listed(&self, path: &Path, unit: &str) -> Option<VersionView> {
        let origin: Origin = serde_json::from_slice(&fs::read(path.join(ORIGIN)).ok()?).ok()?;
        let hash = path.file_name()?.to_str()?.to_owned();
        let since = Timestamp::try_from(used_at(path)).ok()?;
        let view = VersionView { version: origin.version, hash, stage: Stage::Retired, since, reason: None };
        (origin.unit == unit).then_some(view)
    }
}

impl Archive for ArchiveFolder {
    fn list(&self, unit: &str) -> Vec<VersionView> {
        let paths = entries(&self.folder).unwrap_or_default();
        let mut versions: Vec<_> = paths.iter().filter_map(|path| self.listed(path, unit)).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.since));
        versions
    }

    fn load(&self, hash: &str) -> Result<Arc<Version>, Absent> {
        self.load_until(hash, None, true)
    }
}

impl ArchiveFolder {
    /// Without a time, the compiler's own bound counts.
    pub(crate) fn load_until(
        &self,
        hash: &str,
        until: Option<Instant>,
        is_for_a_session: bool,
    ) -> Result<Arc<Version>, Absent> {
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Absent::Lost);
        }
        let (origin, files) = self.read(hash).map_err(|error| {
            tracing::warn!(hash, %error, "a version cannot be read from the archive");
            Absent::Lost
        })?;
        let made = match check(origin.shape, &origin.name, &files, origin.edition) {
            Ok(source) => self.pools.recall(source, (self.now)(), until, is_for_a_session),
            Err(Refusal::Broken(diagnostics) | Refusal::Waiting { diagnostics, .. }) => Err(diagnostics),
        };
        let made = made.map_err(|diagnostics| {
            // It was compiled once: what is over its time or its memory now, may not be the next time.
            if diagnostics.iter().any(|diagnostic| [BUSY, "limit"].contains(&diagnostic.code)) {
                return Absent::Busy;
            }
            let why = diagnostics.first().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(hash, "a version of the archive cannot be had\n{why}");
            Absent::Lost
        })?;
        Ok(Arc::new(made.version))
    }
}

fn unit_at(version: &Path) -> Option<String> {
    let origin: Origin = serde_json::from_slice(&fs::read(version.join(ORIGIN)).ok()?).ok()?;
    Some(origin.unit)
}

fn hash_of(version: &Path) -> String {
    version.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Below it a copy costs no more than a link. Tables come often, and with each of them the whole unit.
const LINKED: usize = 64 << 10;

fn is_same(file: &Path, bytes: &[u8]) -> bool {
    bytes.len() >= LINKED && fs::read(file).is_ok_and(|archived| archived == bytes)
}

/// What is archived never changes, so two versions may have one file.
fn link(file: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::hard_link(file, to).or_else(|_| fs::copy(file, to).map(drop))?;
    File::open(to)?.sync_all()
}

const TEMPORARY: &str = ".new-";

fn is_temporary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for path in entries(folder)? {
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

/// The origin's time says when a version was last taken into use.
#[expect(clippy::disallowed_methods, reason = "a file's time is the system's")]
fn touch(version: &Path) -> io::Result<()> {
    File::options().write(true).open(version.join(ORIGIN))?.set_modified(SystemTime::now())
}

fn used_at(version: &Path) -> SystemTime {
    let origin = fs::metadata(version.join(ORIGIN)).and_then(|metadata| metadata.modified());
    origin.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// What is known of each version, by its hash, so that bounds cost little to look at.
#[derive(Default)]
struct Shelf {
    versions: BTreeMap<String, Shelved>,
    /// Since it was pruned.
    has_grown: bool,
}

struct Shelved {
    unit: String,
    used: SystemTime,
    /// Which files they are, and their room on the disk: versions share what did not change. None: that it was there is left.
    files: Vec<(u64, u64)>,
}

/// What is to go, and of what only the trace is to stay.
#[derive(Default)]
struct Surplus {
    removed: Vec<String>,
    emptied: Vec<String>,
}

/// Units of which no more is known than that they were there: beyond it the oldest are forgotten.
const MOST_TRACES: usize = 10_000;
/// What a file takes at least.
const BLOCK: u64 = 4 << 10;

impl Shelved {
    fn of(version: &Path, unit: &str) -> io::Result<Self> {
        let mut files = Vec::new();
        measure(version, &mut files)?;
        Ok(Self { unit: unit.to_owned(), used: used_at(version), files })
    }

    fn is_trace(&self) -> bool {
        self.files.is_empty()
    }
}

fn measure(folder: &Path, files: &mut Vec<(u64, u64)>) -> io::Result<()> {
    for path in entries(folder)?.iter().filter(|path| !path.ends_with(ORIGIN)) {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_dir() {
            measure(path, files)?;
        } else {
            files.push((metadata.ino(), metadata.len().next_multiple_of(BLOCK)));
        }
    }
    Ok(())
}

/// Versions with their hashes, the one that was used longest ago first.
type Versions<'s> = Vec<(&'s str, &'s Shelved)>;

impl Shelf {
    fn put(&mut self, hash: &str, version: Shelved) {
        self.versions.insert(hash.to_owned(), version);
        self.has_grown = true;
    }

    fn is_emptied(&self, hash: &str) -> bool {
        self.versions.get(hash).is_some_and(Shelved::is_trace)
    }

    fn newest(&self, unit: &str) -> Option<&str> {
        let of_unit = self.versions.iter().filter(|(_, version)| version.unit == unit && !version.is_trace());
        of_unit.max_by_key(|(_, version)| version.used).map(|(hash, _)| hash.as_str())
    }

    fn by_unit(&self) -> BTreeMap<&str, Versions<'_>> {
        let mut units: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
        for (hash, version) in &self.versions {
            units.entry(&version.unit).or_default().push((hash, version));
        }
        units.values_mut().for_each(|versions| versions.sort_by_key(|(hash, version)| (version.used, *hash)));
        units
    }

    fn is_over(&self, settings: &ReloadSettings) -> bool {
        let units = self.by_unit();
        units.values().any(|versions| is_unit_over(versions, settings)) || is_whole_over(&units, settings)
    }

    fn surplus(&self, kept: &HashSet<String>, settings: &ReloadSettings) -> Surplus {
        let mut units = self.by_unit();
        let mut surplus = Surplus::default();
        for versions in units.values_mut() {
            let is_old = |version: &Shelved| version.used.elapsed().is_ok_and(|age| age > settings.archive_unused);
            while let Some(at) = first_free(versions, kept)
                && (is_old(versions[at].1) || is_unit_over(versions, settings))
            {
                surplus.removed.push(versions.remove(at).0.to_owned());
            }
        }
        while is_whole_over(&units, settings)
            && let Some(versions) = largest_with_a_free_one(&mut units, kept)
            && let Some(at) = first_free(versions, kept)
        {
            surplus.removed.push(versions.remove(at).0.to_owned());
        }
        self.empty_what_is_left(&units, kept, settings, &mut surplus);
        surplus
    }

    /// One version of each unit is left, and those that are needed: the units that were used longest ago keep their trace.
    fn empty_what_is_left(
        &self,
        units: &BTreeMap<&str, Versions<'_>>,
        kept: &HashSet<String>,
        settings: &ReloadSettings,
        surplus: &mut Surplus,
    ) {
        let mut left: Versions<'_> = units.values().flatten().copied().collect();
        left.sort_by_key(|(hash, version)| (version.used, *hash));
        let (traces, mut whole): (Versions<'_>, Versions<'_>) = left.into_iter().partition(|(_, it)| it.is_trace());
        while bytes(&whole) > settings.archive_bytes
            && let Some(at) = whole.iter().position(|(hash, _)| !kept.contains(*hash))
        {
            surplus.emptied.push(whole.remove(at).0.to_owned());
        }
        let forgotten = (traces.len() + surplus.emptied.len()).saturating_sub(MOST_TRACES);
        surplus.removed.extend(traces.iter().take(forgotten).map(|(hash, _)| (*hash).to_owned()));
    }
}

fn bytes<'s>(versions: impl IntoIterator<Item = &'s (&'s str, &'s Shelved)>) -> u64 {
    let mut seen = HashSet::new();
    let files = versions.into_iter().flat_map(|(_, version)| &version.files);
    files.filter(|(file, _)| seen.insert(*file)).map(|(_, bytes)| bytes).sum()
}

fn is_unit_over(versions: &Versions<'_>, settings: &ReloadSettings) -> bool {
    versions.len() > settings.archive_unit_most || bytes(versions) > settings.archive_unit_bytes
}

fn is_whole_over(units: &BTreeMap<&str, Versions<'_>>, settings: &ReloadSettings) -> bool {
    let whole = units.values().flatten().filter(|(_, version)| !version.is_trace());
    whole.count() > settings.archive_most || bytes(units.values().flatten()) > settings.archive_bytes
}

/// The oldest that nobody needs. The newest of a unit is needed: its next version is held against it.
fn first_free(versions: &Versions<'_>, kept: &HashSet<String>) -> Option<usize> {
    let older = versions.len().saturating_sub(1);
    versions[..older].iter().position(|(hash, _)| !kept.contains(*hash))
}

/// A unit that changes all the time makes room by its own versions, and not by others' ways back.
fn largest_with_a_free_one<'u, 's>(
    units: &'u mut BTreeMap<&'s str, Versions<'s>>,
    kept: &HashSet<String>,
) -> Option<&'u mut Versions<'s>> {
    let free = units.values_mut().filter(|versions| first_free(versions, kept).is_some());
    free.max_by_key(|versions| (bytes(versions.iter()), versions.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use amprule_hooks::{Compiler, Diagnostic, Kind, Manifest, Unit};
    use serde_json::Map;

    use super::*;
    use crate::compile_pools::{CompileSettings, Compilers};

    struct Never;

    impl Compiler for Never {
        fn compile(&self, _: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
            Err(Vec::new())
        }
    }

    const DAY: Duration = Duration::from_secs(24 * 3600);

    struct Shop {
        folder: tempfile::TempDir,
        archive: ArchiveFolder,
    }

    impl Shop {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self { archive: opened(folder.path()), folder }
        }

        fn again(self) -> Self {
            Self { archive: opened(self.folder.path()), folder: self.folder }
        }

        /// A version of so many bytes beside its manifest, last used before so many days.
        fn keep(&mut self, unit: &str, hash: &str, code: &[u8], days: u32) {
            let place = UnitPath { path: format!("{unit}.rhai").into(), shape: UnitForm::Single };
            let source = Source {
                kind: Kind::Rhai,
                manifest: Manifest::bare(unit, "flat.rhai", &[]),
                parameters: Map::new(),
                files: BTreeMap::from([("flat.rhai".to_owned(), code.to_vec())]),
                tables: Arc::default(),
                hash: hash.to_owned(),
                code_hash: String::new(),
            };
            self.archive.keep(&place, &source).unwrap();
            let target = self.folder.path().join(hash);
            let origin = File::options().write(true).open(target.join(ORIGIN)).unwrap();
            let now = origin.metadata().unwrap().modified().unwrap();
            origin.set_modified(now - DAY * days).unwrap();
            self.archive.shelf.lock().put(hash, Shelved::of(&target, unit).unwrap());
        }

        fn prune(&self, kept: &[&str], settings: &ReloadSettings) -> String {
            let kept = kept.iter().map(|hash| (*hash).to_owned()).collect();
            self.archive.prune(&kept, settings).unwrap();
            self.left()
        }

        /// What is left only as a trace is in capitals.
        fn left(&self) -> String {
            let mut left: Vec<_> = entries(self.folder.path()).unwrap();
            left.sort();
            let named = left.iter().map(|path| match entries(path).unwrap().len() {
                1 => hash_of(path).to_uppercase(),
                _ => hash_of(path),
            });
            named.collect()
        }
    }

    fn opened(folder: &Path) -> ArchiveFolder {
        let compilers = Compilers { rhai: Arc::new(Never), wasm: Arc::new(Never), map: Arc::new(Never) };
        let pools = CompilePools::open(CompileSettings::usual(compilers)).unwrap();
        ArchiveFolder::open(folder, Arc::new(pools), Box::new(Timestamp::default)).unwrap()
    }

    fn settings(change: impl FnOnce(&mut ReloadSettings)) -> ReloadSettings {
        let mut settings = ReloadSettings::new(Vec::new(), Path::new("data"));
        settings.archive_unused = DAY * 1_000;
        change(&mut settings);
        settings
    }

    type Bounds = fn(&mut ReloadSettings);

    #[test]
    fn old_and_surplus_versions_leave_the_archive_and_what_is_needed_never() {
        // Of the unit `flat` from a to e, a being the oldest; of `other` x to z, z being the newest. Each has one block.
        let cases: [(&str, Bounds, &[&str], &str); 10] = [
            ("nothing is too much", |_| {}, &[], "abcdexyz"),
            ("old ones", |it| it.archive_unused = DAY * 90, &[], "cdexyz"),
            ("old ones that are pinned", |it| it.archive_unused = DAY * 90, &["a"], "acdexyz"),
            ("even the newest is old", |it| it.archive_unused = Duration::ZERO, &[], "ez"),
            ("too many of a unit", |it| it.archive_unit_most = 2, &[], "deyz"),
            ("too many of a unit, needed", |it| it.archive_unit_most = 2, &["a", "b", "c", "d"], "abcdeyz"),
            ("too many bytes of a unit", |it| it.archive_unit_bytes = 3 * BLOCK, &[], "cdexyz"),
            ("too many: the larger unit makes room", |it| it.archive_most = 6, &[], "cdexyz"),
            ("too many bytes", |it| it.archive_bytes = 4 * BLOCK, &["a"], "aeyz"),
            ("far too many bytes", |it| it.archive_bytes = BLOCK, &[], "Ez"),
        ];
        for (what, bounds, kept, left) in cases {
            let mut shop = Shop::open();
            for (hash, days) in [("a", 200), ("b", 100), ("c", 40), ("d", 30), ("e", 20)] {
                shop.keep("flat", hash, hash.as_bytes(), days);
            }
            for (hash, days) in [("x", 3), ("y", 2), ("z", 1)] {
                shop.keep("other", hash, hash.as_bytes(), days);
            }
            let settings = settings(bounds);
            assert_eq!(shop.prune(kept, &settings), left, "{what}");
            assert!(!shop.archive.is_overfull(&settings), "{what}: it was tidied");
            assert_eq!(shop.again().prune(kept, &settings), left, "{what}, after a restart");
        }
    }
}
