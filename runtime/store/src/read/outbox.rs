//! What subscribers have not heard yet.

use amprule_domain::outbox::{OutboxEvent, OutboxKind, OutboxRow, Subscriber};
use amprule_domain::{CommandId, SessionId, StationId};
use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::aside::Reading;
use crate::codec::{text, time};
use crate::error::{Failure, Outcome};

/// An event that cannot be read, of a kind that a later version told perhaps, is set aside: those behind it go on.
pub(crate) fn after(reading: &Reading<'_>, place: u64, most: usize) -> Outcome<Vec<OutboxRow>> {
    let sql = "SELECT place, at, kind, station, session, bill, command FROM outbox WHERE place > ?1 ORDER BY place";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([i64::try_from(place).unwrap_or(i64::MAX)])?;
    let mut events = Vec::new();
    while events.len() < most
        && let Some(row) = rows.next()?
    {
        let place: i64 = row.get(0)?;
        let body = || row.get_ref(2).ok().and_then(|kind| kind.as_bytes().ok().map(<[u8]>::to_vec)).unwrap_or_default();
        let read = event(row).map_err(|failure| Failure::Broken(failure.to_string()));
        events.extend(reading.or_aside(read, "outbox", || place.to_string(), body)?);
    }
    Ok(events)
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
