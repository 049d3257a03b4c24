//! What stations hold, changed where it stands.

use amprule_domain::holding::{Change, Kind, Like};
use amprule_domain::{StationId, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Value, json};

use crate::codec::micros;
use crate::error::Outcome;
use crate::members::conditions;

pub(super) struct Holdings<'c> {
    connection: &'c Connection,
}

impl<'c> Holdings<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(super) fn change(&self, station: &StationId, at: Timestamp, change: &Change) -> Outcome<()> {
        match change {
            Change::Put { kind, key, body } => self.put(station, *kind, key, at, body),
            Change::Merge { kind, key, body } => self.merge(station, *kind, key, at, body),
            Change::Advance { kind, key, body } => self.advance(station, *kind, key.as_deref(), at, body),
            Change::Again { kind, key, body, same, since, last } => {
                let newest = self.newest(station, *kind, same, *since)?;
                newest.map_or_else(|| self.put(station, *kind, key, at, body), |row| self.count(row, at, last))
            }
            Change::MergeAll { kind, like, body } => {
                let set = [Sql::from(micros(at)), Sql::from(bounded(body))];
                let sql = format!("UPDATE holdings SET at = ?1, body = {} WHERE {OF}", merged("?2"));
                self.all(&sql, &set, station, *kind, like)
            }
            Change::Gone { kind, like } => {
                self.all(&format!("DELETE FROM holdings WHERE {OF}"), &[], station, *kind, like)
            }
        }
    }

    fn merge(&self, station: &StationId, kind: Kind, key: &str, at: Timestamp, body: &Value) -> Outcome<()> {
        let row = params![station.as_str(), kind.as_str(), short(key), micros(at), bounded(body)];
        let merged = merged("?5");
        let sql = format!("UPDATE holdings SET at = ?4, body = {merged} WHERE station = ?1 AND kind = ?2 AND key = ?3");
        let is_known = self.connection.prepare_cached(&sql)?.execute(row)? > 0;
        if is_known { Ok(()) } else { self.put(station, kind, key, at, body) }
    }

    fn advance(&self, station: &StationId, kind: Kind, key: Option<&str>, at: Timestamp, body: &Value) -> Outcome<()> {
        let which = match key {
            Some(_) => "station = ?1 AND kind = ?2 AND key = ?5",
            None => {
                "?5 IS NULL AND n = ifnull(
                    (SELECT max(n) FROM holdings WHERE station = ?1 AND kind = ?2 AND json_extract(body, '$.state') IN ('asked', 'running', 'booted')),
                    (SELECT max(n) FROM holdings WHERE station = ?1 AND kind = ?2))
                 AND (json_extract(body, '$.state') IN ('asked', 'running', 'booted')
                    OR json_extract(body, '$.state') = 'refused' AND json_extract(body, '$.answer') = 'Nothing')"
            }
        };
        let steps = "json_object('steps', json(ifnull(json_extract(?4, '$.steps'), '{}')))";
        let goes_on = merged("?4");
        let sql = format!(
            "UPDATE holdings SET at = ?3, body = iif(json_extract(body, '$.state') = 'ended', json_patch(body, {steps}), {goes_on}) WHERE {which}"
        );
        let row = params![station.as_str(), kind.as_str(), micros(at), bounded(body), key.map(short)];
        let is_known = self.connection.prepare_cached(&sql)?.execute(row)? > 0;
        match key {
            Some(key) if !is_known => self.put(station, kind, key, at, body),
            _ => Ok(()),
        }
    }

    fn newest(&self, station: &StationId, kind: Kind, same: &Like, since: Timestamp) -> Outcome<Option<i64>> {
        let mut sql = format!("SELECT max(n) FROM holdings WHERE {OF} AND at >= ?");
        let mut values =
            vec![station.as_str().to_owned().into(), kind.as_str().to_owned().into(), Sql::from(micros(since))];
        for (condition, of) in conditions(same) {
            sql.push_str(&format!(" AND {condition}"));
            values.extend(of);
        }
        Ok(self.connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?)
    }

    fn count(&self, row: i64, at: Timestamp, last: &Value) -> Outcome<()> {
        let counted = "json_patch(body, json_set(?2, '$.count', ifnull(json_extract(body, '$.count'), 1) + 1))";
        let sql = format!("UPDATE holdings SET at = ?1, body = {counted} WHERE n = ?3");
        self.connection.prepare_cached(&sql)?.execute(params![micros(at), bounded(last), row])?;
        Ok(())
    }

    /// In the place of what was there, and newer than all others. Nulls are left out, as by a merge (RFC 7396).
    fn put(&self, station: &StationId, kind: Kind, key: &str, at: Timestamp, body: &Value) -> Outcome<()> {
        let row = params![station.as_str(), kind.as_str(), short(key), micros(at), bounded(body)];
        let sql = "INSERT OR REPLACE INTO holdings (station, kind, key, at, body) VALUES (?1, ?2, ?3, ?4, json_patch('{}', ?5))";
        self.connection.prepare_cached(sql)?.execute(row)?;
        self.forget_oldest(station, kind)
    }

    /// What changed longest ago goes first, and what is over before what is not. Where a station has very many of a kind,
    /// it is looked at now and then only.
    fn forget_oldest(&self, station: &StationId, kind: Kind) -> Outcome<()> {
        if kind.most() > EXACT_MAX && self.connection.last_insert_rowid() % SOMETIMES != 0 {
            return Ok(());
        }
        let sql = "DELETE FROM holdings WHERE n IN (
                       SELECT n FROM holdings WHERE station = ?1 AND kind = ?2
                       ORDER BY json_extract(body, '$.state') IN ('active', 'kept') DESC, at DESC, n DESC
                       LIMIT -1 OFFSET ?3)";
        self.connection.prepare_cached(sql)?.execute(params![station.as_str(), kind.as_str(), kind.most()])?;
        Ok(())
    }

    /// `sql` ends with [`OF`]; what else must be so follows.
    fn all(&self, sql: &str, before: &[Sql], station: &StationId, kind: Kind, like: &Like) -> Outcome<()> {
        let mut sql = sql.to_owned();
        let mut values = before.to_vec();
        values.extend([Sql::from(station.as_str().to_owned()), Sql::from(kind.as_str().to_owned())]);
        for (condition, key) in [(" AND key = ?", &like.key), (" AND key <> ?", &like.but)] {
            if let Some(key) = key {
                sql.push_str(condition);
                values.push(Sql::from(short(key).to_owned()));
            }
        }
        for (condition, of) in conditions(like) {
            sql.push_str(&format!(" AND {condition}"));
            values.extend(of);
        }
        self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }
}

/// The rows of one kind of a station.
const OF: &str = "station = ? AND kind = ?";

/// Kinds of which no more than this are kept are held to it at every insert, the others at one of so many.
const EXACT_MAX: u32 = 500;
const SOMETIMES: i64 = 64;

/// Bytes of a key.
const KEY_MAX: usize = 400;

/// A row's body with this in it. One that would become too large stays as it is, and says so.
fn merged(patch: &str) -> String {
    let most = Change::BODY_MAX;
    format!(
        "iif(length(json_patch(body, {patch})) <= {most}, json_patch(body, {patch}), json_set(body, '$.tooLarge', json('true')))"
    )
}

fn short(key: &str) -> &str {
    &key[..key.floor_char_boundary(KEY_MAX)]
}

fn bounded(body: &Value) -> String {
    let text = body.to_string();
    if text.len() <= Change::BODY_MAX { text } else { json!({ "tooLarge": text.len() }).to_string() }
}
