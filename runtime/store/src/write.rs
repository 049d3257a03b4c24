//! The writer thread: takes what waits, puts it into one transaction, answers after COMMIT has returned.
//!
//! One caller's effects are all on disk or none, and never at another's cost: a transaction that fails because of one
//! commit is tried again in halves, down to that one. What keeps the database from being written refuses all at once.

mod answers;
mod budgets;
mod decisions;
mod effects;
mod exchanges;
mod holdings;
mod journal;
mod limited;
mod log;
mod outbox;
mod past;
mod records;
mod refusals;
mod sessions;
mod signed;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use amprule_domain::doors::StoreResult;
use rusqlite::{Connection, Statement};
use tracing::{debug, error, warn};

use crate::aside::Aside;
use crate::decisions::Wake;
use crate::error::{Failure, Outcome, Refused, Scope, explain};
use crate::limits;
use crate::open_sessions::OpenSessions;
use crate::queue::{Found, Inbox, Job};
use crate::schema;
use crate::settings::{KeptBounds, ReadingSettings};
use crate::stats::Counters;
use crate::tokens::Tokens;
use decisions::Decisions;
use effects::Effects;
use log::Log;
use past::Past;
use refusals::Refusals;

/// What the writer is given beside its connection and its inbox.
pub(crate) struct Tools {
    pub(crate) counters: Arc<Counters>,
    pub(crate) kept: KeptBounds,
    pub(crate) readings: ReadingSettings,
    /// Its bell ends the filing thread when the writer ends.
    pub(crate) wake: Wake,
    /// Rows that readers have found and cannot read.
    pub(crate) aside: Arc<Aside>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) open_sessions: Arc<OpenSessions>,
}

/// Works until the queue is closed, then moves the write-ahead log into the database.
pub(crate) fn run(connection: &Connection, mut inbox: Inbox, tools: &Tools) {
    let mut writer = match Writer::new(connection, tools) {
        Ok(writer) => writer,
        Err(failure) => return error!(%failure, "the store's writer cannot start"),
    };
    let mut jobs = Vec::new();
    let mut settled = true;
    loop {
        let patience = match writer.past.has_more() {
            true => Some(limits::GATHER),
            false => (!settled || writer.is_expecting()).then_some(limits::IDLE),
        };
        match inbox.take(&mut jobs, limits::COMMITS_PER_TRANSACTION, patience) {
            Found::Jobs => {
                let busy = jobs.len() >= limits::BUSY_COMMITS;
                writer.settle(std::mem::take(&mut jobs), &inbox);
                settled = false;
                if writer.past.is_due() {
                    writer.past.work();
                }
                if busy {
                    thread::sleep(limits::GATHER);
                }
            }
            Found::Idle => {
                let is_quiet = patience == Some(limits::IDLE);
                if is_quiet && !std::mem::replace(&mut settled, true) {
                    writer.checkpoint("PASSIVE");
                    tools.wake.ring();
                }
                writer.past.work();
                writer.recover();
            }
            Found::Closed => {
                writer.delete_filed();
                return writer.checkpoint("TRUNCATE");
            }
        }
        writer.delete_filed();
        writer.set_aside();
        writer.refusals.tell_what_is_over();
    }
}

