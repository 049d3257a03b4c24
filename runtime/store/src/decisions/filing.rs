//! Moves decisions from the database into segments, on a thread of its own: packing takes longer than a commit may.
//!
//! It only reads the database. Rows are deleted by the writer, in one transaction, once their segment is durable; a
//! crash in between leaves them in both places, and the next start sees that by the last one's id.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use amprule_domain::Timestamp;
use rusqlite::Connection;

use super::Segments;
use super::pack::{COLUMNS, FROM, Line, Pack};
use crate::aside::{Aside, Reading};
use crate::error::{OpenError, Outcome, explain};
use crate::limits::{FILING_INTERVAL, SEGMENT_BYTES, UNFILED_FACTOR};
use crate::schema::open_reader;
use crate::settings::DecisionSettings;

/// What the writer and the filing thread tell each other.
#[derive(Debug, Default)]
pub(crate) struct Filing {
    /// Rows up to this place are not needed any more.
    filed: AtomicI64,
    busy: AtomicBool,
}

impl Filing {
    pub(crate) fn from(place: i64) -> Arc<Self> {
        Arc::new(Self { filed: AtomicI64::new(place), busy: AtomicBool::new(false) })
    }

    pub(crate) fn filed(&self) -> i64 {
        self.filed.load(Ordering::Acquire)
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }
}

/// The writer's bell for the filing thread; dropping it ends the thread.
pub(crate) struct Wake {
    bell: SyncSender<()>,
    pub(crate) filing: Arc<Filing>,
}

impl Wake {
    pub(crate) fn ring(&self) {
        self.filing.busy.store(true, Ordering::Release);
        let _ = self.bell.try_send(());
    }
}

#[cfg(test)]
impl Wake {
    /// Nobody hears it.
    pub(crate) fn silent() -> Self {
        Self { bell: sync_channel(1).0, filing: Filing::from(0) }
    }
}

/// Starts the thread. It ends when the bell is dropped.
pub(crate) fn start(
    database: &Path,
    segments: Arc<Segments>,
    filing: Arc<Filing>,
    settings: DecisionSettings,
    aside: Arc<Aside>,
) -> Result<(Wake, JoinHandle<()>), OpenError> {
    let (bell, rings) = sync_channel(1);
    let connection = open_reader(database).map_err(|error| OpenError::Database {
        path: database.to_owned(),
        message: explain("prepare for reading", &error).message,
    })?;
    let mut clerk = Clerk { connection, segments, filing: Arc::clone(&filing), settings, aside };
    let thread = thread::Builder::new().name("store-filing".to_owned()).spawn(move || clerk.run(&rings));
    Ok((Wake { bell, filing }, thread.map_err(|source| OpenError::Thread { source })?))
}

struct Clerk {
    connection: Connection,
    segments: Arc<Segments>,
    filing: Arc<Filing>,
    settings: DecisionSettings,
    aside: Arc<Aside>,
}

impl Clerk {
    fn run(&mut self, rings: &Receiver<()>) {
        loop {
            match rings.recv_timeout(FILING_INTERVAL) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(error) = self.work() {
                tracing::error!(%error, "decisions cannot be filed; they stay in the database and it is tried again");
                self.drop_surplus();
            }
            self.filing.busy.store(false, Ordering::Release);
        }
    }

    fn work(&mut self) -> Outcome<()> {
        let oldest = self.oldest_kept();
        while self.unfiled()? >= i64::from(self.settings.hot_rows) + i64::from(self.settings.segment_rows) {
            if self.file_some()? == 0 {
                break;
            }
        }
        if let Some(oldest) = oldest {
            self.age_rows(oldest)?;
        }
        self.segments.prune(oldest, self.settings.keep_bytes)?;
        Ok(())
    }

    fn oldest_kept(&self) -> Option<Timestamp> {
        let now = self.settings.clock.as_ref()?.now();
        now.checked_sub(self.settings.keep_for).ok()
    }

    /// One segment of the oldest rows, made durable before the writer hears of it.
    fn file_some(&mut self) -> Outcome<i64> {
        let (first, lines) = self.oldest(self.settings.segment_rows.max(1))?;
        let count = i64::try_from(lines.len()).unwrap_or(0);
        self.segments.add(first, &lines)?;
        self.filing.filed.fetch_max(first + count - 1, Ordering::AcqRel);
        Ok(count)
    }

    /// Decisions without a gap between their places.
    fn oldest(&self, most: u32) -> Outcome<(i64, Vec<Line>)> {
        let reading = Reading { connection: &self.connection, aside: &self.aside };
        let filed = self.filing.filed();
        let sql = format!("SELECT {COLUMNS} FROM packs WHERE first >= {FROM} ORDER BY first");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([filed])?;
        let (mut first, mut lines, mut bytes) = (0, Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let pack = Pack::of(row)?;
            for (place, line) in pack.lines(&reading)?.into_iter().filter(|(place, _)| *place > filed) {
                if lines.is_empty() {
                    first = place;
                }
                let follows = usize::try_from(place - first).is_ok_and(|distance| distance == lines.len());
                match line.filter(|_| follows && lines.len() < most as usize) {
                    Some(line) => lines.push(line),
                    // It is set aside; what comes behind it begins anew.
                    None if lines.is_empty() => drop(self.filing.filed.fetch_max(place, Ordering::AcqRel)),
                    None => return Ok((first, lines)),
                }
            }
            bytes += pack.packed_bytes();
            if bytes > SEGMENT_BYTES {
                break;
            }
        }
        Ok((first, lines))
    }

    /// Rows that are too old need no segment.
    fn age_rows(&self, oldest: Timestamp) -> Outcome<()> {
        let mut most = 1;
        loop {
            let (first, lines) = self.oldest(most)?;
            let old = lines.iter().take_while(|line| line.head.at < oldest).count();
            self.filing.filed.fetch_max(first + i64::try_from(old).unwrap_or(0) - 1, Ordering::AcqRel);
            if lines.is_empty() || old < lines.len() {
                return Ok(());
            }
            most = self.settings.segment_rows.max(1);
        }
    }

    fn unfiled(&self) -> Outcome<i64> {
        let sql = "SELECT CAST(total(count) AS INTEGER) FROM packs WHERE first > ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([self.filing.filed()], |row| row.get(0))?)
    }

    /// The folder of segments may be unwritable for long; the database must not grow for ever.
    fn drop_surplus(&self) {
        let most = i64::from(self.settings.hot_rows) * UNFILED_FACTOR;
        let surplus = self.unfiled().unwrap_or(0) - most;
        if surplus > 0 {
            tracing::error!(decisions = surplus, "the oldest decisions are lost: too many could not be filed");
            let newest = self.connection.query_row("SELECT max(first) FROM packs", [], |row| row.get::<_, i64>(0));
            if let Ok(newest) = newest {
                self.filing.filed.fetch_max(newest - most, Ordering::AcqRel);
            }
        }
    }
}
