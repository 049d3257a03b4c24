//! Questions about what stations hold.

use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::holding::{Holding, HoldingFilter, Kind, Like};
use rusqlite::params;

use super::page::{Query, after};
use crate::aside::Reading;
use crate::codec::{bytes, decode, text, time};
use crate::error::Outcome;
use crate::members::conditions;

/// The newest first.
pub(crate) fn holdings(
    reading: &Reading<'_>,
    filter: &HoldingFilter,
    like: &Like,
    page: &Page,
) -> Outcome<Listed<(StationId, Holding)>> {
    let mut query = Query::new("SELECT n, station, key, at, body FROM holdings");
    query.filter("kind = ?", [filter.kind.as_str().to_owned().into()]);
    if let Some(station) = &filter.station {
        query.filter("station = ?", [station.as_str().to_owned().into()]);
    }
    if let Some(find) = &filter.find {
        query.filter("instr(key, ?) > 0", [find.clone().into()]);
    }
    for (condition, of) in conditions(like) {
        query.filter(&condition, of);
    }
    if let Some(after) = after::<i64>(page)? {
        query.filter("n < ?", [after.into()]);
    }
    query.list(reading, "n DESC", page, |row| {
        let (n, station, key): (i64, _, _) = (row.get(0)?, text(row, 1)?, text(row, 2)?);
        let (at, body) = (time(row.get(3)?)?, bytes(row, 4));
        let kind = filter.kind;
        let named = || format!("{station} {} {key}", kind.as_str());
        let body = reading.or_aside(decode(body), "holdings", named, || body.to_vec())?;
        let holding = body.map(|body| (StationId::from(station), Holding { kind, key: key.to_owned(), at, body }));
        Ok((n.to_string(), holding))
    })
}

pub(crate) fn one(reading: &Reading<'_>, station: &StationId, kind: Kind, key: &str) -> Outcome<Option<Holding>> {
    let sql = "SELECT at, body FROM holdings WHERE station = ?1 AND kind = ?2 AND key = ?3";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query(params![station.as_str(), kind.as_str(), key])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (at, body) = (time(row.get(0)?)?, bytes(row, 1));
    let named = || format!("{station} {} {key}", kind.as_str());
    let body = reading.or_aside(decode(body), "holdings", named, || body.to_vec())?;
    Ok(body.map(|body| Holding { kind, key: key.to_owned(), at, body }))
}

/// The first by their keys, of those whose keys begin with this.
pub(crate) fn held_from(
    reading: &Reading<'_>,
    station: &StationId,
    kind: Kind,
    prefix: &str,
    most: usize,
) -> Outcome<Vec<Holding>> {
    let sql = format!("SELECT key, at, body FROM holdings WHERE {BEGINS} ORDER BY key LIMIT ?4");
    let mut statement = reading.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![station.as_str(), kind.as_str(), prefix, most])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, at, body) = (text(row, 0)?, time(row.get(1)?)?, bytes(row, 2));
        let named = || format!("{station} {} {key}", kind.as_str());
        let body = reading.or_aside(decode(body), "holdings", named, || body.to_vec())?;
        held.extend(body.map(|body| Holding { kind, key: key.to_owned(), at, body }));
    }
    Ok(held)
}

pub(crate) fn held_span(
    reading: &Reading<'_>,
    station: &StationId,
    kind: Kind,
    prefix: &str,
) -> Outcome<Option<(usize, String)>> {
    let sql = format!("SELECT count(*), max(key) FROM holdings WHERE {BEGINS}");
    let mut statement = reading.prepare_cached(&sql)?;
    let of = params![station.as_str(), kind.as_str(), prefix];
    let (count, last) = statement.query_row(of, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))?;
    Ok(last.map(|last| (usize::try_from(count).unwrap_or_default(), last)))
}

pub(crate) fn held_names(reading: &Reading<'_>, station: &StationId, kind: Kind) -> Outcome<Vec<String>> {
    let sql = "SELECT DISTINCT substr(key, 1, instr(key, '/') - 1) FROM holdings \
               WHERE station = ?1 AND kind = ?2 AND instr(key, '/') > 0";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query(params![station.as_str(), kind.as_str()])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        names.push(text(row, 0)?.to_owned());
    }
    Ok(names)
}

pub(crate) fn holders(reading: &Reading<'_>, kind: Kind) -> Outcome<Vec<StationId>> {
    let sql = "SELECT DISTINCT station FROM holdings WHERE kind = ?1";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([kind.as_str()])?;
    let mut holders = Vec::new();
    while let Some(row) = rows.next()? {
        holders.push(StationId::from(text(row, 0)?));
    }
    Ok(holders)
}

/// No key has a character behind the last of Unicode.
const BEGINS: &str = "station = ?1 AND kind = ?2 AND key >= ?3 AND key < ?3 || char(1114111)";
