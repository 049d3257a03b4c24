//! Questions about sessions.

use amprule_domain::ports::{Listed, Page, SessionFilter};
use amprule_domain::pricing::Pin;
use amprule_domain::session::Session;
use amprule_domain::{Currency, Decimal, SessionId, SessionNo, StationId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::page::{Query, after_pair};
use crate::codec::{decode, micros};
use crate::error::{Failure, Outcome};

pub(crate) fn one(connection: &Connection, id: SessionId) -> Outcome<Option<Session>> {
    let mut statement = connection.prepare_cached("SELECT body FROM sessions WHERE id = ?1")?;
    let body: Option<String> = statement.query_row([id.0.as_bytes().as_slice()], |row| row.get(0)).optional()?;
    body.as_deref().map(decode).transpose()
}

/// Open and parked ones, and the `ended` latest ended ones (by their start), oldest first.
pub(crate) fn live(connection: &Connection, station: &StationId, ended: usize) -> Outcome<Vec<Session>> {
    let live = "SELECT body FROM sessions INDEXED BY sessions_live WHERE station = ?1 AND state <> 'ended'";
    let past = "SELECT body FROM sessions INDEXED BY sessions_by_station WHERE station = ?1 AND state = 'ended'
                ORDER BY started_at DESC, no DESC LIMIT ?2";
    let mut sessions = bodies::<Session>(connection, live, [station.as_str()])?;
    sessions.extend(bodies::<Session>(connection, past, params![station.as_str(), bounded(ended)])?);
    sessions.sort_by_key(|session| (session.started_at, session.no));
    Ok(sessions)
}

pub(crate) fn pins(connection: &Connection) -> Outcome<Vec<Pin>> {
    let sql = "SELECT DISTINCT json_extract(body, '$.pin') FROM sessions INDEXED BY sessions_live
               WHERE state <> 'ended' AND json_extract(body, '$.pin') IS NOT NULL";
    bodies(connection, sql, [])
}

pub(crate) fn spent(connection: &Connection, key: &str, currency: Currency, since: Timestamp) -> Outcome<Decimal> {
    let sql = "SELECT total FROM sessions INDEXED BY sessions_by_token
               WHERE token = ?1 AND started_at >= ?2 AND currency = ?3 AND total IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key.to_uppercase(), micros(since), currency.as_str()])?;
    let mut sum = Decimal::ZERO;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_str().map_err(|error| Failure::Broken(error.to_string()))?;
        let total: Decimal = text.parse().map_err(|_| Failure::Broken(format!("the total {text} is not an amount")))?;
        sum = sum.checked_add(total).ok_or_else(|| Failure::Broken("the totals do not fit a decimal".to_owned()))?;
    }
    Ok(sum)
}

pub(crate) fn open_count(connection: &Connection, key: &str) -> Outcome<u32> {
    let sql = "SELECT count(*) FROM sessions INDEXED BY sessions_live_by_token
               WHERE token = ?1 AND state <> 'ended' AND state = 'active'";
    Ok(connection.prepare_cached(sql)?.query_row([key.to_uppercase()], |row| row.get(0))?)
}

pub(crate) fn last_no(connection: &Connection) -> Outcome<SessionNo> {
    let no = connection.prepare_cached("SELECT coalesce(max(no), 0) FROM sessions")?.query_row([], |row| row.get(0))?;
    Ok(SessionNo(no))
}

/// Newest start first.
pub(crate) fn list(connection: &Connection, filter: &SessionFilter, page: &Page) -> Outcome<Listed<Session>> {
    let mut query = Query::new("SELECT started_at, no, body FROM sessions");
    if let Some(station) = &filter.station {
        query.filter("station = ?", [station.as_str().to_owned().into()]);
    }
    if let Some(transaction) = &filter.transaction {
        query.filter("txn = ?", [transaction.clone().into()]);
    }
    if let Some(token) = &filter.token {
        query.filter("token = ?", [token.to_uppercase().into()]);
    }
    if let Some(state) = filter.state {
        query.filter("state = ?", [state.as_str().to_owned().into()]);
    }
    if let Some(from) = filter.from {
        query.filter("started_at >= ?", [micros(from).into()]);
    }
    if let Some(until) = filter.until {
        query.filter("started_at < ?", [micros(until).into()]);
    }
    if let Some(mark) = &filter.mark {
        query.filter("EXISTS (SELECT 1 FROM json_each(body, '$.marks') WHERE value = ?)", [mark.clone().into()]);
    }
    if let Some((started_at, no)) = after_pair(page)? {
        query.filter("(started_at, no) < (?, ?)", [started_at.into(), no.into()]);
    }
    query.list(connection, "started_at DESC, no DESC", page, |row| {
        let cursor = format!("{}.{}", row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        Ok((cursor, decode(&row.get::<_, String>(2)?)?))
    })
}

fn bodies<T: serde::de::DeserializeOwned>(connection: &Connection, sql: &str, values: impl Params) -> Outcome<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_and_then(values, |row| decode(&row.get::<_, String>(0)?))?;
    rows.collect()
}

fn bounded(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
