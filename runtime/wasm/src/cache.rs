//! Compiled components, kept on disk: what was compiled once is not compiled again after a restart.
//!
//! An entry is machine code that this process will run. So it is used only when it carries a MAC under a key that lies on
//! this machine and is readable by its owner alone, over the code, the component it was made of and the engine it was
//! made for. Whatever is torn, foreign or from another version or setting is no entry: it is compiled anew and replaced.
//!
//! An entry that cannot be written costs the next start some seconds and nothing else.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::artifact::{Identity, deserialize};

const MAC_BYTES: usize = 32;
const ONLY_OURS: u32 = 0o700;

/// A folder of compiled components, at most so many bytes of them; what was not used for longest leaves first.
pub struct Cache {
    folder: PathBuf,
    key: Hmac<Sha256>,
    bytes_max: u64,
}

impl Cache {
    /// Makes the folder where it is missing, and closes it to everybody else. `key`: of any length, secret, and the same
    /// at every start.
    pub fn open(folder: &Path, key: &[u8], bytes_max: u64) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(ONLY_OURS).create(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(ONLY_OURS))?;
        let key = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Ok(Self { folder: folder.to_owned(), key, bytes_max })
    }

    /// What was compiled of these bytes for this engine before.
    pub(crate) fn load(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        let identity = Identity::of(engine, component);
        let path = self.path(&identity);
        let entry = self.read(&path).ok()?;
        let Some(compiled) = self.authentic(&identity, &entry).and_then(|artifact| deserialize(engine, artifact))
        else {
            tracing::warn!(file = %path.display(), "a compiled plugin in the cache is torn or not ours; it is compiled anew");
            return None;
        };
        // Where the time cannot be set, the oldest entries are as good a choice to leave first.
        let _ = touch(&path);
        Some(compiled)
    }

    pub(crate) fn keep(&self, engine: &Engine, component: &[u8], code: &[u8]) {
        if let Err(error) = self.write(engine, component, code).and_then(|()| self.prune()) {
            tracing::warn!(
                folder = %self.folder.display(),
                %error,
                "a compiled plugin cannot be kept in the cache; it will be compiled again at the next start"
            );
        }
    }

    fn write(&self, engine: &Engine, component: &[u8], artifact: &[u8]) -> io::Result<()> {
        static WRITTEN: AtomicU32 = AtomicU32::new(0);
        if (artifact.len() + MAC_BYTES) as u64 > self.bytes_max {
            return Ok(());
        }
        let identity = Identity::of(engine, component);
        let fresh = self.folder.join(format!(".{}-{}", std::process::id(), WRITTEN.fetch_add(1, Relaxed)));
        // A process of our number that was killed while it wrote.
        let _ = fs::remove_file(&fresh);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let mac = self.mac(&identity, artifact).finalize().into_bytes();
        let written = file.write_all(&mac).and_then(|()| file.write_all(artifact));
        written.and_then(|()| fs::rename(&fresh, self.path(&identity))).inspect_err(|_| drop(fs::remove_file(&fresh)))
    }

    /// A regular file within the bound; nothing larger is read into memory.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut entry = Vec::new();
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        file.take(self.bytes_max).read_to_end(&mut entry)?;
        Ok(entry)
    }

    fn authentic<'e>(&self, identity: &Identity, entry: &'e [u8]) -> Option<&'e [u8]> {
        let (mac, artifact) = entry.split_at_checked(MAC_BYTES)?;
        self.mac(identity, artifact).verify_slice(mac).is_ok().then_some(artifact)
    }

    /// The identity has a fixed length, so nothing can pass from it to the artifact.
    fn mac(&self, identity: &Identity, artifact: &[u8]) -> Hmac<Sha256> {
        self.key.clone().chain_update(b"amprule-compiled-1").chain_update(identity.bytes()).chain_update(artifact)
    }

    fn path(&self, identity: &Identity) -> PathBuf {
        self.folder.join(identity.to_string())
    }

    /// Removes what was not used for longest until the rest fits.
    fn prune(&self) -> io::Result<()> {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another writer's file is not finished yet, or another process has removed this one.
            let is_unfinished = entry.file_name().to_string_lossy().starts_with('.');
            let Some(metadata) = entry.metadata().ok().filter(|_| !is_unfinished) else { continue };
            entries.push((metadata.modified()?, metadata.len(), entry.path()));
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in entries {
            if total <= self.bytes_max {
                break;
            }
            // Another process may have been quicker.
            let _ = fs::remove_file(&path);
            total -= bytes;
        }
        Ok(())
    }
}

/// An entry's time says when it was last used.
#[expect(clippy::disallowed_methods, reason = "a file's time is the system's")]
fn touch(entry: &Path) -> io::Result<()> {
    File::open(entry)?.set_modified(SystemTime::now())
}
