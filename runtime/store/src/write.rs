//! The writer thread: takes what waits, puts it into one transaction, answers after COMMIT has returned.
//!
//! One caller's effects are all on disk or none, and never at another's cost: a transaction that fails is tried again
//! in halves, down to the one commit that cannot be.

mod effects;
mod journal;
mod log;
mod records;
mod sessions;

use std::thread;

use amprule_domain::ports::{StoreError, StoreResult};
use rusqlite::{Connection, Statement};
use tracing::{debug, error, warn};

use crate::error::{Failure, Outcome};
use crate::limits;
use crate::queue::{Found, Inbox, Job};
use crate::stats::Counters;
use effects::Effects;

/// Works until the queue is closed, then moves the write-ahead log into the database.
pub(crate) fn run(connection: &Connection, mut inbox: Inbox, counters: &Counters) {
    let mut writer = match Writer::new(connection, counters) {
        Ok(writer) => writer,
        Err(failure) => return error!(%failure, "the store's writer cannot start"),
    };
    let mut jobs = Vec::new();
    let mut settled = true;
    loop {
        let patience = (!settled).then_some(limits::IDLE);
        match inbox.take(&mut jobs, limits::COMMITS_PER_TRANSACTION, patience) {
            Found::Jobs => {
                let busy = jobs.len() >= limits::BUSY_COMMITS;
                writer.settle(std::mem::take(&mut jobs), &inbox);
                settled = false;
                if busy {
                    thread::sleep(limits::GATHER);
                }
            }
            Found::Idle => {
                writer.checkpoint("PASSIVE");
                settled = true;
            }
            Found::Closed => return writer.checkpoint("TRUNCATE"),
        }
    }
}

struct Writer<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    commit: Statement<'c>,
    effects: Effects<'c>,
    counters: &'c Counters,
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection, counters: &'c Counters) -> Outcome<Self> {
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            effects: Effects::new(connection)?,
            counters,
        })
    }

    fn settle(&mut self, mut jobs: Vec<Job>, inbox: &Inbox) {
        match self.transact(&jobs) {
            Ok(()) => {
                self.counters.durable(jobs.len());
                inbox.durable(jobs);
            }
            Err(error) if jobs.len() == 1 => self.refuse(jobs, error),
            Err(_) => {
                let later = jobs.split_off(jobs.len() / 2);
                self.settle(jobs, inbox);
                self.settle(later, inbox);
            }
        }
    }

    fn refuse(&self, jobs: Vec<Job>, error: StoreError) {
        warn!(%error, "a commit is refused");
        for job in jobs {
            self.counters.refused();
            job.answer(Err(error.clone()));
        }
    }

    fn transact(&mut self, jobs: &[Job]) -> StoreResult<()> {
        let result = self.try_transact(jobs);
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    fn try_transact(&mut self, jobs: &[Job]) -> StoreResult<()> {
        let whole = |error| Failure::Sqlite(error).explain("write to the database");
        self.begin.execute([]).map_err(whole)?;
        jobs.iter().try_for_each(|job| self.effects.apply(&job.effects))?;
        self.commit.execute([]).map_err(whole)?;
        Ok(())
    }

    /// SQLite has rolled back by itself after some failures, a full disk among them.
    fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            error!(%error, "a failed transaction cannot be rolled back");
        }
        self.effects.forget();
    }

    fn checkpoint(&self, mode: &str) {
        let moved = self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match moved {
            Ok((busy, pages, moved)) => debug!(busy, pages, moved, "checkpoint"),
            Err(error) => warn!(%error, "the write-ahead log cannot be moved into the database; it is tried again"),
        }
    }
}
