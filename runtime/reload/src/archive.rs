//! The archive: every version that was ever active, by its hash, in the data folder. What runs comes from here.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use amprule_hooks::registry::{Stage, VersionView};
use amprule_hooks::{Absent, Archive, Source, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::{Refusal, check};
use crate::compile_pools::CompilePools;
use crate::pool::BUSY;
use crate::read::Files;
use crate::unit_path::{UnitForm, UnitPath};

const ORIGIN: &str = ".origin.json";

pub(crate) struct ArchiveFolder {
    folder: PathBuf,
    pools: Arc<CompilePools>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
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
        Ok(Self { folder: folder.to_owned(), pools, now })
    }

    /// Durable when it returns: a session may be pinned to it from now on.
    pub(crate) fn keep(&self, place: &UnitPath, source: &Source) -> io::Result<()> {
        let target = self.folder.join(&source.hash);
        if target.exists() {
            return touch(&target);
        }
        let temporary = self.folder.join(format!("{TEMPORARY}{}", source.hash));
        drop(fs::remove_dir_all(&temporary));
        fs::create_dir(&temporary)?;
        let has_large = source.files.values().any(|bytes| bytes.len() >= LINKED);
        let latest = has_large.then(|| self.list(&source.manifest.id).into_iter().next()).flatten();
        let latest = latest.map(|version| self.folder.join(version.hash));
        for (name, bytes) in &source.files {
            let same = latest.as_ref().map(|latest| latest.join(name)).filter(|file| is_same(file, bytes));
            match same {
                Some(file) => link(&file, &temporary.join(name))?,
                None => write(&temporary.join(name), bytes)?,
            }
        }
        let (unit, version) = (source.manifest.id.clone(), source.manifest.version.clone());
        let origin = Origin { shape: place.shape, name: place.name(), unit, version };
        write(&temporary.join(ORIGIN), &serde_json::to_vec(&origin)?)?;
        File::open(&temporary)?.sync_all()?;
        fs::rename(&temporary, &target)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Removes what was not used for long, and the oldest beyond the most that are kept. Never what is in `kept`.
    pub(crate) fn prune(&self, kept: &HashSet<String>, unused: Duration, most: usize) -> io::Result<usize> {
        let mut versions: Vec<(SystemTime, PathBuf)> = entries(&self.folder)?
            .into_iter()
            .filter(|path| path.is_dir() && !is_temporary(path))
            .map(|path| (used_at(&path), path))
            .collect();
        versions.sort();
        let surplus = versions.len().saturating_sub(most);
        let mut removed = 0;
        for (at, (used, path)) in versions.iter().enumerate() {
            let old = used.elapsed().is_ok_and(|age| age > unused);
            let is_kept = path.file_name().is_some_and(|name| kept.contains(&*name.to_string_lossy()));
            if (old || at < surplus) && !is_kept {
                fs::remove_dir_all(path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// What a version was made of, as it was taken in. Nothing is compiled.
    pub(crate) fn source(&self, hash: &str) -> Option<Source> {
        let (origin, files) = self.read(hash).ok()?;
        check(origin.shape, &origin.name, &files).ok()
    }

    /// Whose version this is. Nothing else is looked at.
    pub(crate) fn unit_of(&self, hash: &str) -> Option<String> {
        let origin: Origin = serde_json::from_slice(&fs::read(self.folder.join(hash).join(ORIGIN)).ok()?).ok()?;
        Some(origin.unit)
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
        let made = match check(origin.shape, &origin.name, &files) {
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

#[cfg(test)]
mod tests {
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

    #[test]
    fn old_and_surplus_versions_leave_the_archive_and_pinned_ones_never() {
        let folder = tempfile::tempdir().unwrap();
        let compilers = Compilers { rhai: Arc::new(Never), wasm: Arc::new(Never), map: Arc::new(Never) };
        let pools = CompilePools::open(CompileSettings::usual(compilers)).unwrap();
        let archive = ArchiveFolder::open(folder.path(), Arc::new(pools), Box::new(Timestamp::default)).unwrap();
        let place = UnitPath { path: "flat.rhai".into(), shape: UnitForm::Single };
        let day = Duration::from_secs(24 * 3600);
        for (hash, days) in [("a", 200), ("b", 100), ("c", 3), ("d", 2), ("e", 1)] {
            let source = Source {
                kind: Kind::Rhai,
                manifest: Manifest::bare("flat", "flat.rhai", &[]),
                parameters: Map::new(),
                files: BTreeMap::from([("flat.rhai".to_owned(), b"price".to_vec())]),
                tables: Arc::default(),
                hash: hash.to_owned(),
                code_hash: String::new(),
            };
            archive.keep(&place, &source).unwrap();
            let origin = File::options().write(true).open(folder.path().join(hash).join(ORIGIN)).unwrap();
            let now = origin.metadata().unwrap().modified().unwrap();
            origin.set_modified(now - day * days).unwrap();
        }
        let pinned = HashSet::from(["a".to_owned()]);
        assert_eq!(archive.prune(&pinned, day * 90, 3).unwrap(), 1);
        let mut left: Vec<_> =
            entries(folder.path()).unwrap().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        left.sort();
        assert_eq!(left, ["a", "c", "d", "e"]);
        assert_eq!(archive.prune(&HashSet::new(), day * 90, 2).unwrap(), 2);
    }
}
