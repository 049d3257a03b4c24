//! The conformance suite on SQLite, and what only concerns a file: restarts, locks, formats.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::suite::Backend;
use crate::suite::build::{answered, id, page, put, readings, session, station};
use amprule_domain::SessionNo;
use amprule_domain::doors::{Catalogue, Records, StationBooks, StoreResult, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::pricing::Pin;
use amprule_store::{OpenError, SqliteStore};
use tempfile::TempDir;

conformance!(crate::sqlite::scratch);

impl Backend for SqliteStore {
    fn last_session_no(&self) -> StoreResult<SessionNo> {
        self.last_session_no()
    }

    fn pinned_hashes(&self) -> StoreResult<Vec<Pin>> {
        self.pinned_hashes()
    }
}

/// A store in a folder of its own, which goes with it.
struct Scratch {
    store: SqliteStore,
    _folder: TempDir,
}

impl Deref for Scratch {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

fn scratch() -> Scratch {
    let folder = tempfile::tempdir().unwrap();
    Scratch { store: SqliteStore::open(folder.path()).unwrap(), _folder: folder }
}

async fn fill(store: &SqliteStore) {
    store.commit(vec![Effect::Station(Box::new(station("cs-1"))), put(&session(1, "cs-1", "a"))]).await.unwrap();
    for n in 0..20 {
        let name = format!("m{n}");
        store.commit(vec![put(&session(1, "cs-1", "a")), readings(1, &name, &[n])]).await.unwrap();
    }
    store.commit(vec![answered("cs-1", "stop", 1)]).await.unwrap();
}

async fn check_filled(store: &SqliteStore, readings: usize) {
    assert_eq!(store.session(id(1)).await.unwrap(), Some(session(1, "cs-1", "a")));
    assert_eq!(store.readings(SessionNo(1), &page(100)).await.unwrap().items.len(), readings);
    assert_eq!(store.answered(&"cs-1".into(), 100).await.unwrap().len(), readings + 1);
    assert_eq!(store.last_session_no().unwrap(), SessionNo(1));
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    fill(&store).await;
    drop(store);
    let store = SqliteStore::open(folder.path()).unwrap();
    check_filled(&store, 20).await;
    store.commit(vec![readings(1, "after", &[21])]).await.unwrap();
    check_filled(&store, 21).await;
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_before_the_store_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    fill(&store).await;
    // The files as a killed process leaves them: the log is not moved into the database.
    let copy = tempfile::tempdir().unwrap();
    for name in ["amprule.db", "amprule.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    check_filled(&SqliteStore::open(copy.path()).unwrap(), 20).await;
}

#[tokio::test]
async fn a_log_that_ends_in_the_middle_loses_only_what_was_never_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    fill(&store).await;
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("amprule.db"), copy.path().join("amprule.db")).unwrap();
    let mut log = std::fs::read(folder.path().join("amprule.db-wal")).unwrap();
    log.extend_from_slice(&vec![7; 5_000]);
    std::fs::write(copy.path().join("amprule.db-wal"), log).unwrap();
    check_filled(&SqliteStore::open(copy.path()).unwrap(), 20).await;
}

#[test]
fn two_servers_cannot_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = SqliteStore::open(folder.path()).unwrap();
    let error = SqliteStore::open(folder.path()).err().expect("it is in use");
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(first);
    SqliteStore::open(folder.path()).unwrap();
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(folder.path()).unwrap());
    let file = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = SqliteStore::open(folder.path()).err().expect("it is newer");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("amprule.db"), vec![b'x'; 10_000]).unwrap();
    let error = SqliteStore::open(folder.path()).err().expect("it is no database");
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _store = SqliteStore::open(folder.path()).unwrap();
    for name in ["amprule.db", "amprule.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_closed_store_refuses_commits_and_still_reads() {
    let scratch = scratch();
    scratch.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    scratch.close();
    scratch.close();
    assert!(scratch.commit(vec![put(&session(2, "cs-1", "a"))]).await.is_err());
    assert!(scratch.session(id(1)).await.unwrap().is_some());
}

/// They share one transaction or two, and each of these waits once for the lock.
#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_database_all_who_wait_are_refused_and_nothing_is_half_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
    store.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    let other = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let commits: Vec<_> = (2..=200)
        .map(|no| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(vec![put(&session(no, "cs-1", "a"))]).await })
        })
        .collect();
    for commit in commits {
        let text = commit.await.unwrap().unwrap_err().message;
        assert!(text.contains("another program holds the database"), "{text}");
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(store.can_write().is_err());
    other.execute_batch("COMMIT").unwrap();
    store.commit(vec![put(&session(201, "cs-1", "a"))]).await.unwrap();
    assert!(store.can_write().is_ok());
    for no in 1..=201 {
        assert_eq!(store.session(id(no)).await.unwrap().is_some(), no == 1 || no == 201, "{no}");
    }
}

#[tokio::test]
async fn commits_are_counted() {
    let scratch = scratch();
    scratch.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    scratch.commit(vec![readings(5, "m", &[1])]).await.unwrap_err();
    let stats = scratch.stats();
    assert_eq!((stats.queued, stats.commits, stats.transactions, stats.refused), (0, 1, 1, 1));
}
