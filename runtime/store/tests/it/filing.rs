//! Decisions leave the database for segments: nothing is lost, nothing is doubled, and what is too much goes whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::decision::Decision;
use amprule_domain::doors::{Archive, Catalogue, DecisionSpan, Page, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::ports::Clock;
use amprule_domain::{SessionId, Timestamp};
use amprule_store::{DecisionSettings, SqliteStore, StoreReader, StoreSettings};
use tempfile::TempDir;

use crate::suite::build::{at, decision, id, readings};

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn settings() -> DecisionSettings {
    DecisionSettings { hot_rows: 10, segment_rows: 20, ..DecisionSettings::default() }
}

fn open(folder: &Path, decisions: DecisionSettings) -> SqliteStore {
    SqliteStore::open_with(folder, StoreSettings { decisions, ..StoreSettings::default() }).unwrap()
}

async fn decide(store: &SqliteStore, numbers: std::ops::Range<u32>) {
    for number in numbers {
        store.commit(vec![Effect::Decision(Box::new(decision(number, None)))]).await.unwrap();
    }
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("decisions")).map(|entries| entries.flatten().collect::<Vec<_>>());
    let mut paths: Vec<_> = entries.unwrap_or_default().iter().map(std::fs::DirEntry::path).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "zst"));
    paths.sort();
    paths
}

/// Decisions that stand in the database, some of them in one row.
fn rows(folder: &Path) -> i64 {
    let database = rusqlite::Connection::open(folder.join("amprule.db")).unwrap();
    database.query_row("SELECT coalesce(sum(count), 0) FROM packs", [], |row| row.get(0)).unwrap()
}

async fn newest(store: &SqliteStore, session: Option<SessionId>) -> Vec<Decision> {
    newest_by(store, session, 7).await
}

async fn newest_by(store: &SqliteStore, session: Option<SessionId>, limit: usize) -> Vec<Decision> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let listed = store.decisions(session, &Page { after, limit }).await.unwrap();
        all.extend(listed.items);
        after = listed.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn all(store: &SqliteStore) -> Vec<Decision> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let listed = store.decisions_between(&DecisionSpan::default(), &Page { after, limit: 7 }).await.unwrap();
        all.extend(listed.items);
        after = listed.next;
        if after.is_none() {
            return all;
        }
    }
}

fn expected(numbers: std::ops::Range<u32>) -> Vec<Decision> {
    numbers.map(|number| decision(number, None)).collect()
}

/// A folder with 105 decisions: 80 in four segments, 25 in the database.
async fn filled() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), settings());
    decide(&store, 0..105).await;
    until("four segments are filed and their rows are gone", async || {
        segments(folder.path()).len() == 4 && rows(folder.path()) == 25
    })
    .await;
    (folder, store)
}

#[tokio::test]
async fn every_decision_is_found_once_in_the_order_it_was_made() {
    let (folder, store) = filled().await;
    assert_eq!(all(&store).await, expected(0..105));
    for number in [0, 19, 20, 79, 80, 104] {
        let wanted = decision(number, None);
        assert_eq!(store.decision(wanted.id).await.unwrap(), Some(wanted), "{number}");
    }
    assert_eq!(store.decision(decision(999, None).id).await.unwrap(), None);
    let span = DecisionSpan { from: Some(at(38)), until: Some(at(42)), ..DecisionSpan::default() };
    let page = Page { after: None, limit: 100 };
    assert_eq!(store.decisions_between(&span, &page).await.unwrap().items, expected(38..42));

    let reader = StoreReader::open(folder.path()).unwrap();
    assert_eq!(reader.decision(decision(5, None).id).unwrap(), Some(decision(5, None)), "while the store is open");
    drop(store);
    let reader = StoreReader::open(folder.path()).unwrap();
    assert_eq!(reader.decisions_between(&span, &page).unwrap().items, expected(38..42), "and while it is not");
}