struct Writer<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    commit: Statement<'c>,
    effects: Effects<'c>,
    past: Past<'c>,
    refusals: Refusals,
    tools: &'c Tools,
    /// Decisions up to this place are deleted.
    deleted: i64,
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection, tools: &'c Tools) -> Outcome<Self> {
        schema::fit_cache(connection)?;
        let log = Log::new(connection, tools.kept)?;
        let decisions = Decisions::new(connection, Arc::clone(&tools.wake.filing))?;
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            effects: Effects::new(connection, log, decisions)?,
            past: Past::new(connection, tools.readings.clone())?,
            refusals: Refusals::new(),
            tools,
            deleted: 0,
        })
    }

    fn settle(&mut self, mut jobs: Vec<Job>, inbox: &Inbox) {
        match self.transact(&jobs) {
            Ok(()) => {
                // Before anybody is told, and whether anybody still waits or not.
                self.tools.tokens.forget(jobs.iter().flat_map(|job| &job.effects));
                self.tools.counters.durable(jobs.len());
                inbox.durable(jobs);
            }
            Err(refused) if jobs.len() == 1 || refused.scope == Scope::Database => self.refuse(jobs, &refused),
            Err(_) => {
                let later = jobs.split_off(jobs.len() / 2);
                self.settle(jobs, inbox);
                self.settle(later, inbox);
            }
        }
    }

    fn refuse(&mut self, jobs: Vec<Job>, refused: &Refused) {
        self.refusals.tell(refused, jobs.len());
        if refused.scope == Scope::Database {
            self.tools.counters.cannot_write(refused.error.message.clone());
        }
        for job in jobs {
            self.tools.counters.refused();
            job.answer(Err(refused.error.clone()));
        }
    }

    fn transact(&mut self, jobs: &[Job]) -> Result<(), Refused> {
        let result = self.try_transact(jobs);
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    fn try_transact(&mut self, jobs: &[Job]) -> Result<(), Refused> {
        let whole = |error| Failure::Sqlite(error).refuse("write to the database");
        self.begin.execute([]).map_err(whole)?;
        jobs.iter().try_for_each(|job| self.effects.apply(&job.effects))?;
        self.effects.finish()?;
        self.tools.open_sessions.committing();
        let committed = self.commit.execute([]).map_err(whole);
        let changes = self.effects.take_changes();
        self.tools.open_sessions.committed(if committed.is_ok() { changes } else { Vec::new() });
        committed.map(drop)
    }

    /// SQLite has rolled back by itself after some failures, a full disk among them.
    fn roll_back(&mut self) {
        self.roll_back_quietly();
        self.effects.forget();
    }

    /// Something may have to be done without a commit.
    fn is_expecting(&self) -> bool {
        let filing = &self.tools.wake.filing;
        !self.refusals.is_empty()
            || filing.is_busy()
            || !self.tools.aside.is_empty()
            || filing.filed() > self.deleted
            || self.tools.counters.trouble().is_some()
    }

    /// Rows whose segment is durable go in one transaction: those behind which another begins that is filed, or comes next.
    fn delete_filed(&mut self) {
        let filed = self.tools.wake.filing.filed();
        if filed <= self.deleted {
            return;
        }
        match self
            .connection
            .execute("DELETE FROM packs WHERE first < (SELECT max(first) FROM packs WHERE first <= ?1 + 1)", [filed])
        {
            Ok(packs) => debug!(packs, "decisions have left the database"),
            Err(error) => warn!(%error, "decisions that are filed cannot be deleted; it is tried again"),
        }
        // A failure is tried again with the next segment; until then the rows stand in both places, which readers know.
        self.deleted = filed;
        if let Err(error) = schema::fit_cache(self.connection) {
            warn!(%error, "the cache of pages cannot be fitted to the database");
        }
    }

    fn set_aside(&self) {
        if self.tools.aside.is_empty() {
            return;
        }
        if let Err(failure) = self.tools.aside.copy(self.connection) {
            warn!(%failure, "a row that cannot be read could not be set aside; it stays where it is, and it is tried again");
        }
    }

    /// While writing fails nobody may send commits any more, so the writer itself finds out when it works again.
    fn recover(&self) {
        if self.tools.counters.trouble().is_some() && self.probe().is_ok() {
            tracing::info!("the database can be written again");
            self.tools.counters.can_write();
        }
    }

    /// Writes something and takes it away again. It waits for no lock: commits may come meanwhile.
    fn probe(&self) -> StoreResult<()> {
        let probed = self.connection.busy_timeout(Duration::ZERO).and_then(|()| {
            self.connection.execute_batch(
                "BEGIN IMMEDIATE;
                 CREATE TABLE probe (x BLOB); INSERT INTO probe VALUES (zeroblob(65536)); DROP TABLE probe;
                 COMMIT",
            )
        });
        let probed = probed.map_err(|error| {
            self.roll_back_quietly();
            explain("write to the database", &error)
        });
        self.connection.busy_timeout(limits::BUSY).map_err(|error| explain("wait for the database", &error))?;
        probed
    }

    fn roll_back_quietly(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            error!(%error, "a failed transaction cannot be rolled back");
        }
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

#[cfg(test)]
mod tests {
    use amprule_domain::effect::{Effect, KeptMessage};

    use std::time::Instant;

    use super::*;
    use crate::queue::queue;

    fn large() -> Effect {
        Effect::Kept(KeptMessage {
            station: "cs-1".into(),
            received_at: amprule_domain::Timestamp::UNIX_EPOCH,
            action: "NotifyReport".to_owned(),
            payload: "x".repeat(500_000).into(),
            why: "report",
        })
    }

    fn small() -> Effect {
        Effect::TokenGone("none".to_owned())
    }

    /// What these commits are answered when they wait together.
    async fn settle_together(writer: &mut Writer<'_>, commits: Vec<Vec<Effect>>) -> Vec<StoreResult<()>> {
        let (queue, mut inbox) = queue();
        let (queue, count) = (Arc::new(queue), commits.len());
        let callers: Vec<_> = commits.into_iter().map(|effects| tokio::spawn(commit(queue.clone(), effects))).collect();
        while queue.len() < count {
            tokio::task::yield_now().await;
        }
        let mut jobs = Vec::new();
        assert!(matches!(inbox.take(&mut jobs, count, None), Found::Jobs));
        writer.settle(jobs, &inbox);
        let mut answers = Vec::new();
        for caller in callers {
            answers.push(caller.await.unwrap());
        }
        answers
    }

    async fn commit(queue: Arc<crate::queue::Queue>, effects: Vec<Effect>) -> StoreResult<()> {
        queue.commit(effects).await
    }

    #[tokio::test]
    async fn a_locked_database_refuses_all_that_wait_after_one_waiting_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amprule.db");
        let connection = schema::open_writer(&path).unwrap();
        let tools = Tools {
            counters: Arc::default(),
            kept: KeptBounds::default(),
            readings: ReadingSettings::default(),
            wake: Wake::silent(),
            aside: Arc::default(),
            tokens: Arc::default(),
            open_sessions: Arc::default(),
        };
        let mut writer = Writer::new(&connection, &tools).unwrap();
        let patience = Duration::from_millis(200);
        connection.busy_timeout(patience).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();

        let begun = Instant::now();
        let answers = settle_together(&mut writer, vec![vec![small()]; 64]).await;
        assert!(begun.elapsed() < patience * 5, "{:?}", begun.elapsed());
        for answer in answers {
            let text = answer.unwrap_err().message;
            assert!(text.starts_with("write to the database: another program holds the database"), "{text}");
        }
        writer.recover();
        assert!(tools.counters.trouble().is_some(), "it is still held");
        other.execute_batch("COMMIT").unwrap();
        assert!(settle_together(&mut writer, vec![vec![small()]; 64]).await.iter().all(Result::is_ok));
        assert_eq!(tools.counters.trouble(), None);
    }

    #[tokio::test]
    async fn a_full_disk_is_known_until_there_is_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&folder.path().join("amprule.db")).unwrap();
        let tools = Tools {
            counters: Arc::default(),
            kept: KeptBounds::default(),
            readings: ReadingSettings::default(),
            wake: Wake::silent(),
            aside: Arc::default(),
            tokens: Arc::default(),
            open_sessions: Arc::default(),
        };
        let mut writer = Writer::new(&connection, &tools).unwrap();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();

        let answers = settle_together(&mut writer, vec![vec![small()], vec![large()]]).await;
        assert!(answers.iter().all(Result::is_err));
        writer.recover();
        let trouble = tools.counters.trouble().unwrap();
        assert!(trouble.contains("the disk is full; free some space"), "{trouble}");

        connection.execute_batch("PRAGMA max_page_count = 100000").unwrap();
        writer.recover();
        assert_eq!(tools.counters.trouble(), None);
    }
}
