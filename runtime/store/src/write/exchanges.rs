//! Commands to stations.

use amprule_domain::StationId;
use amprule_domain::command::Exchange;
use rusqlite::{Connection, params};

use crate::codec::Body;
use crate::error::Outcome;
use crate::forms::EXCHANGE;
use crate::limits::EXCHANGES_PER_STATION;

pub(super) struct Exchanges<'c> {
    connection: &'c Connection,
    body: Body,
}

impl<'c> Exchanges<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, body: Body::default() }
    }

    pub(super) fn put(&mut self, exchange: &Exchange) -> Outcome<()> {
        let sql = "INSERT INTO exchanges (id, station, open, form, body) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (id) DO UPDATE SET open = excluded.open, form = excluded.form, body = excluded.body";
        let (id, station) = (exchange.id.0.as_bytes().as_slice(), exchange.station.as_str());
        let (is_open, body) = (exchange.is_open(), self.body.of(exchange)?);
        self.connection.prepare_cached(sql)?.execute(params![id, station, is_open, EXCHANGE, body])?;
        if is_open { Ok(()) } else { self.forget(&exchange.station) }
    }

    /// Of those that are over.
    fn forget(&self, station: &StationId) -> Outcome<()> {
        let sql = "DELETE FROM exchanges WHERE station = ?1 AND open = 0 AND n <
                   (SELECT n FROM exchanges WHERE station = ?1 AND open = 0 ORDER BY n DESC LIMIT 1 OFFSET ?2)";
        self.connection.prepare_cached(sql)?.execute(params![station.as_str(), EXCHANGES_PER_STATION - 1])?;
        Ok(())
    }
}