#[tokio::test]
async fn decisions_are_listed_newest_first_however_old_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), settings());
    let of = |number: u32| number.is_multiple_of(3).then(|| id(i64::from(number / 30) + 1));
    let all: Vec<_> = (0..110).map(|number| decision(number, of(number))).collect();
    for some in all.chunks(5) {
        let effects = some.iter().map(|decision| Effect::Decision(Box::new(decision.clone())));
        store.commit(effects.collect()).await.unwrap();
    }
    until("segments are filed", async || segments(folder.path()).len() >= 4 && rows(folder.path()) < 50).await;
    for _ in 0..2 {
        assert!(newest(&store, None).await.iter().eq(all.iter().rev()));
        for number in 1..=4 {
            let session = Some(id(number));
            let expected = all.iter().rev().filter(|one| one.session == session);
            assert!(newest(&store, session).await.iter().eq(expected), "of session {number}");
        }
        assert!(newest(&store, Some(id(9))).await.is_empty());
        store.close();
    }
}

/// In a segment: a line that nobody can read; then a whole file.
#[tokio::test]
async fn what_cannot_be_read_is_left_out_and_nothing_behind_it() {
    let (folder, store) = filled().await;
    drop(store);
    let path = &segments(folder.path())[2];
    let packed = std::fs::read(path).unwrap();
    let header = 8 + u32::from_le_bytes(packed[4..8].try_into().unwrap()) as usize;
    let lines = String::from_utf8(zstd::decode_all(&packed[header..]).unwrap()).unwrap();
    let broken = lines.replacen("\"hook\":\"pricing\"", "\"hook\":\"guessing\"", 1);
    let (from, until) = (40, 60);
    std::fs::write(path, [&packed[..header], &zstd::encode_all(broken.as_bytes(), 1).unwrap()].concat()).unwrap();
    let store = open(folder.path(), settings());
    let mut expect = expected(0..105);
    expect.remove(from);
    for limit in [1, 3, 7, 19, 20, 21, 200] {
        assert!(newest_by(&store, None, limit).await.iter().eq(expect.iter().rev()), "in pages of {limit}");
    }
    assert_eq!(store.decision(decision(from as u32, None).id).await.unwrap(), None);
    assert_eq!(all(&store).await, expect);

    std::fs::write(path, &packed[..header + 40]).unwrap();
    assert!(newest_by(&store, None, 7).await.iter().eq([&expect[..from], &expect[until - 1..]].concat().iter().rev()));
    std::fs::remove_file(path).unwrap();
    assert!(newest_by(&store, None, 7).await.iter().eq([&expect[..from], &expect[until - 1..]].concat().iter().rev()));
}

/// A row may be damaged at any place; those before and behind it are filed all the same.
#[tokio::test]
async fn a_damaged_row_is_set_aside_and_those_behind_it_are_filed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), DecisionSettings { hot_rows: 1_000, ..settings() });
    decide(&store, 0..64).await;
    drop(store);
    let database = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    let damage = "UPDATE packs SET count = 1000000 WHERE first = 17;
                  UPDATE packs SET body = substr(body, 1, 30) WHERE first = 33;
                  UPDATE packs SET body = CAST(substr(body, 1, 60) || x'00' || substr(body, 62) AS BLOB) WHERE first = 49;";
    database.execute_batch(damage).unwrap();
    drop(database);
    let mut expect = expected(0..64);
    expect.retain(|one| ![16..24, 32..40, 48..56].iter().any(|lost| lost.clone().any(|n| decision(n, None) == *one)));
    let store = open(folder.path(), DecisionSettings { hot_rows: 1, segment_rows: 6, ..settings() });
    decide(&store, 64..70).await;
    expect.extend(expected(64..70));
    until("the old ones are filed", async || segments(folder.path()).len() >= 8).await;
    assert_eq!(all(&store).await, expect);
    assert!(newest(&store, None).await.iter().eq(expect.iter().rev()));
    let aside = async || store.set_aside(&Page { after: None, limit: 9 }).await.unwrap().items.len() == 3;
    until("three rows are set aside", aside).await;
}

