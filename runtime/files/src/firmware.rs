//! Firmware files: a name never has other content while it is there, for somebody may be fetching it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use amprule_domain::Timestamp;
use amprule_domain::command::Signed;
use amprule_domain::files::{FirmwareFile, MeantFor};
use parking_lot::RwLock;
use tokio::sync::Mutex;

use crate::spool::{Spool, Written};
use crate::{Refused, Settings, disk};

pub(crate) struct Firmware {
    contents: PathBuf,
    told: PathBuf,
    most: u64,
    known: RwLock<BTreeMap<String, FirmwareFile>>,
    /// Changes come one after the other.
    turn: Mutex<()>,
}

impl Firmware {
    pub(crate) fn open(folder: &Path, most: u64) -> io::Result<Self> {
        let (contents, told) = (folder.join("contents"), folder.join("told"));
        disk::folder(&contents)?;
        disk::folder(&told)?;
        disk::sweep(&contents, &told)?;
        let known: Vec<FirmwareFile> = disk::read_all(&told)?;
        let known = known.into_iter().map(|file| (file.name.clone(), file)).collect();
        Ok(Self { contents, told, most, known: RwLock::new(known), turn: Mutex::default() })
    }

    pub(crate) fn all(&self) -> Vec<FirmwareFile> {
        self.known.read().values().cloned().collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<FirmwareFile> {
        self.known.read().get(name).cloned()
    }

    pub(crate) fn path(&self, file: &FirmwareFile) -> PathBuf {
        self.contents.join(&file.name)
    }

    /// So many bytes more may be stored under this name.
    pub(crate) fn room(&self, name: &str) -> Result<u64, Refused> {
        let known = self.known.read();
        if known.contains_key(name) {
            // It can only be what is there already.
            return Ok(self.most);
        }
        let used: u64 = known.values().map(|file| file.size).sum();
        let left = self.most.saturating_sub(used);
        if known.len() >= Settings::FIRMWARE_MAX {
            return Err(Refused::Full(format!("there are {} firmware files already; delete one", known.len())));
        }
        if left == 0 {
            return Err(self.full());
        }
        Ok(left)
    }

    fn full(&self) -> Refused {
        Refused::Full(format!("all firmware together may have {} MiB; delete a file first", self.most >> 20))
    }

    /// The same content again changes what is told of it. It is on the disk when this returns.
    pub(crate) async fn put(
        &self,
        name: &str,
        written: Written,
        meant_for: MeantFor,
        now: Timestamp,
        spool: &Spool,
    ) -> Result<FirmwareFile, Refused> {
        let _turn = self.turn.lock().await;
        let known = self.get(name);
        if known.as_ref().is_some_and(|known| known.sha256 != written.sha256) {
            return Err(Refused::Exists(name.to_owned()));
        }
        if known.is_none() && self.room(name)? < written.size {
            return Err(self.full());
        }
        let file = FirmwareFile {
            name: name.to_owned(),
            size: written.size,
            sha256: written.sha256.clone(),
            md5: written.md5.clone(),
            meant_for,
            signed: known.as_ref().and_then(|known| known.signed.clone()),
            stored_at: known.as_ref().map_or(now, |known| known.stored_at),
        };
        let (from, to) = (written.path.clone(), self.path(&file));
        if known.is_none() {
            in_background(move || disk::place(&from.0, &to)).await?;
        }
        self.tell(file, spool).await
    }

    pub(crate) async fn sign(&self, name: &str, signed: Signed, spool: &Spool) -> Result<FirmwareFile, Refused> {
        let _turn = self.turn.lock().await;
        let known = self.get(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        self.tell(FirmwareFile { signed: Some(signed), ..known }, spool).await
    }

    pub(crate) async fn delete(&self, name: &str) -> Result<(), Refused> {
        let _turn = self.turn.lock().await;
        let known = self.get(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        let (told, content) = (self.told_of(name), self.path(&known));
        in_background(move || {
            disk::remove(&told)?;
            disk::remove(&content)
        })
        .await?;
        self.known.write().remove(name);
        Ok(())
    }

    async fn tell(&self, file: FirmwareFile, spool: &Spool) -> Result<FirmwareFile, Refused> {
        let (told, beside, what) = (self.told_of(&file.name), spool.path(), file.clone());
        in_background(move || disk::write(&told, &beside.0, &what)).await?;
        self.known.write().insert(file.name.clone(), file.clone());
        Ok(file)
    }

    fn told_of(&self, name: &str) -> PathBuf {
        self.told.join(format!("{name}.json"))
    }
}

pub(crate) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
