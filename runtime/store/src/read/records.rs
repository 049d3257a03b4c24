//! Questions about stations, connectors and tokens.

use amprule_domain::StationId;
use amprule_domain::event::ConnectorStatus;
use amprule_domain::ports::{Listed, Page};
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;

use super::page::Query;
use crate::codec::decode;
use crate::error::Outcome;

pub(crate) fn station(connection: &Connection, id: &StationId) -> Outcome<Option<StationRecord>> {
    one(connection, "SELECT body FROM stations WHERE id = ?1", id.as_str())
}

pub(crate) fn token(connection: &Connection, key: &str) -> Outcome<Option<TokenRecord>> {
    one(connection, "SELECT body FROM tokens WHERE key = ?1", &key.to_uppercase())
}

/// By EVSE and connector.
pub(crate) fn connectors(connection: &Connection, station: &StationId) -> Outcome<Vec<ConnectorStatus>> {
    let sql = "SELECT body FROM connectors WHERE station = ?1 ORDER BY evse, connector";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_and_then([station.as_str()], |row| decode(&row.get::<_, String>(0)?))?;
    rows.collect()
}

pub(crate) fn stations(connection: &Connection, page: &Page) -> Outcome<Listed<StationRecord>> {
    by_key(connection, "id", "stations", page)
}

pub(crate) fn tokens(connection: &Connection, page: &Page) -> Outcome<Listed<TokenRecord>> {
    by_key(connection, "key", "tokens", page)
}

fn one<T: DeserializeOwned>(connection: &Connection, sql: &str, key: &str) -> Outcome<Option<T>> {
    let body: Option<String> = connection.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
    body.as_deref().map(decode).transpose()
}

/// The cursor is the last item's key.
fn by_key<T: DeserializeOwned>(connection: &Connection, key: &str, table: &str, page: &Page) -> Outcome<Listed<T>> {
    let mut query = Query::new(&format!("SELECT {key}, body FROM {table}"));
    if let Some(after) = &page.after {
        query.filter(&format!("{key} > ?"), [after.clone().into()]);
    }
    query.list(connection, key, page, |row| Ok((row.get(0)?, decode(&row.get::<_, String>(1)?)?)))
}
