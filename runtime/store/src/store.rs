//! The store as the rest of the program sees it.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::decision::Decision;
use amprule_domain::effect::{Answered, Effect, KeptMessage};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::outbox::{OutboxRow, Subscriber};
use amprule_domain::ports::{
    BoxFuture, DecisionSpan, ExchangeFilter, Listed, Page, SessionFilter, SetAside, Store, StoreResult, StoredReading,
};
use amprule_domain::pricing::Pin;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use amprule_domain::{
    CommandId, Currency, Decimal, DecisionId, SessionId, SessionNo, StationId, Timestamp, TransactionId,
};
use parking_lot::Mutex;

use crate::aside::{self, Aside};
use crate::decisions::{Filing, Segments, filing};
use crate::error::{OpenError, explain};
use crate::folder::Folder;
use crate::queue::{Queue, queue};
use crate::read::{self, Readers};
use crate::settings::StoreSettings;
use crate::stats::{Counters, Stats};
use crate::tokens::Tokens;
use crate::write::Tools;
use crate::{schema, write};

/// An open data folder. It is ours until this is dropped; a second one on the same folder is refused.
pub struct SqliteStore {
    queue: Queue,
    readers: Readers,
    tokens: Arc<Tokens>,
    counters: Arc<Counters>,
    segments: Arc<Segments>,
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
        };
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write::run(&connection, inbox, &tools))
            .map_err(|source| OpenError::Thread { source })?;
        Ok(Self {
            queue,
            readers,
            tokens,
            counters,
            segments,
            threads: Mutex::new(vec![writer, clerk]),
            _folder: folder,
        })
    }

    /// Finishes what was handed over, moves the write-ahead log into the database and ends the writer. BoxFuture commits are
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
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for SqliteStore {
    fn commit(&self, effects: Vec<Effect>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(self.queue.commit(effects))
    }

    fn station(&self, id: &StationId) -> StoreResult<Option<StationRecord>> {
        self.readers.point("read a station", |reading| read::records::station(reading, id))
    }

    fn connectors(&self, id: &StationId) -> StoreResult<Vec<ConnectorStatus>> {
        self.readers.point("read a station's connectors", |reading| read::records::connectors(reading, id))
    }

    fn stations(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StationRecord>>> {
        let page = page.clone();
        self.readers.list("list the stations", move |reading| read::records::stations(reading, &page))
    }

    fn live_sessions(&self, station: &StationId, ended: usize) -> StoreResult<Vec<Session>> {
        self.readers.point("read a station's sessions", |reading| read::sessions::live(reading, station, ended))
    }

    fn open_exchanges(&self, station: &StationId) -> StoreResult<Vec<Exchange>> {
        self.readers.point("read a station's commands", |reading| read::exchanges::open(reading, station))
    }

    fn exchange(&self, id: CommandId) -> StoreResult<Option<Exchange>> {
        self.readers.point("read a command", |reading| read::exchanges::one(reading, id))
    }

    fn exchanges(&self, filter: &ExchangeFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Exchange>>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.list("list the commands", move |reading| read::exchanges::list(reading, &filter, &page))
    }

    fn outbox(&self, after: u64, most: usize) -> BoxFuture<'_, StoreResult<Vec<OutboxRow>>> {
        self.readers.list("read the outbox", move |reading| read::outbox::after(reading, after, most))
    }

    fn outbox_span(&self) -> BoxFuture<'_, StoreResult<Option<(u64, u64)>>> {
        self.readers.list("look at the outbox", |reading| read::outbox::span(reading))
    }

    fn set_aside(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<SetAside>>> {
        let page = page.clone();
        self.readers.list("list what is set aside", move |reading| aside::list(reading, &page))
    }

    fn subscribers(&self) -> BoxFuture<'_, StoreResult<Vec<Subscriber>>> {
        self.readers.list("read the subscribers", |reading| read::outbox::subscribers(reading))
    }

    fn live_stations(&self) -> StoreResult<Vec<StationId>> {
        self.readers.point("read which stations have sessions", |reading| read::sessions::live_stations(reading))
    }

    fn transaction(&self, station: &StationId, transaction: &TransactionId) -> StoreResult<Option<Session>> {
        self.readers.point("read a transaction", |reading| read::sessions::transaction(reading, station, transaction))
    }

    fn begun_at(&self, station: &StationId, at: Timestamp, most: usize) -> StoreResult<Vec<Session>> {
        self.readers.point("read a station's sessions of a moment", |reading| {
            read::sessions::begun_at(reading, station, at, most)
        })
    }

    fn answered(&self, station: &StationId, latest: usize) -> StoreResult<Vec<Answered>> {
        self.readers.point("read a station's answers", |reading| read::journal::answered(reading, station, latest))
    }

    fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        self.readers.point("read a session", |reading| read::sessions::one(reading, id))
    }

    fn sessions(&self, filter: &SessionFilter, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Session>>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.readers.list("list the sessions", move |reading| read::sessions::list(reading, &filter, &page))
    }

    fn readings(&self, session: SessionNo, page: &Page) -> BoxFuture<'_, StoreResult<Listed<StoredReading>>> {
        let page = page.clone();
        self.readers.list("list a session's readings", move |reading| read::journal::readings(reading, session, &page))
    }

    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>> {
        self.readers.point("read which units are pinned", |reading| read::sessions::pins(reading))
    }

    fn token(&self, key: &str) -> StoreResult<Option<TokenRecord>> {
        let key = &*key.to_uppercase();
        let unknown = match self.tokens.get(key) {
            Ok(token) => return Ok(token),
            Err(unknown) => unknown,
        };
        let read = self.readers.point("read a token", |reading| read::records::token(reading, key))?;
        self.tokens.keep(key, &read, &unknown);
        Ok(read)
    }

    fn tokens(&self, page: &Page) -> BoxFuture<'_, StoreResult<Listed<TokenRecord>>> {
        let page = page.clone();
        self.readers.list("list the tokens", move |reading| read::records::tokens(reading, &page))
    }

    fn spent(&self, key: &str, currency: Currency, since: Timestamp) -> StoreResult<Decimal> {
        self.readers.point("add up a token's totals", |reading| read::sessions::spent(reading, key, currency, since))
    }

    fn open_sessions(&self, key: &str) -> StoreResult<u32> {
        self.readers.point("count a token's sessions", |reading| read::sessions::open_count(reading, key))
    }

    fn decisions(&self, session: Option<SessionId>, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        let page = page.clone();
        self.readers.list("list the decisions", move |reading| read::log::decisions(reading, session, &page))
    }

    fn decision(&self, id: DecisionId) -> StoreResult<Option<Decision>> {
        let row = self.readers.point("read a decision", |reading| read::log::decision(reading, id))?;
        let filed = || self.segments.find(id).map_err(|failure| failure.explain("read a decision"));
        row.map_or_else(filed, |decision| Ok(Some(decision)))
    }

    fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> BoxFuture<'_, StoreResult<Listed<Decision>>> {
        let (span, page, segments) = (span.clone(), page.clone(), Arc::clone(&self.segments));
        self.readers.list("read the decisions", move |reading| {
            read::log::decisions_between(reading, &segments, &span, &page, || Ok(()))
        })
    }

    fn kept(&self, station: &StationId, page: &Page) -> BoxFuture<'_, StoreResult<Listed<KeptMessage>>> {
        let (station, page) = (station.clone(), page.clone());
        self.readers.list("list a station's kept messages", move |reading| read::log::kept(reading, &station, &page))
    }

    fn bills(&self, session: &Session) -> StoreResult<Vec<Bill>> {
        self.readers.point("read a session's bills", |reading| read::sessions::bills(reading, session))
    }

    fn last_commit(&self) -> Option<Timestamp> {
        self.readers
            .point("read when something was last received", |reading| read::journal::last_received(reading))
            .ok()
            .flatten()
    }

    fn last_session_no(&self) -> StoreResult<SessionNo> {
        self.readers.point("read the last session number", |reading| read::sessions::last_no(reading))
    }
}
