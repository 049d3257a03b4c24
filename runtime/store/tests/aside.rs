//! Rows that somebody has broken by hand: each is shown, and nobody is kept out by it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::path::Path;

use amprule_domain::StationId;
use amprule_domain::doors::{Catalogue, OutboxBooks, Page, Records, SessionFilter, StationBooks, Writer};
use amprule_domain::station::Provisioning;
use amprule_store::SqliteStore;

#[path = "suite/build.rs"]
#[expect(dead_code, reason = "the suite's own, of which a part is used here")]
mod build;

use build::{answered, kept, put, readings, session, station, token};

fn page() -> Page {
    Page { after: None, limit: 100 }
}

fn break_rows(folder: &Path) {
    let database = rusqlite::Connection::open(folder.join("amprule.db")).unwrap();
    for sql in [
        "UPDATE stations SET body = '{\"id\":' WHERE id = 'cs-1'",
        "UPDATE sessions SET head = 'broken' WHERE no = 1",
        "UPDATE courses SET course = '{}' WHERE no = 2",
        "UPDATE answers SET reply = '7' WHERE station = 'cs-1'",
        "UPDATE tokens SET body = '[]'",
        "INSERT INTO connectors (station, evse, connector, body) VALUES ('cs-1', 1, 1, 'x')",
        "INSERT INTO exchanges (id, station, open, form, body) VALUES (x'00', 'cs-1', 1, 99, '{}')",
        "INSERT INTO decisions (n, id, body) VALUES (7, x'00', x'ff00')",
        "INSERT INTO decisions (n, id, body) VALUES (8, x'01', x'0228b52ffd2000')",
        "INSERT INTO outbox (at, kind, station) VALUES (0, 'session.of-later', 'cs-1')",
        "INSERT INTO bills (session, version, form, body) VALUES (3, 1, 99, '{}')",
    ] {
        assert_eq!(database.execute(sql, []).unwrap(), 1, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rows_are_set_aside_and_everything_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let start = vec![put(&session(1, "cs-1", "a")), readings(1, "start", &[0]), answered("cs-1", "start", 1)];
    store.commit(start).await.unwrap();
    store.commit(vec![put(&session(2, "cs-1", "b")), put(&session(3, "cs-1", "c"))]).await.unwrap();
    let record = amprule_domain::effect::Effect::Station(Box::new(station("cs-1")));
    let card = amprule_domain::effect::Effect::Token(Box::new(token("CARD")));
    store.commit(vec![record, card, amprule_domain::effect::Effect::Kept(kept("cs-1", 1))]).await.unwrap();
    drop(store);
    break_rows(folder.path());

    let store = SqliteStore::open(folder.path()).unwrap();
    let id = StationId::from("cs-1");
    let stranger = store.station(&id).await.unwrap().unwrap();
    assert_eq!((stranger.provisioning, stranger.password_hash), (Provisioning::Pending, None));
    let numbers = |sessions: Vec<amprule_domain::session::Session>| -> Vec<i64> {
        sessions.into_iter().map(|session| session.no.0).collect()
    };
    assert_eq!(numbers(store.live_sessions(&id, 8).await.unwrap()), [3]);
    assert_eq!(numbers(store.sessions(&SessionFilter::default(), &page()).await.unwrap().items), [3]);
    assert!(store.connectors(&id).await.unwrap().is_empty() && store.open_exchanges(&id).await.unwrap().is_empty());
    assert!(store.answered(&id, 100).await.unwrap().iter().all(|answer| &*answer.message.id == "start"));
    assert_eq!(store.token("CARD").await.unwrap(), None);
    assert!(store.pinned_hashes().is_ok() && store.live_stations().await.unwrap() == [id.clone()]);
    assert!(store.decisions(None, &page()).await.unwrap().items.is_empty());
    assert!(store.outbox(0, 10).await.unwrap().is_empty());
    assert!(store.bills(&session(3, "cs-1", "c")).await.unwrap().is_empty());

    store.commit(vec![put(&session(4, "cs-1", "d"))]).await.unwrap();
    let shown = loop {
        let shown = store.set_aside(&page()).await.unwrap().items;
        if shown.len() >= 11 {
            break shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let mut tables: Vec<_> = shown.iter().map(|row| row.table.as_str()).collect();
    tables.sort_unstable();
    let mut all = vec!["answers", "bills", "connectors", "decisions", "decisions", "exchanges", "outbox"];
    all.extend(["sessions", "sessions", "stations", "tokens"]);
    assert_eq!(tables, all);
    assert!(shown.iter().any(|row| row.key == "cs-1" && row.body == "{\"id\":"), "as it was: {shown:?}");
    drop(store);
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(
        store.station(&id).await.unwrap().unwrap().provisioning,
        Provisioning::Pending,
        "until somebody accepts it"
    );
}
