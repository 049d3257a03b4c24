//! Sessions that ended long ago are filed, and nobody can tell but by the size of the database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::doors::{Catalogue, Page, Records, SessionFilter, StationBooks, StoredReading, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::ports::Clock;
use amprule_domain::session::Session;
use amprule_domain::{Energy, Mark, SessionNo, Timestamp};
use amprule_store::{ReadingSettings, SqliteStore, StoreSettings};

use crate::suite::build::{at, ended, id, page, put, readings, session};

const SESSIONS: i64 = 200;
const HOT: u32 = 20;

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn open(folder: &Path, readings: ReadingSettings) -> SqliteStore {
    SqliteStore::open_with(folder, StoreSettings { readings, ..StoreSettings::default() }).unwrap()
}

fn hot() -> ReadingSettings {
    ReadingSettings { hot_sessions: HOT, ..ReadingSettings::default() }
}

fn built(no: i64) -> Session {
    let mut session = ended(session(no, "cs-1", "a"));
    session.marks.add_if(no % 10 == 0, Mark::OFFLINE);
    session
}

/// Each with three messages; they arrive between each other's.
async fn fill(store: &SqliteStore) {
    for no in 1..=SESSIONS {
        store.commit(vec![put(&session(no, "cs-1", "a")), readings(no, "begin", &[no])]).await.unwrap();
    }
    for no in 1..=SESSIONS {
        store.commit(vec![readings(no, "middle", &[no + 1, no + 1_000])]).await.unwrap();
    }
    for no in 1..=SESSIONS {
        store.commit(vec![readings(no, "end", &[no + 2_000]), put(&built(no))]).await.unwrap();
    }
}

fn count(folder: &Path, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(folder.join("amprule.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

fn unfiled(folder: &Path) -> i64 {
    count(folder, "SELECT count(*) FROM unfiled")
}

async fn filed_folder() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), hot());
    fill(&store).await;
    until("all but the latest are filed", || unfiled(folder.path()) == i64::from(HOT)).await;
    (folder, store)
}

