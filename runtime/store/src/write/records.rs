//! Stations, connectors and tokens: whole records under their keys.

use amprule_domain::StationId;
use amprule_domain::event::ConnectorStatus;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use rusqlite::{Connection, params};

use crate::codec::Body;
use crate::error::Outcome;

pub(super) struct Records<'c> {
    connection: &'c Connection,
    body: Body,
}

impl<'c> Records<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, body: Body::default() }
    }

    /// `since` is kept from the first time.
    pub(super) fn station(&mut self, station: &StationRecord, since: i64) -> Outcome<()> {
        let sql = "INSERT INTO stations (id, since, body) VALUES (?1, ?2, ?3)
                   ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        let body = self.body.of(station)?;
        self.connection.prepare_cached(sql)?.execute(params![station.id.as_str(), since, body])?;
        Ok(())
    }

    pub(super) fn station_gone(&self, id: &StationId) -> Outcome<()> {
        for sql in [
            "DELETE FROM stations WHERE id = ?1",
            "DELETE FROM connectors WHERE station = ?1",
            "DELETE FROM answers WHERE station = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute([id.as_str()])?;
        }
        Ok(())
    }

    pub(super) fn connector(&mut self, station: &StationId, status: &ConnectorStatus) -> Outcome<()> {
        let sql = "INSERT INTO connectors (station, evse, connector, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (station, evse, connector) DO UPDATE SET body = excluded.body";
        let key = (station.as_str(), status.evse, status.connector);
        self.connection.prepare_cached(sql)?.execute(params![key.0, key.1, key.2, self.body.of(status)?])?;
        Ok(())
    }

    pub(super) fn token(&mut self, token: &TokenRecord) -> Outcome<()> {
        let sql = "INSERT INTO tokens (key, body) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET body = excluded.body";
        let key = token.id_token.to_uppercase();
        self.connection.prepare_cached(sql)?.execute(params![key, self.body.of(token)?])?;
        Ok(())
    }

    pub(super) fn token_gone(&self, key: &str) -> Outcome<()> {
        self.connection.prepare_cached("DELETE FROM tokens WHERE key = ?1")?.execute([key.to_uppercase()])?;
        Ok(())
    }
}
