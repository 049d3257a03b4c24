//! Logs that stations have brought: each once, the oldest go where there are too many.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use amprule_domain::files::LogFile;
use amprule_domain::{StationId, Timestamp};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use crate::addresses::Ticket;
use crate::firmware::in_background;
use crate::spool::{Spool, Written};
use crate::{Refused, Settings, disk};

pub(crate) struct Logs {
    contents: PathBuf,
    told: PathBuf,
    settings: Settings,
    known: RwLock<BTreeMap<Name, Known>>,
    /// Changes come one after the other.
    turn: Mutex<()>,
}

type Name = (StationId, u32);

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    file: LogFile,
    /// Its address is good until then.
    until: Timestamp,
    /// It had to go before its address ended: nobody else brings it again.
    #[serde(default)]
    is_gone: bool,
}

impl Logs {
    pub(crate) fn open(folder: &Path, settings: &Settings) -> io::Result<Self> {
        let (contents, told) = (folder.join("contents"), folder.join("told"));
        disk::folder(&contents)?;
        disk::folder(&told)?;
        disk::sweep(&contents, &told)?;
        let known: Vec<Known> = disk::read_all(&told)?;
        let named = |known: Known| ((known.file.station.clone(), known.file.number), known);
        let known = RwLock::new(known.into_iter().map(named).collect());
        Ok(Self { contents, told, settings: settings.clone(), known, turn: Mutex::default() })
    }

    pub(crate) fn get(&self, station: &StationId, number: u32) -> Option<LogFile> {
        let known = self.known.read();
        known.get(&(station.clone(), number)).filter(|known| !known.is_gone).map(|known| known.file.clone())
    }

    pub(crate) fn path(&self, file: &LogFile) -> PathBuf {
        self.contents.join(stem(&file.station, file.number))
    }

    pub(crate) fn was_brought(&self, ticket: &Ticket) -> bool {
        self.known.read().contains_key(&(ticket.station.clone(), ticket.number))
    }

    /// The first that is whole is the log. It is on the disk when this returns.
    pub(crate) async fn take(
        &self,
        ticket: Ticket,
        written: Written,
        name: &str,
        now: Timestamp,
        spool: &Spool,
    ) -> Result<LogFile, Refused> {
        let _turn = self.turn.lock().await;
        if self.was_brought(&ticket) {
            return Err(USED);
        }
        self.make_room(written.size, now, spool).await?;
        let Ticket { station, number, until } = ticket;
        let name = file_name(name).unwrap_or_else(|| format!("{number}.log"));
        let file =
            LogFile { station, number, name, size: written.size, sha256: written.sha256.clone(), received_at: now };
        let (from, to) = (written.path.clone(), self.path(&file));
        in_background(move || disk::place(&from.0, &to)).await?;
        self.tell(Known { file: file.clone(), until, is_gone: false }, spool).await?;
        Ok(file)
    }

    /// Those that are too old, and what nobody has to remember any more.
    pub(crate) async fn sweep(&self, now: Timestamp, spool: &Spool) -> io::Result<()> {
        let _turn = self.turn.lock().await;
        self.make_room(0, now, spool).await
    }

    async fn make_room(&self, size: u64, now: Timestamp, spool: &Spool) -> io::Result<()> {
        for known in self.too_many(size, now) {
            if known.until > now {
                self.tell(Known { is_gone: true, ..known.clone() }, spool).await?;
            } else {
                let told = self.told_of(&known);
                in_background(move || disk::remove(&told)).await?;
                self.known.write().remove(&(known.file.station.clone(), known.file.number));
            }
            let content = self.path(&known.file);
            in_background(move || disk::remove(&content)).await?;
        }
        Ok(())
    }

    /// The oldest, as many as must go for one more of this size.
    fn too_many(&self, size: u64, now: Timestamp) -> Vec<Known> {
        let Settings { logs_all, logs_kept, .. } = self.settings;
        let known = self.known.read();
        let mut oldest: Vec<&Known> = known.values().collect();
        oldest.sort_by_key(|known| known.file.received_at);
        let there = || oldest.iter().filter(|known| !known.is_gone);
        let (mut count, mut bytes) = (there().count(), there().map(|known| known.file.size).sum::<u64>());
        let mut go = Vec::new();
        for known in oldest {
            let is_old = now.duration_since(known.file.received_at) > logs_kept;
            let is_too_much = bytes.saturating_add(size) > logs_all || (size > 0 && count >= Settings::LOGS_MAX);
            if known.is_gone {
                // Nobody can bring it again now.
                go.extend((known.until <= now).then(|| known.clone()));
            } else if is_old || is_too_much {
                (count, bytes) = (count - 1, bytes - known.file.size);
                go.push(known.clone());
            }
        }
        go
    }

