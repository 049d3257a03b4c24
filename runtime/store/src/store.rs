//! The store as the server has it: opened, asked what a start must know, watched, closed.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use amprule_domain::SessionNo;
use amprule_domain::doors::StoreResult;
use amprule_domain::pricing::Pin;
use parking_lot::Mutex;

use crate::aside::Aside;
use crate::decisions::{Filing, Segments, filing};
use crate::error::{OpenError, explain};
use crate::folder::Folder;
use crate::open_sessions::OpenSessions;
use crate::queue::{Queue, queue};
use crate::read::{self, Readers};
use crate::settings::StoreSettings;
use crate::stats::{Counters, Stats};
use crate::tokens::Tokens;
use crate::write::Tools;
use crate::{schema, write};

/// An open data folder. It is ours until this is dropped; a second one on the same folder is refused.
pub struct SqliteStore {
    pub(crate) queue: Queue,
    pub(crate) readers: Readers,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) open_sessions: Arc<OpenSessions>,
    counters: Arc<Counters>,
    pub(crate) segments: Arc<Segments>,
    /// The writer, and the thread that files decisions, which ends with it.
    threads: Mutex<Vec<JoinHandle<()>>>,
    _folder: Folder,
}

impl SqliteStore {
    /// Opens `amprule.db` in the data folder `path`; folder and file are made if they are missing, an older file is
    /// brought to the present format. Refuses a folder that another process uses, and a file from a newer version.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_with(path, StoreSettings::default())
    }

    /// [`SqliteStore::open`] with other bounds.
    pub fn open_with(path: &Path, settings: StoreSettings) -> Result<Self, OpenError> {
        let folder = Folder::claim(path)?;
        let refused = |what: &'static str| {
            let path = folder.database.clone();
            move |error: rusqlite::Error| OpenError::Database { path, message: explain(what, &error).message }
        };
        let connection = schema::open_writer(&folder.database)?;
        let segments = Segments::open(path).map_err(|source| OpenError::Folder { path: path.to_owned(), source })?;
        let filed = schema::settle_places(&connection, segments.last()).map_err(refused("number the decisions"))?;
        let aside = Arc::<Aside>::default();
        let tokens = Arc::<Tokens>::default();
        let open_sessions = Arc::<OpenSessions>::default();
        let readers = Readers::open(&folder.database, &aside).map_err(refused("prepare for reading"))?;
        let segments = Arc::new(segments);
        let filing = Filing::from(filed);
        let (wake, clerk) =
            filing::start(&folder.database, Arc::clone(&segments), filing, settings.decisions, Arc::clone(&aside))?;
        let counters = Arc::new(Counters::default());
        let (queue, inbox) = queue();
        let tools = Tools {
            counters: Arc::clone(&counters),
            kept: settings.kept,
            readings: settings.readings,
            wake,
            aside: Arc::clone(&aside),
            tokens: Arc::clone(&tokens),
            open_sessions: Arc::clone(&open_sessions),
        };
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write::run(&connection, inbox, &tools))
            .map_err(|source| OpenError::Thread { source })?;
        Ok(Self {
            queue,
            readers,
            tokens,
            open_sessions,
            counters,
            segments,
            threads: Mutex::new(vec![writer, clerk]),
            _folder: folder,
        })
    }

    /// Finishes what was handed over, moves the write-ahead log into the database and ends the writer. Later commits are
    /// refused, reads still work. Blocks until done; dropping the store does the same.
    pub fn close(&self) {
        self.queue.close();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store failed before it was closed; what was answered is on disk");
            }
        }
    }

    /// The error says why nothing can be written now: the disk is full, the writer has failed, …
    pub fn can_write(&self) -> Result<(), String> {
        if self.threads.lock().first().is_none_or(JoinHandle::is_finished) {
            return Err(
                "the store is closed or its writer has failed; the log says why, a restart is needed".to_owned()
            );
        }
        self.counters.trouble().map_or(Ok(()), Err)
    }

    pub fn stats(&self) -> Stats {
        self.counters.read(self.queue.len())
    }

    /// The largest number that a session has; 0 before the first.
    pub fn last_session_no(&self) -> StoreResult<SessionNo> {
        self.readers.point("read the last session number", |reading| read::sessions::last_no(reading))
    }

    /// Content hashes that open or parked sessions are pinned to.
    pub fn pinned_hashes(&self) -> StoreResult<Vec<Pin>> {
        self.readers.point("read which units are pinned", |reading| read::sessions::pins(reading))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}
