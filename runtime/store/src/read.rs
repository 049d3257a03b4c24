//! Read-only connections and the named queries on them.
//!
//! Single records are read on the caller's thread, lists on a thread that may block; each kind has its own
//! connections, so that a long list never stands in the way of a station.

pub(crate) mod decisions;
pub(crate) mod exchanges;
pub(crate) mod holdings;
pub(crate) mod journal;
pub(crate) mod limited;
pub(crate) mod log;
pub(crate) mod outbox;
pub(crate) mod page;
pub(crate) mod records;
pub(crate) mod sessions;
pub(crate) mod signed;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use amprule_domain::doors::{StoreError, StoreFuture, StoreResult};
use amprule_domain::ports::BoxFuture;
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::aside::{Aside, Reading};
use crate::error::Outcome;
use crate::limits::{LIST_READERS, POINT_READERS};
use crate::schema::open_reader;

#[derive(Clone)]
pub(crate) struct Readers {
    points: Arc<Pool>,
    lists: Arc<Pool>,
}

impl Readers {
    pub(crate) fn open(path: &Path, aside: &Arc<Aside>) -> rusqlite::Result<Self> {
        Ok(Self { points: Pool::open(path, POINT_READERS, aside)?, lists: Pool::open(path, LIST_READERS, aside)? })
    }

    /// `what` fits after "failed to".
    pub(crate) fn point<T>(&self, what: &str, query: impl FnOnce(&Reading<'_>) -> Outcome<T>) -> StoreResult<T> {
        self.points.read(query).map_err(|failure| failure.explain(what))
    }

    /// [`Readers::point`], for who awaits it.
    pub(crate) fn at_once<'a, T: Send + 'a>(
        &self,
        what: &str,
        query: impl FnOnce(&Reading<'_>) -> Outcome<T>,
    ) -> StoreFuture<'a, T> {
        ready(self.point(what, query))
    }

    pub(crate) fn list<'a, T, Q>(&self, what: &'static str, query: Q) -> StoreFuture<'a, T>
    where
        T: Send + 'static,
        Q: FnOnce(&Reading<'_>) -> Outcome<T> + Send + 'static,
    {
        let lists = Arc::clone(&self.lists);
        Box::pin(async move {
            let reading = tokio::task::spawn_blocking(move || lists.read(query));
            let read = reading.await.map_err(|error| StoreError::new(format!("{what}: {error}")))?;
            read.map_err(|failure| failure.explain(what))
        })
    }
}

/// What is known already, for who awaits it.
pub(crate) fn ready<'a, T: Send + 'a>(known: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(known))
}

struct Pool {
    connections: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
    aside: Arc<Aside>,
}

impl Pool {
    fn open(path: &Path, size: usize, aside: &Arc<Aside>) -> rusqlite::Result<Arc<Self>> {
        let connections = (0..size).map(|_| open_reader(path).map(Mutex::new)).collect::<Result<_, _>>()?;
        Ok(Arc::new(Self { connections, turn: AtomicUsize::new(0), aside: Arc::clone(aside) }))
    }

    /// Takes a free connection, or waits for the one whose turn it is.
    fn read<T>(&self, query: impl FnOnce(&Reading<'_>) -> Outcome<T>) -> Outcome<T> {
        let free = self.connections.iter().find_map(Mutex::try_lock);
        let connection = free.unwrap_or_else(|| {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            self.connections[turn % self.connections.len()].lock()
        });
        query(&Reading { connection: &connection, aside: &self.aside })
    }
}