    async fn tell(&self, known: Known, spool: &Spool) -> io::Result<()> {
        let (told, beside, what) = (self.told_of(&known), spool.path(), known.clone());
        in_background(move || disk::write(&told, &beside.0, &what)).await?;
        self.known.write().insert((known.file.station.clone(), known.file.number), known);
        Ok(())
    }

    fn told_of(&self, known: &Known) -> PathBuf {
        self.told.join(format!("{}.json", stem(&known.file.station, known.file.number)))
    }
}

pub(crate) const USED: Refused = Refused::Over("this log was brought already");

/// Stations' ids are no names of files.
fn stem(station: &StationId, number: u32) -> String {
    let hash = Sha256::digest(station.as_str().as_bytes());
    let mut stem = hash[..8].iter().fold(String::new(), |mut stem, byte| {
        let _ = write!(stem, "{byte:02x}");
        stem
    });
    let _ = write!(stem, "-{number}");
    stem
}

/// The last part of what a station calls it, with nothing in it that means something elsewhere.
fn file_name(said: &str) -> Option<String> {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = last.chars().map(|c| if is_plain(c) { c } else { '_' }).take(100).collect();
    let name = name.trim_start_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Room {
        _folder: tempfile::TempDir,
        spool: Spool,
        logs: Logs,
        path: PathBuf,
    }

    fn room(logs_all: u64) -> Room {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { logs_all, ..Settings::default() };
        let path = folder.path().join("logs");
        let spool = Spool::open(folder.path().join("incoming")).unwrap();
        Room { spool, logs: Logs::open(&path, &settings).unwrap(), path, _folder: folder }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    impl Room {
        async fn bring(&self, number: u32, bytes: &[u8], now: &str) -> Result<LogFile, Refused> {
            let mut writing = self.spool.begin(1_000).await.unwrap();
            writing.write(bytes).await.unwrap();
            let ticket = Ticket { station: "CS-1".into(), number, until: at("2026-07-02T00:00:00Z") };
            self.logs.take(ticket, writing.finish().await.unwrap(), "../a b.zip", at(now), &self.spool).await
        }

        fn there(&self) -> Vec<u32> {
            (0..10).filter(|number| self.logs.get(&"CS-1".into(), *number).is_some()).collect()
        }
    }

    #[tokio::test]
    async fn a_log_is_brought_once_and_known_after_a_restart() {
        let room = room(1_000);
        let file = room.bring(1, b"first", "2026-07-01T08:00:00Z").await.unwrap();
        assert_eq!((file.name.as_str(), file.size), ("a_b.zip", 5));
        assert!(matches!(room.bring(1, b"second", "2026-07-01T08:00:01Z").await, Err(Refused::Over(_))));
        assert_eq!(std::fs::read(room.logs.path(&file)).unwrap(), b"first");
        let again = Logs::open(&room.path, &Settings::default()).unwrap();
        assert_eq!(again.get(&"CS-1".into(), 1), Some(file));
    }

    #[tokio::test]
    async fn the_oldest_go_and_cannot_be_brought_again() {
        let room = room(10);
        for number in 1..=3 {
            room.bring(number, b"12345", &format!("2026-07-01T08:0{number}:00Z")).await.unwrap();
        }
        assert_eq!(room.there(), [2, 3], "two have room");
        assert!(matches!(room.bring(1, b"x", "2026-07-01T09:00:00Z").await, Err(Refused::Over(_))));
        room.logs.sweep(at("2026-07-02T08:00:00Z"), &room.spool).await.unwrap();
        assert_eq!(std::fs::read_dir(room.path.join("told")).unwrap().count(), 2, "its address has ended");
        room.logs.sweep(at("2026-09-01T08:00:00Z"), &room.spool).await.unwrap();
        assert!(room.there().is_empty(), "all are too old");
        let left = ["contents", "told"].map(|name| std::fs::read_dir(room.path.join(name)).unwrap().count());
        assert_eq!(left, [0, 0]);
    }

    #[test]
    fn a_name_of_a_station_becomes_one_of_a_file() {
        let cases = [
            ("/diag.zip", Some("diag.zip")),
            ("//a/b\\..\\c.log", Some("c.log")),
            ("/../..", None),
            ("", None),
            ("/", None),
            ("CS 1 \"x\"\r\n.log", Some("CS_1__x___.log")),
            ("/2026-07-01T08:00:00Z.log", Some("2026-07-01T08_00_00Z.log")),
        ];
        for (said, expect) in cases {
            assert_eq!(file_name(said).as_deref(), expect, "{said:?}");
        }
    }
}
