//! Questions about stations, what they report, connectors and tokens.

use amprule_domain::StationId;
use amprule_domain::contract::Contract;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::event::ConnectorStatus;
use amprule_domain::reported::Reported;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use serde::de::DeserializeOwned;

use super::page::Query;
use crate::aside::{Reading, stranger};
use crate::codec::{bytes, decode};
use crate::error::{Failure, Outcome};
use crate::forms;

/// One whose row cannot be read is a stranger that waits to be accepted.
pub(crate) fn station(reading: &Reading<'_>, id: &StationId) -> Outcome<Option<StationRecord>> {
    let mut statement = reading.prepare_cached("SELECT body FROM stations WHERE id = ?1")?;
    let mut rows = statement.query([id.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let body = bytes(row, 0);
    let read = reading.or_aside(decode(body), "stations", || id.to_string(), || body.to_vec())?;
    Ok(Some(read.unwrap_or_else(|| stranger(id))))
}

pub(crate) fn token(reading: &Reading<'_>, key: &str) -> Outcome<Option<TokenRecord>> {
    one(reading, "tokens", "SELECT body FROM tokens WHERE key = ?1", &key.to_uppercase())
}

/// Of several that are the same contract, the first in the order of their keys.
pub(crate) fn contract(reading: &Reading<'_>, id: &str) -> Outcome<Option<TokenRecord>> {
    let sql = "SELECT body, key FROM tokens WHERE key >= ?1 AND key < ?1 || char(127) ORDER BY key";
    let mut statement = reading.prepare_cached(sql)?;
    for beginning in Contract::beginnings(id) {
        let mut rows = statement.query([beginning])?;
        while let Some(row) = rows.next()? {
            let (body, key): (_, String) = (bytes(row, 0), row.get(1)?);
            let read: Option<TokenRecord> =
                reading.or_aside(decode(body), "tokens", || key.clone(), || body.to_vec())?;
            let is_it = |token: &TokenRecord| {
                token.kind.eq_ignore_ascii_case(Contract::KIND) && Contract::is_same(&token.id_token, id)
            };
            if let Some(token) = read.filter(is_it) {
                return Ok(Some(token));
            }
        }
    }
    Ok(None)
}

/// A kind whose row cannot be read has not been reported yet.
pub(crate) fn reported(reading: &Reading<'_>, station: &StationId) -> Outcome<Reported> {
    let mut statement = reading.prepare_cached("SELECT kind, form, body FROM reports WHERE station = ?1")?;
    let mut rows = statement.query([station.as_str()])?;
    let mut reported = Reported::default();
    while let Some(row) = rows.next()? {
        let (kind, body) = (String::from_utf8_lossy(bytes(row, 0)), bytes(row, 2));
        let read = row.get(1).map_err(Failure::from).and_then(|form| forms::report(&kind, form, body));
        if let Some(report) = reading.or_aside(read, "reports", || format!("{station} {kind}"), || body.to_vec())? {
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
        let (body, evse, connector): (_, i64, i64) = (bytes(row, 0), row.get(1)?, row.get(2)?);
        let key = || format!("{station} {evse} {connector}");
        connectors.extend(reading.or_aside(decode(body), "connectors", key, || body.to_vec())?);
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
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let body = bytes(row, 0);
    reading.or_aside(decode(body), table, || key.to_owned(), || body.to_vec())
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
        let (key, body): (String, _) = (row.get(0)?, bytes(row, 1));
        let item = reading.or_aside(decode(body), table, || key.clone(), || body.to_vec())?;
        Ok((key, item))
    })
}