#[tokio::test]
async fn large_transactions_take_several_rows_and_a_refused_one_leaves_no_gap_in_what_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), DecisionSettings { hot_rows: 1_000, ..settings() });
    let large = |number| Decision { unit: "x".repeat(100_000), ..decision(number, None) };
    let all_of =
        |numbers: std::ops::Range<u32>| -> Vec<_> { numbers.map(|n| Effect::Decision(Box::new(large(n)))).collect() };
    store.commit(all_of(0..1)).await.unwrap();
    store.commit(all_of(1..10)).await.unwrap();
    let refused = [all_of(10..14), vec![readings(99, "of nobody", &[1])]].concat();
    assert!(store.commit(refused).await.is_err());
    store.commit(all_of(10..12)).await.unwrap();
    let expect: Vec<_> = (0..12).map(large).collect();
    assert!(newest(&store, None).await.iter().eq(expect.iter().rev()));
    let database = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    let most: i64 = database.query_row("SELECT max(count) FROM packs", [], |row| row.get(0)).unwrap();
    assert!(most <= 3, "{most} in a row");
}

#[tokio::test]
async fn decisions_go_on_after_a_restart() {
    let (folder, store) = filled().await;
    drop(store);
    let store = open(folder.path(), settings());
    decide(&store, 105..110).await;
    assert_eq!(all(&store).await, expected(0..110));
}

#[tokio::test]
async fn a_crash_between_a_segment_and_its_rows_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), DecisionSettings { hot_rows: 1_000, ..settings() });
    decide(&store, 0..40).await;
    drop(store);
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("amprule.db"), copy.path().join("amprule.db")).unwrap();
    let store = open(folder.path(), settings());
    decide(&store, 40..41).await;
    until("a segment is filed", async || !segments(folder.path()).is_empty()).await;
    drop(store);
    // The rows as they were before they were deleted, beside the segment that has them.
    std::fs::create_dir(copy.path().join("decisions")).unwrap();
    for segment in segments(folder.path()) {
        std::fs::copy(&segment, copy.path().join("decisions").join(segment.file_name().unwrap())).unwrap();
    }
    std::fs::write(copy.path().join("decisions/.new-000009"), b"half a segment").unwrap();
    let store = open(copy.path(), settings());
    assert_eq!(all(&store).await, expected(0..40));
    decide(&store, 40..45).await;
    assert_eq!(all(&store).await, expected(0..45));
}

#[tokio::test]
async fn a_database_that_is_older_than_the_segments_loses_nothing() {
    let (folder, store) = filled().await;
    drop(store);
    std::fs::remove_file(folder.path().join("amprule.db")).unwrap();
    let store = open(folder.path(), settings());
    decide(&store, 200..203).await;
    let mut expect = expected(0..80);
    expect.extend(expected(200..203));
    assert_eq!(all(&store).await, expect);
}

#[tokio::test]
async fn the_oldest_segments_go_whole_when_all_are_too_large_and_when_they_are_too_old() {
    let (folder, store) = filled().await;
    drop(store);
    let bytes: u64 = segments(folder.path())[1..].iter().map(|path| path.metadata().unwrap().len()).sum();
    let store = open(folder.path(), DecisionSettings { keep_bytes: bytes, ..settings() });
    decide(&store, 105..106).await;
    until("the oldest segment is gone", async || segments(folder.path()).len() == 3).await;
    assert_eq!(all(&store).await, expected(20..106));
    drop(store);

    let clock: Arc<dyn Clock> = Arc::new(At(at(1_000)));
    let aged = DecisionSettings { keep_for: Duration::from_secs(1_000 - 90), clock: Some(clock), ..settings() };
    let store = open(folder.path(), aged);
    decide(&store, 106..107).await;
    until("all segments and the old rows are gone", async || {
        segments(folder.path()).is_empty() && rows(folder.path()) < 25
    })
    .await;
    // A row goes when all of its decisions are old.
    assert_eq!(all(&store).await, expected(88..107));
    decide(&store, 107..110).await;
    assert_eq!(all(&store).await, expected(88..110));
}

#[test]
fn a_file_where_the_segments_belong_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("decisions"), b"no folder").unwrap();
    assert!(SqliteStore::open(folder.path()).is_err());
}

#[test]
fn a_folder_without_a_database_is_not_made_one_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let error = StoreReader::open(folder.path()).err().unwrap();
    assert!(error.to_string().contains("there is no database in it"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
