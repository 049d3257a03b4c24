//! EVSEs in which a site's limit may stand.

use amprule_domain::StationId;
use amprule_domain::load::Limited as Row;
use rusqlite::{Connection, params};

use crate::codec::Body;
use crate::error::Outcome;
use crate::forms::LIMITED;

pub(super) struct Limited<'c> {
    connection: &'c Connection,
    body: Body,
}

impl<'c> Limited<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, body: Body::default() }
    }

    pub(super) fn put(&mut self, row: &Row) -> Outcome<()> {
        let sql = "INSERT INTO limited (station, evse, form, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (station, evse) DO UPDATE SET form = excluded.form, body = excluded.body";
        let row = params![row.station.as_str(), row.evse, LIMITED, self.body.of(row)?];
        self.connection.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    pub(super) fn gone(&self, station: &StationId, evse: u32) -> Outcome<()> {
        let sql = "DELETE FROM limited WHERE station = ?1 AND evse = ?2";
        self.connection.prepare_cached(sql)?.execute(params![station.as_str(), evse])?;
        Ok(())
    }
}
