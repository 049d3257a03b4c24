//! What subscribers have not heard yet.

use amprule_domain::outbox::{OutboxEvent, OutboxKind, OutboxRow, Subscriber};
use amprule_domain::{CommandId, SessionId, StationId};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::codec::{text, time};
use crate::error::{Failure, Outcome};

pub(crate) fn after(connection: &Connection, place: u64, most: usize) -> Outcome<Vec<OutboxRow>> {
    let sql =
        "SELECT place, at, kind, station, session, bill, command FROM outbox WHERE place > ?1 ORDER BY place LIMIT ?2";
    let (place, most) = (i64::try_from(place).unwrap_or(i64::MAX), i64::try_from(most).unwrap_or(i64::MAX));
    connection.prepare_cached(sql)?.query_and_then(params![place, most], event)?.collect()
}

/// The oldest and the newest place.
pub(crate) fn span(connection: &Connection) -> Outcome<Option<(u64, u64)>> {
    let sql = "SELECT (SELECT min(place) FROM outbox), (SELECT max(place) FROM outbox)";
    let read = |row: &Row<'_>| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?));
    let span = connection.prepare_cached(sql)?.query_row([], read)?;
    Ok(span.map(|(oldest, newest)| (place(oldest), place(newest))))
}

pub(crate) fn subscribers(connection: &Connection) -> Outcome<Vec<Subscriber>> {
    let mut statement = connection.prepare_cached("SELECT name, delivered, attempted, missed FROM subscribers")?;
    let read = |row: &Row<'_>| {
        let attempted = row.get::<_, Option<i64>>(2)?.map(place);
        let (delivered, missed) = (place(row.get(1)?), place(row.get(3)?));
        Ok(Subscriber { name: row.get(0)?, delivered, attempted, missed })
    };
    statement.query_and_then([], read)?.collect()
}

fn event(row: &Row<'_>) -> Outcome<OutboxRow> {
    let kind = text(row, 2)?;
    let unknown = || Failure::Broken(format!("{kind:?} is no kind of event"));
    let event = OutboxEvent {
        at: time(row.get(1)?)?,
        kind: OutboxKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(unknown)?,
        station: StationId::from(text(row, 3)?),
        session: row.get::<_, Option<[u8; 16]>>(4)?.map(|id| SessionId(Uuid::from_bytes(id))),
        bill: row.get(5)?,
        command: row.get::<_, Option<[u8; 16]>>(6)?.map(|id| CommandId(Uuid::from_bytes(id))),
    };
    Ok(OutboxRow { place: place(row.get(0)?), event })
}

/// Places are not negative.
fn place(place: i64) -> u64 {
    u64::try_from(place).unwrap_or(0)
}
