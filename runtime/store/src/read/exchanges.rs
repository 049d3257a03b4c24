//! Questions about commands.

use amprule_domain::command::Exchange;
use amprule_domain::ports::{ExchangeFilter, Listed, Page};
use amprule_domain::{CommandId, StationId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::page::{Query, after};
use crate::codec::text;
use crate::error::Outcome;
use crate::forms;

pub(crate) fn open(connection: &Connection, station: &StationId) -> Outcome<Vec<Exchange>> {
    let sql = "SELECT form, body FROM exchanges INDEXED BY exchanges_open WHERE station = ?1 AND open = 1 ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_and_then([station.as_str()], |row| exchange(row, 0))?.collect()
}

pub(crate) fn one(connection: &Connection, id: CommandId) -> Outcome<Option<Exchange>> {
    let mut statement = connection.prepare_cached("SELECT form, body FROM exchanges WHERE id = ?1")?;
    let found = statement.query_row([id.0.as_bytes().as_slice()], |row| Ok(exchange(row, 0))).optional()?;
    found.transpose()
}

/// Newest first.
pub(crate) fn list(connection: &Connection, filter: &ExchangeFilter, page: &Page) -> Outcome<Listed<Exchange>> {
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
    query.list(connection, "n DESC", page, |row| Ok((row.get::<_, i64>(0)?.to_string(), exchange(row, 1)?)))
}

fn exchange(row: &Row<'_>, column: usize) -> Outcome<Exchange> {
    forms::exchange(row.get(column)?, text(row, column + 1)?)
}
