//! Questions about sessions.

use amprule_domain::bill::Bill;
use amprule_domain::doors::{Listed, Page, SessionFilter};
use amprule_domain::pricing::Pin;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::{Currency, Decimal, SessionId, SessionNo, StationId, Timestamp, TransactionId};
use rusqlite::{Connection, Params, Row, params};

use super::page::{Query, after_pair};
use crate::aside::Reading;
use crate::codec::{bytes, decode, micros, text};
use crate::error::{Failure, Outcome};
use crate::forms;
use crate::packed::unpack;
use crate::session_form::join;
use crate::spans::{DAY_S, HOUR_S, first_from};

pub(crate) fn one(reading: &Reading<'_>, id: SessionId) -> Outcome<Option<Session>> {
    let sql = "SELECT head, course, no FROM sessions JOIN courses USING (no) WHERE id = ?1";
    Ok(several(reading, sql, [id.0.as_bytes().as_slice()])?.pop())
}

/// Open and parked ones, and the `ended` latest ended ones (by their start), oldest first.
pub(crate) fn live(reading: &Reading<'_>, station: &StationId, ended: usize) -> Outcome<Vec<Session>> {
    let live = "SELECT head, course, no FROM sessions INDEXED BY sessions_live JOIN courses USING (no)
                WHERE station = ?1 AND state <> 'ended'";
    let past = "SELECT head, course, no FROM sessions INDEXED BY sessions_by_station JOIN courses USING (no)
                WHERE station = ?1 AND state = 'ended' ORDER BY started_at DESC, sessions.no DESC LIMIT ?2";
    let mut sessions = several(reading, live, [station.as_str()])?;
    sessions.extend(several(reading, past, params![station.as_str(), bounded(ended)])?);
    sessions.sort_by_key(|session| (session.started_at, session.no));
    Ok(sessions)
}

pub(crate) fn live_stations(connection: &Connection) -> Outcome<Vec<StationId>> {
    let sql = "SELECT station FROM sessions INDEXED BY sessions_live WHERE state <> 'ended'
               UNION SELECT station FROM exchanges INDEXED BY exchanges_open WHERE open = 1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_and_then([], |row| Ok(StationId::from(text(row, 0)?)))?.collect()
}

pub(crate) fn transaction(
    reading: &Reading<'_>,
    station: &StationId,
    transaction: &TransactionId,
) -> Outcome<Option<Session>> {
    let sql = "SELECT head, course, no FROM sessions INDEXED BY sessions_by_transaction JOIN courses USING (no)
               WHERE txn = ?1 AND station = ?2 ORDER BY sessions.no DESC LIMIT 1";
    Ok(several(reading, sql, [transaction.as_str(), station.as_str()])?.pop())
}

pub(crate) fn begun_at(
    reading: &Reading<'_>,
    station: &StationId,
    at: Timestamp,
    most: usize,
) -> Outcome<Vec<Session>> {
    let sql = "SELECT head, course, no FROM sessions INDEXED BY sessions_by_station JOIN courses USING (no)
               WHERE station = ?1 AND started_at = ?2 ORDER BY sessions.no LIMIT ?3";
    several(reading, sql, params![station.as_str(), micros(at), bounded(most)])
}

pub(crate) fn pins(connection: &Connection) -> Outcome<Vec<Pin>> {
    // The row of a head that is no JSON is set aside by whoever reads it.
    let sql = "SELECT DISTINCT json_extract(head, '$.pin') FROM sessions INDEXED BY sessions_live
               WHERE state <> 'ended' AND CASE WHEN json_valid(head) THEN json_extract(head, '$.pin') END IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_and_then([], |row| decode(text(row, 0)?))?.collect()
}

pub(crate) fn spent(connection: &Connection, key: &str, currency: Currency, since: Timestamp) -> Outcome<Decimal> {
    let (key, since) = (key.to_uppercase(), micros(since));
    let is_added_up = "SELECT 1 FROM budgeted WHERE token = ?1 AND is_added_up = 1";
    let is_added_up = connection.prepare_cached(is_added_up)?.exists([&key])?;
    // Of a token that is added up: the sessions before the first whole hour, the hours before the first whole day, the days.
    let hours = if is_added_up { first_from(HOUR_S, since) } else { i64::MAX };
    let days = if is_added_up { first_from(DAY_S, hours) } else { i64::MAX };
    let mut statement = connection.prepare_cached(SPENT)?;
    let mut rows = statement.query(params![key, currency.as_str(), since, hours, days])?;
    let mut sum = Decimal::ZERO;
    while let Some(row) = rows.next()? {
        let text = text(row, 0)?;
        let total: Decimal = text.parse().map_err(|_| Failure::Broken(format!("the total {text} is not an amount")))?;
        sum = sum.checked_add(total).ok_or_else(|| Failure::Broken("the totals do not fit a decimal".to_owned()))?;
    }
    Ok(sum)
}