async fn all_readings(store: &SqliteStore, no: i64, limit: usize) -> Vec<StoredReading> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let listed = store.readings(SessionNo(no), &Page { after, limit }).await.unwrap();
        all.extend(listed.items);
        after = listed.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn registers_of(store: &SqliteStore, no: i64, limit: usize) -> Vec<i64> {
    all_readings(store, no, limit).await.iter().map(|stored| stored.reading.register.unwrap().mwh() / 1_000).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn filed_sessions_and_their_readings_are_as_before() {
    let (folder, store) = filed_folder().await;
    let journal = count(folder.path(), "SELECT count(*) FROM journal");
    assert_eq!(journal, i64::from(HOT) * 3, "the rows of those that are filed have left it");
    let packed =
        "SELECT count(*) FROM sessions JOIN courses USING (no) WHERE typeof(head) = 'blob' AND typeof(course) = 'blob'";
    assert_eq!(count(folder.path(), packed), SESSIONS, "they are packed when they end");
    for no in [1, 7, SESSIONS - 1] {
        assert_eq!(store.session(id(no)).await.unwrap().unwrap(), built(no));
        let expect = [no + 2_000, no + 1_000, no + 1, no];
        for limit in 1..=5 {
            assert_eq!(registers_of(&store, no, limit).await, expect, "session {no} in pages of {limit}");
        }
        let filed = no < SESSIONS - i64::from(HOT);
        let all = all_readings(&store, no, 9).await;
        assert!(all.iter().all(|stored| stored.received_at == at(0) && stored.message.is_none() == filed));
    }
    let marked = SessionFilter { mark: Some("offline".to_owned()), ..SessionFilter::default() };
    let numbers: Vec<i64> =
        store.sessions(&marked, &page(100)).await.unwrap().items.iter().map(|one| one.no.0).collect();
    assert_eq!(numbers, (1..=SESSIONS / 10).rev().map(|ten| ten * 10).collect::<Vec<_>>());
    assert_eq!(store.live_sessions(&"cs-1".into(), 300).await.unwrap().len() as i64, SESSIONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_stands_before_what_is_filed_and_is_filed_too() {
    let (folder, store) = filed_folder().await;
    let mut late = built(5);
    late.marks.add(Mark::OFFLINE);
    store.commit(vec![readings(5, "late", &[9_000, 9_001]), put(&late)]).await.unwrap();
    let expect = [9_001, 9_000, 2_005, 1_005, 6, 5];
    for limit in 1..=7 {
        assert_eq!(registers_of(&store, 5, limit).await, expect, "in pages of {limit}");
    }
    assert_eq!(store.session(id(5)).await.unwrap().unwrap(), late);
    for no in SESSIONS + 1..=SESSIONS + i64::from(HOT) + 70 {
        store.commit(vec![put(&session(no, "cs-1", "a")), readings(no, "m", &[no]), put(&built(no))]).await.unwrap();
    }
    until("it is filed again", || count(folder.path(), "SELECT count(*) FROM readings WHERE session = 5") == 2).await;
    assert_eq!(registers_of(&store, 5, 4).await, expect);
    drop(store);
    let store = open(folder.path(), hot());
    assert_eq!(store.session(id(5)).await.unwrap().unwrap(), late);
    assert_eq!(registers_of(&store, 5, 4).await, expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_that_are_too_old_go_and_sessions_stay() {
    let (folder, store) = filed_folder().await;
    drop(store);
    let later = at(0) + jiff::SignedDuration::from_hours(48);
    let clock: Arc<dyn Clock> = Arc::new(At(later));
    let settings = ReadingSettings { keep_for: Duration::from_secs(24 * 3600), clock: Some(clock), ..hot() };
    let store = open(folder.path(), settings);
    let new = SESSIONS + 1;
    let mut row = readings(new, "m", &[1]);
    if let Effect::Readings(row) = &mut row {
        row.received_at = later;
    }
    store.commit(vec![put(&session(new, "cs-1", "a")), row]).await.unwrap();
    until("only the new one is left", || {
        count(folder.path(), "SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM readings)") == 1
    })
    .await;
    assert!(all_readings(&store, 3, 9).await.is_empty());
    assert_eq!(all_readings(&store, new, 9).await[0].reading.register, Some(Energy::from_wh(1)));
    assert_eq!(store.session(id(3)).await.unwrap().unwrap(), built(3));
}

/// A session that is written again, one without readings, and one that began long before the others.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_at_the_front_keeps_readings_that_are_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let later = at(0) + jiff::SignedDuration::from_hours(48);
    let clock: Arc<dyn Clock> = Arc::new(At(later));
    let settings = ReadingSettings { keep_for: Duration::from_secs(24 * 3600), clock: Some(clock), ..hot() };
    let store = open(folder.path(), settings);
    for no in 1..=4 {
        store.commit(vec![put(&session(no, "cs-1", "a")), readings(no, "m", &[no])]).await.unwrap();
    }
    store.commit(vec![put(&ended(session(5, "cs-1", "a")))]).await.unwrap();
    for no in [1, 2, 1, 3, 1, 4] {
        store.commit(vec![put(&built(no))]).await.unwrap();
    }
    assert!(unfiled(folder.path()) <= 5, "each waits once");
    until("all but the journal's latest have gone", || {
        count(folder.path(), "SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM readings)") == 1
    })
    .await;
    assert_eq!(store.session(id(1)).await.unwrap().unwrap(), built(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_readings_goes_on_though_they_are_filed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), ReadingSettings { hot_sessions: 1_000, ..ReadingSettings::default() });
    fill(&store).await;
    let first = store.readings(SessionNo(3), &page(2)).await.unwrap();
    drop(store);
    let store = open(folder.path(), hot());
    store.commit(vec![put(&built(SESSIONS))]).await.unwrap();
    until("all but the latest are filed", || unfiled(folder.path()) == i64::from(HOT)).await;
    let second = store.readings(SessionNo(3), &Page { after: first.next, limit: 9 }).await.unwrap();
    let told = first.items.iter().chain(&second.items).map(|stored| stored.reading.register.unwrap());
    assert_eq!(told.collect::<Vec<_>>(), [2_003, 1_003, 4, 3].map(Energy::from_wh));
    assert_eq!(second.next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_very_many_messages_is_filed_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), ReadingSettings { hot_sessions: 1, ..ReadingSettings::default() });
    store.commit(vec![put(&session(1, "cs-1", "a"))]).await.unwrap();
    let registers: Vec<i64> = (0..2_500).collect();
    for some in registers.chunks(250) {
        store.commit(some.iter().map(|wh| readings(1, &format!("m{wh}"), &[*wh])).collect()).await.unwrap();
    }
    store.commit(vec![put(&built(1))]).await.unwrap();
    for no in 2..=3 {
        store.commit(vec![put(&session(no, "cs-1", "a")), readings(no, "m", &[no]), put(&built(no))]).await.unwrap();
    }
    until("it is filed", || count(folder.path(), "SELECT count(*) FROM readings WHERE session = 1") == 3).await;
    let newest_first: Vec<i64> = registers.into_iter().rev().collect();
    for limit in [7, 999, 1_000] {
        assert_eq!(registers_of(&store, 1, limit).await, newest_first, "in pages of {limit}");
    }
}

/// Others clean up by the age of readings alone, and a session that had been open for months lost what it was billed by.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_session_keeps_its_readings_however_old() {
    let folder = tempfile::tempdir().unwrap();
    let later = at(0) + jiff::SignedDuration::from_hours(48);
    let clock: Arc<dyn Clock> = Arc::new(At(later));
    let settings = ReadingSettings { keep_for: Duration::from_secs(24 * 3600), clock: Some(clock), ..hot() };
    let store = open(folder.path(), settings);
    store.commit(vec![put(&session(1, "cs-1", "a")), readings(1, "m", &[1])]).await.unwrap();
    store.commit(vec![put(&session(2, "cs-1", "a")), readings(2, "m", &[2]), put(&built(2))]).await.unwrap();
    store.commit(vec![put(&session(3, "cs-1", "a")), readings(3, "m", &[3])]).await.unwrap();
    until("those of the session that has ended have gone", || unfiled(folder.path()) == 0).await;
    assert_eq!(registers_of(&store, 1, 9).await, [1]);
    assert!(registers_of(&store, 2, 9).await.is_empty());
    assert_eq!(registers_of(&store, 3, 9).await, [3]);
}

/// The queue of an emptied table begins with 1 again.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_emptied_is_worked_off_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), ReadingSettings { hot_sessions: 0, ..ReadingSettings::default() });
    store.commit(vec![put(&session(9_999, "cs-2", "a")), readings(9_999, "m", &[1])]).await.unwrap();
    for round in 0..3 {
        let numbers = round * 100 + 1..=round * 100 + 100 - round * 40;
        for no in numbers {
            store
                .commit(vec![put(&session(no, "cs-1", "a")), readings(no, "m", &[no]), put(&built(no))])
                .await
                .unwrap();
        }
        store.commit(vec![readings(9_999, &format!("after {round}"), &[2 + round])]).await.unwrap();
        until("all are filed", || unfiled(folder.path()) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_points_at_itself_stops_nobody() {
    let (folder, store) = filed_folder().await;
    drop(store);
    let database = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    let changed = database.execute(
        "UPDATE journal SET previous = position WHERE position = (SELECT journal_end FROM courses WHERE no = 185)",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(database);
    let store = open(folder.path(), hot());
    for no in SESSIONS + 1..=SESSIONS + 80 {
        store.commit(vec![put(&session(no, "cs-1", "a")), readings(no, "m", &[no]), put(&built(no))]).await.unwrap();
    }
    until("the others are filed", || unfiled(folder.path()) == i64::from(HOT)).await;
    assert!(count(folder.path(), "SELECT journal_end FROM courses WHERE no = 185") > 0, "it stays where it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_packed_session_keeps_nobody_out() {
    let (folder, store) = filed_folder().await;
    drop(store);
    let database = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    database.execute("UPDATE courses SET course = CAST(substr(course, 1, 30) AS BLOB) WHERE no = 4", []).unwrap();
    drop(database);
    let store = open(folder.path(), hot());
    assert_eq!(store.live_sessions(&"cs-1".into(), 300).await.unwrap().len() as i64, SESSIONS - 1);
    store.commit(vec![put(&built(1))]).await.unwrap();
    until("it is shown", || {
        count(folder.path(), "SELECT count(*) FROM set_aside WHERE source = 'sessions' AND key = '4'") == 1
    })
    .await;
}
