//! Stations, what they report, connectors and tokens: whole records under their keys.

use std::collections::HashSet;

use amprule_domain::StationId;
use amprule_domain::event::ConnectorStatus;
use amprule_domain::reported::Report;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use rusqlite::{Connection, params};
use tracing::warn;

use crate::codec::Body;
use crate::error::Outcome;
use crate::forms::{self, REPORT};
use crate::limits::{CONNECTORS_PER_STATION, CROWDED_STATIONS};

pub(super) struct Records<'c> {
    connection: &'c Connection,
    body: Body,
    /// Stations with too many connectors, each told once.
    crowded: HashSet<StationId>,
}

impl<'c> Records<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, body: Body::default(), crowded: HashSet::new() }
    }

    /// `since` is kept from the first time. One that is new here has said nothing yet, whatever rows are left.
    pub(super) fn station(&mut self, station: &StationRecord, since: i64) -> Outcome<()> {
        let (id, body) = (station.id.as_str(), self.body.of(station)?);
        let known = self.connection.prepare_cached("UPDATE stations SET body = ?2 WHERE id = ?1")?;
        if { known }.execute(params![id, body])? == 0 {
            let sql = "INSERT INTO stations (id, since, body) VALUES (?1, ?2, ?3)";
            self.connection.prepare_cached(sql)?.execute(params![id, since, body])?;
            self.connection.prepare_cached("DELETE FROM reports WHERE station = ?1")?.execute([id])?;
        }
        Ok(())
    }

    pub(super) fn station_gone(&mut self, id: &StationId) -> Outcome<()> {
        for sql in [
            "DELETE FROM stations WHERE id = ?1",
            "DELETE FROM reports WHERE station = ?1",
            "DELETE FROM connectors WHERE station = ?1",
            "DELETE FROM answers WHERE station = ?1",
            "DELETE FROM exchanges WHERE station = ?1",
            "DELETE FROM holdings WHERE station = ?1",
        ] {
            self.connection.prepare_cached(sql)?.execute([id.as_str()])?;
        }
        self.crowded.remove(id);
        Ok(())
    }

    pub(super) fn report(&mut self, station: &StationId, report: &Report) -> Outcome<()> {
        let sql = "INSERT INTO reports (station, kind, form, body) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (station, kind) DO UPDATE SET form = excluded.form, body = excluded.body";
        let (kind, body) = forms::of_report(report, &mut self.body)?;
        self.connection.prepare_cached(sql)?.execute(params![station.as_str(), kind, REPORT, body])?;
        Ok(())
    }

    /// A station may report any number of connectors; the bound's worth of them are stored.
    pub(super) fn connector(&mut self, station: &StationId, status: &ConnectorStatus) -> Outcome<()> {
        let sql = "UPDATE connectors SET body = ?4 WHERE station = ?1 AND evse = ?2 AND connector = ?3";
        let row = params![station.as_str(), status.evse, status.connector, self.body.of(status)?];
        if self.connection.prepare_cached(sql)?.execute(row)? > 0 {
            return Ok(());
        }
        let sql = "INSERT INTO connectors (station, evse, connector, body) SELECT ?1, ?2, ?3, ?4
                   WHERE (SELECT count(*) FROM connectors WHERE station = ?1) < ?5";
        let row =
            params![station.as_str(), status.evse, status.connector, self.body.of(status)?, CONNECTORS_PER_STATION];
        if self.connection.prepare_cached(sql)?.execute(row)? == 0 {
            self.tell_crowded(station);
        }
        Ok(())
    }

    fn tell_crowded(&mut self, station: &StationId) {
        if self.crowded.len() < CROWDED_STATIONS && self.crowded.insert(station.clone()) {
            warn!(%station, "the station reports more than {CONNECTORS_PER_STATION} connectors; those beyond are not stored");
        }
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
