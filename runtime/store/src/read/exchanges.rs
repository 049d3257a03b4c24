//! Questions about commands.

use amprule_domain::command::Exchange;
use amprule_domain::doors::{ExchangeFilter, Listed, Page};
use amprule_domain::{CommandId, StationId};
use rusqlite::{OptionalExtension, Row};

use super::page::{Query, after};
use crate::aside::Reading;
use crate::codec::bytes;
use crate::error::{Failure, Outcome};
use crate::forms;

pub(crate) fn open(reading: &Reading<'_>, station: &StationId) -> Outcome<Vec<Exchange>> {
    let sql =
        "SELECT n, form, body FROM exchanges INDEXED BY exchanges_open WHERE station = ?1 AND open = 1 ORDER BY n";
    let mut statement = reading.prepare_cached(sql)?;
    let found = statement.query_and_then([station.as_str()], |row| exchange(reading, row))?;
    found.filter_map(Result::transpose).collect()
}

/// Newest first.
pub(crate) fn latest(reading: &Reading<'_>, station: &StationId, most: usize) -> Outcome<Vec<Exchange>> {
    let sql = "SELECT n, form, body FROM exchanges WHERE station = ?1 ORDER BY n DESC LIMIT ?2";
    let mut statement = reading.prepare_cached(sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = statement.query_and_then((station.as_str(), most), |row| exchange(reading, row))?;
    found.filter_map(Result::transpose).collect()
}

pub(crate) fn one(reading: &Reading<'_>, id: CommandId) -> Outcome<Option<Exchange>> {
    let mut statement = reading.prepare_cached("SELECT n, form, body FROM exchanges WHERE id = ?1")?;
    let found = statement.query_row([id.0.as_bytes().as_slice()], |row| Ok(exchange(reading, row))).optional()?;
    Ok(found.transpose()?.flatten())
}

/// Newest first.
pub(crate) fn list(reading: &Reading<'_>, filter: &ExchangeFilter, page: &Page) -> Outcome<Listed<Exchange>> {
    let mut query = Query::new("SELECT n, form, body FROM exchanges");
    if let Some(station) = &filter.station {
        query.filter("station = ?", [station.as_str().to_owned().into()]);
    }
    if filter.is_open {
        query.filter("open = ?", [1.into()]);
    }
    if let Some(n) = after::<i64>(page)? {
        query.filter("n < ?", [n.into()]);
    }
    query.list(reading, "n DESC", page, |row| Ok((row.get::<_, i64>(0)?.to_string(), exchange(reading, row)?)))
}

/// Of number, form and body.
fn exchange(reading: &Reading<'_>, row: &Row<'_>) -> Outcome<Option<Exchange>> {
    let (n, body) = (row.get::<_, i64>(0)?, bytes(row, 2));
    let read = row.get(1).map_err(Failure::from).and_then(|form| forms::exchange(form, body));
    reading.or_aside(read, "exchanges", || n.to_string(), || body.to_vec())
}
