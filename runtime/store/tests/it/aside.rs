//! Rows that somebody has broken by hand: each is shown, and nobody is kept out by it.

use std::path::Path;

use amprule_domain::doors::{Catalogue, OutboxBooks, Page, Records, SessionFilter, StationBooks, Writer};
use amprule_domain::effect::Effect;
use amprule_domain::reported::{Identity, Report, Reported};
use amprule_domain::station::Provisioning;
use amprule_domain::token::{Budget, BudgetPeriod, TokenRecord};
use amprule_domain::{Currency, Decimal, StationId};
use amprule_store::SqliteStore;

use crate::suite::build::{self, answered, kept, put, readings, session, station, token};

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
        "INSERT INTO reports (station, kind, form, body) VALUES ('cs-1', 'identity', 99, '{}')",
        "INSERT INTO reports (station, kind, form, body) VALUES ('cs-1', 'of-later', 1, '{}')",
        "INSERT INTO reports (station, kind, form, body) VALUES ('cs-1', 'cut', -1, x'7bff')",
        "INSERT INTO reports (station, kind, form, body) VALUES ('cs-1', x'ff', 'one', 7)",
        "INSERT INTO connectors (station, evse, connector, body) VALUES ('cs-1', -1, 1, x'ff')",
        "INSERT INTO exchanges (id, station, open, form, body) VALUES (x'07', 'cs-1', 1, 'one', x'ff')",
        "INSERT INTO stations (id, since, body) VALUES ('cs-2', 0, x'7bff')",
        "INSERT INTO reports (station, kind, form, body) VALUES ('cs-1', 'powers', 1, '{\"evses\":{\"1\":7},\"connectors\":{}}')",
        "INSERT INTO exchanges (id, station, open, form, body) VALUES (x'00', 'cs-1', 1, 99, '{}')",
        "INSERT INTO packs (first, count, least_id, greatest_id, sessions, body) VALUES (7, 1, x'00', x'00', x'', x'ff00')",
        "INSERT INTO packs (first, count, least_id, greatest_id, sessions, body) VALUES (8, 2, x'01', x'02', x'', x'0228b52ffd2000')",
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
    let record = Effect::Station(Box::new(station("cs-1")));
    let card = Effect::Token(Box::new(token("CARD")));
    store.commit(vec![record, card, Effect::Kept(kept("cs-1", 1))]).await.unwrap();
    drop(store);
    break_rows(folder.path());

    let store = SqliteStore::open(folder.path()).unwrap();
    let id = StationId::from("cs-1");
    let stranger = store.station(&id).await.unwrap().unwrap();
    assert_eq!((stranger.provisioning, stranger.password_hash), (Provisioning::Pending, None));
    let Reported { identity, powers } = store.reported(&id).await.unwrap();
    assert_eq!((identity, powers.of(1)), (Identity::default(), Some(7)), "what can be read is known");
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
    assert!(store.stations(&page()).await.unwrap().items.is_empty(), "and the list goes on");
    assert_eq!(store.reported_of(vec![id.clone(), "cs-2".into()]).await.unwrap().len(), 2);

    store.commit(vec![put(&session(4, "cs-1", "d"))]).await.unwrap();
    let shown = loop {
        let shown = store.set_aside(&page()).await.unwrap().items;
        if shown.len() >= 18 {
            break shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let mut tables: Vec<_> = shown.iter().map(|row| row.table.as_str()).collect();
    tables.sort_unstable();
    let mut all =
        vec!["answers", "bills", "connectors", "connectors", "decisions", "decisions", "exchanges", "exchanges"];
    all.extend(["outbox", "reports", "reports", "reports", "reports", "sessions", "sessions", "stations", "stations"]);
    all.push("tokens");
    assert_eq!(tables, all);
    assert!(shown.iter().any(|row| row.key == "cs-1" && row.body == "{\"id\":"), "as it was: {shown:?}");
    drop(store);
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(
        store.station(&id).await.unwrap().unwrap().provisioning,
        Provisioning::Pending,
        "until somebody accepts it"
    );
    let identity = Identity { protocol: Some("ocpp-test".to_owned()), ..Identity::default() };
    let report = Box::new(Report::Identity(identity.clone()));
    store.commit(vec![Effect::Reported { station: id.clone(), report }]).await.unwrap();
    assert_eq!(store.reported(&id).await.unwrap().identity, identity, "it has connected again");
}

/// A total that is no amount, of a token with a budget: its starts are refused, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_total_stops_neither_the_server_nor_its_token_s_next_session() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let budget = Budget { amount: Decimal::TEN, currency: Currency::EUR, period: BudgetPeriod::Month };
    let card = || Effect::Token(Box::new(TokenRecord { budget: Some(budget), ..token("CARD") }));
    let billed = |no| build::priced(session(no, "cs-1", "CARD"), "1.00", "EUR");
    store.commit(vec![card(), put(&billed(1)), put(&billed(2))]).await.unwrap();
    drop(store);
    let database = rusqlite::Connection::open(folder.path().join("amprule.db")).unwrap();
    database.execute("UPDATE courses SET total = 'much' WHERE no = 1", []).unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let spent = async |store: &SqliteStore| store.spent("CARD", Currency::EUR, build::at(0)).await;
    assert_eq!(spent(&store).await.unwrap(), Decimal::TWO, "as it was added up");
    store.commit(vec![put(&session(1, "cs-1", "CARD"))]).await.unwrap();
    assert_eq!(spent(&store).await.unwrap(), Decimal::ONE, "from the sessions, since the sum is not certain");
    database.execute("UPDATE courses SET total = 'much' WHERE no = 2", []).unwrap();
    store.commit(vec![card()]).await.unwrap();
    assert!(spent(&store).await.is_err());
    drop(store);
    let store = SqliteStore::open(folder.path()).unwrap();
    store.commit(vec![put(&billed(2)), put(&billed(3))]).await.unwrap();
    assert_eq!(spent(&store).await.unwrap(), Decimal::TWO);
}
