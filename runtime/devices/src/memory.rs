//! What a device's station knows that neither the hardware nor the books tell: it must outlive a restart. One small file each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use amprule_domain::StationId;
use amprule_domain::command::Most;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::Semaphore;

use crate::station::{Counter, Phases};

/// No file system has longer names than 255 bytes.
const MOST_NAME: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Memory {
    #[serde(deserialize_with = "limit")]
    pub(crate) limit: Option<Most>,
    #[serde(deserialize_with = "limit")]
    pub(crate) session_limit: Option<Most>,
    /// With how many it charges.
    pub(crate) phases: Phases,
    pub(crate) is_operative: bool,
    /// The car that is plugged in charges no more.
    pub(crate) is_over: bool,
    /// The default token was: it is asked about again while the car stays.
    pub(crate) is_refused: bool,
    /// The card that lay at the reader.
    pub(crate) card: Option<String>,
    /// Of a register that begins anew, as it was when something was said of it last.
    pub(crate) counter: Counter,
    pub(crate) snapshot: Option<Snapshot>,
    /// Whose all of this is.
    pub(crate) hardware: Option<String>,
}

/// A number is tenths of an ampere, as it was written before there were powers.
fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Most>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        DeciAmperes(u32),
        Most(Most),
    }
    let kept = Option::<Kept>::deserialize(deserializer)?;
    Ok(kept.map(|kept| match kept {
        Kept::DeciAmperes(deciamperes) => Most::DeciAmperes(deciamperes),
        Kept::Most(most) => most,
    }))
}

/// What a driver has kept, a minute ago at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    /// Whose it is.
    pub(crate) unit: String,
    /// JSON.
    pub(crate) told: String,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            limit: None,
            session_limit: None,
            phases: Phases::default(),
            is_operative: true,
            is_over: false,
            is_refused: false,
            card: None,
            counter: Counter::NEW,
            snapshot: None,
            hardware: None,
        }
    }
}

/// Where one device's is.
pub(crate) fn place(folder: &Path, id: &StationId) -> PathBuf {
    // An id may have characters that no file's name may have.
    let mut name: String = id.as_str().bytes().map(|byte| format!("{byte:02x}")).collect();
    if name.len() > MOST_NAME {
        let end = fnv(name.as_bytes());
        name.truncate(MOST_NAME - 16);
        name += &format!("{end:016x}");
    }
    folder.join(format!("{name}.json"))
}

/// FNV-1a: the same in every version, as the name of a file must be.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The usual where there is none yet.
pub(crate) fn read(place: &Path) -> io::Result<Memory> {
    match fs::read(place) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Memory::default()),
        Err(error) => Err(error),
    }
}

/// Files that are written at once, of all devices: a disk takes them one after the other anyway, and each has a thread.
static WRITERS: Semaphore = Semaphore::const_new(4);

/// Whole, or as it was.
pub(crate) async fn keep(place: PathBuf, memory: Memory) -> io::Result<()> {
    let _turn = WRITERS.acquire().await;
    tokio::task::spawn_blocking(move || write(&place, &memory)).await.map_err(io::Error::other)?
}

fn write(place: &Path, memory: &Memory) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    fs::create_dir_all(folder)?;
    let beside = place.with_extension("new");
    // Cards stand there, and what a driver keeps.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&serde_json::to_vec(memory).map_err(io::Error::other)?)?;
    file.sync_all()?;
    fs::rename(&beside, place)?;
    File::open(folder)?.sync_all()
}