const SPENT: &str = "
    SELECT total FROM sessions INDEXED BY sessions_by_token JOIN courses USING (no)
    WHERE token = ?1 AND currency = ?2 AND started_at >= ?3 AND started_at < ?4 AND total IS NOT NULL
    UNION ALL SELECT total FROM spent
    WHERE token = ?1 AND currency = ?2 AND span_s = 3600 AND start >= ?4 AND start < ?5
    UNION ALL SELECT total FROM spent
    WHERE token = ?1 AND currency = ?2 AND span_s = 86400 AND start >= ?5";

pub(crate) fn open_count(connection: &Connection, key: &str) -> Outcome<u32> {
    let sql = "SELECT count(*) FROM sessions INDEXED BY sessions_charging WHERE token = ?1 AND charging = 1";
    Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get(0))?)
}

pub(crate) fn last_no(connection: &Connection) -> Outcome<SessionNo> {
    let no = connection.prepare_cached("SELECT coalesce(max(no), 0) FROM sessions")?.query_row([], |row| row.get(0))?;
    Ok(SessionNo(no))
}

/// Oldest first. One that cannot be read is set aside, and the others are told.
pub(crate) fn bills(reading: &Reading<'_>, session: &Session) -> Outcome<Vec<Bill>> {
    let mut statement =
        reading.prepare_cached("SELECT form, body, version FROM bills WHERE session = ?1 ORDER BY version")?;
    let mut rows = statement.query([session.no.0])?;
    let mut bills = Vec::new();
    while let Some(row) = rows.next()? {
        let (form, version): (u32, u32) = (row.get(0)?, row.get(2)?);
        let read = unpack(row, 1).and_then(|json| forms::bill(form, &json));
        let (key, body) = (|| format!("{} {version}", session.no.0), || bytes(row, 1).to_vec());
        bills.extend(reading.or_aside(read, "bills", key, body)?);
    }
    Ok(forms::bills(bills, session))
}

/// Newest start first. A list by mark goes through the marks, one by a state that few have through those few.
pub(crate) fn list(reading: &Reading<'_>, filter: &SessionFilter, page: &Page) -> Outcome<Listed<Session>> {
    let is_open = filter.state.is_some_and(|state| state != SessionState::Ended);
    let (from, order) = match (&filter.mark, is_open) {
        (Some(_), _) => ("marked CROSS JOIN sessions ON no = session", "marked"),
        (None, true) => ("sessions INDEXED BY sessions_live", "sessions"),
        (None, false) => ("sessions", "sessions"),
    };
    let mut query =
        Query::new(&format!("SELECT {order}.started_at, no, head, course FROM {from} JOIN courses USING (no)"));
    if let Some(mark) = &filter.mark {
        query.filter("mark = ?", [mark.clone().into()]);
    }
    if is_open {
        query.filter("state <> 'ended'", []);
    }
    if let Some(station) = &filter.station {
        query.filter("station = ?", [station.as_str().to_owned().into()]);
    }
    if let Some(transaction) = &filter.transaction {
        query.filter("txn = ?", [transaction.clone().into()]);
    }
    if let Some(token) = &filter.token {
        query.filter("token = ?", [token.to_uppercase().into()]);
    }
    if let Some(location) = &filter.location {
        query.filter("location = ?", [location.clone().into()]);
    }
    if let Some(state) = filter.state {
        query.filter("state = ?", [state.as_str().to_owned().into()]);
    }
    if let Some(from) = filter.from {
        query.filter(&format!("{order}.started_at >= ?"), [micros(from).into()]);
    }
    if let Some(until) = filter.until {
        query.filter(&format!("{order}.started_at < ?"), [micros(until).into()]);
    }
    let no = if filter.mark.is_some() { "session" } else { "sessions.no" };
    if let Some((started_at, last)) = after_pair(page)? {
        query.filter(&format!("({order}.started_at, {no}) < (?, ?)"), [started_at.into(), last.into()]);
    }
    query.list(reading, &format!("{order}.started_at DESC, {no} DESC"), page, |row| {
        let (no, cursor) = (row.get(1)?, format!("{}.{}", row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        Ok((cursor, session(reading, no, row, 2)?))
    })
}

/// `sql` selects head, course and number.
fn several(reading: &Reading<'_>, sql: &str, values: impl Params) -> Outcome<Vec<Session>> {
    let mut statement = reading.prepare_cached(sql)?;
    let read = |row: &Row<'_>| session(reading, row.get(2)?, row, 0);
    statement.query_and_then(values, read)?.filter_map(Result::transpose).collect()
}

/// Head and course are the columns from `first` on.
fn session(reading: &Reading<'_>, no: i64, row: &Row<'_>, first: usize) -> Outcome<Option<Session>> {
    let read = || join(&unpack(row, first)?, &unpack(row, first + 1)?);
    let whole = || [bytes(row, first), b"\n", bytes(row, first + 1)].concat();
    reading.or_aside(read(), "sessions", || no.to_string(), whole)
}

fn bounded(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
