//! Questions about stations, what they report, connectors and tokens.

use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::reported::Reported;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use rusqlite::OptionalExtension;
use serde::de::DeserializeOwned;

use super::page::Query;
use crate::aside::{Reading, stranger};
use crate::codec::decode;
use crate::error::Outcome;
use crate::forms;

/// One whose row cannot be read is a stranger that waits to be accepted.
pub(crate) fn station(reading: &Reading<'_>, id: &StationId) -> Outcome<Option<StationRecord>> {
    let sql = "SELECT body FROM stations WHERE id = ?1";
    let body: Option<String> = reading.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0)).optional()?;
    let Some(body) = body else { return Ok(None) };
    let read = reading.or_aside(decode(&body), "stations", || id.to_string(), || body.clone().into_bytes())?;
    Ok(Some(read.unwrap_or_else(|| stranger(id))))
}

pub(crate) fn token(reading: &Reading<'_>, key: &str) -> Outcome<Option<TokenRecord>> {
    one(reading, "tokens", "SELECT body FROM tokens WHERE key = ?1", &key.to_uppercase())
}

/// A kind whose row cannot be read has not been reported yet.
pub(crate) fn reported(reading: &Reading<'_>, station: &StationId) -> Outcome<Reported> {
    let mut statement = reading.prepare_cached("SELECT kind, form, body FROM reports WHERE station = ?1")?;
    let mut rows = statement.query([station.as_str()])?;
    let mut reported = Reported::default();
    while let Some(row) = rows.next()? {
        let (kind, form, body): (String, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (key, read) = (|| format!("{station} {kind}"), forms::report(&kind, form, &body));
        if let Some(report) = reading.or_aside(read, "reports", key, || body.clone().into_bytes())? {
            reported.take(report);
        }
    }
    Ok(reported)
}

/// By EVSE and connector.
pub(crate) fn connectors(reading: &Reading<'_>, station: &StationId) -> Outcome<Vec<ConnectorStatus>> {
    let sql = "SELECT body, evse, connector FROM connectors WHERE station = ?1 ORDER BY evse, connector";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([station.as_str()])?;
    let mut connectors = Vec::new();
    while let Some(row) = rows.next()? {
        let (body, evse, connector): (String, u32, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let key = || format!("{station} {evse} {connector}");
        connectors.extend(reading.or_aside(decode(&body), "connectors", key, || body.clone().into_bytes())?);
    }
    Ok(connectors)
}

pub(crate) fn stations(reading: &Reading<'_>, page: &Page) -> Outcome<Listed<StationRecord>> {
    by_key(reading, "id", "stations", page)
}

pub(crate) fn tokens(reading: &Reading<'_>, page: &Page) -> Outcome<Listed<TokenRecord>> {
    by_key(reading, "key", "tokens", page)
}

fn one<T: DeserializeOwned>(reading: &Reading<'_>, table: &'static str, sql: &str, key: &str) -> Outcome<Option<T>> {
    let body: Option<String> = reading.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
    let Some(body) = body else { return Ok(None) };
    reading.or_aside(decode(&body), table, || key.to_owned(), || body.clone().into_bytes())
}

/// The cursor is the last item's key.
fn by_key<T: DeserializeOwned>(
    reading: &Reading<'_>,
    key: &str,
    table: &'static str,
    page: &Page,
) -> Outcome<Listed<T>> {
    let mut query = Query::new(&format!("SELECT {key}, body FROM {table}"));
    if let Some(after) = &page.after {
        query.filter(&format!("{key} > ?"), [after.clone().into()]);
    }
    query.list(reading, key, page, |row| {
        let (key, body): (String, String) = (row.get(0)?, row.get(1)?);
        let item = reading.or_aside(decode(&body), table, || key.clone(), || body.clone().into_bytes())?;
        Ok((key, item))
    })
}
