//! What stations hold, changed where it stands.

use amprule_domain::holding::{Change, Kind, Like};
use amprule_domain::{StationId, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Value, json};

use crate::codec::micros;
use crate::error::Outcome;

pub(super) struct Holdings<'c> {
    connection: &'c Connection,
}

impl<'c> Holdings<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    pub(super) fn change(&self, station: &StationId, at: Timestamp, change: &Change) -> Outcome<()> {
        match change {
            Change::Put { kind, key, body } => self.put("'{}'", station, *kind, key, at, body),
            Change::Merge { kind, key, body } => self.put("body", station, *kind, key, at, body),
            Change::MergeLatest { kind, body } => {
                let sql = "UPDATE holdings SET at = ?3, body = json_patch(body, ?4)
                           WHERE n = (SELECT max(n) FROM holdings WHERE station = ?1 AND kind = ?2)";
                let row = params![station.as_str(), kind.as_str(), micros(at), bounded(body)];
                self.connection.prepare_cached(sql)?.execute(row)?;
                Ok(())
            }
            Change::MergeAll { kind, like, body } => {
                let set = [Sql::from(micros(at)), Sql::from(bounded(body))];
                self.all(
                    &format!("UPDATE holdings SET at = ?, body = json_patch(body, ?) WHERE {OF}"),
                    &set,
                    station,
                    *kind,
                    like,
                )
            }
            Change::Gone { kind, like } => {
                self.all(&format!("DELETE FROM holdings WHERE {OF}"), &[], station, *kind, like)
            }
        }
    }

    /// Into what was there, or into nothing; either way nulls are left out (RFC 7396).
    fn put(&self, into: &str, station: &StationId, kind: Kind, key: &str, at: Timestamp, body: &Value) -> Outcome<()> {
        let row = params![station.as_str(), kind.as_str(), key, micros(at), bounded(body)];
        let sql = format!(
            "UPDATE holdings SET at = ?4, body = json_patch({into}, ?5) WHERE station = ?1 AND kind = ?2 AND key = ?3"
        );
        if self.connection.prepare_cached(&sql)?.execute(row)? > 0 {
            return Ok(());
        }
        let sql = "INSERT INTO holdings (station, kind, key, at, body) VALUES (?1, ?2, ?3, ?4, json_patch('{}', ?5))";
        self.connection.prepare_cached(sql)?.execute(row)?;
        self.forget_oldest(station, kind)
    }

    fn forget_oldest(&self, station: &StationId, kind: Kind) -> Outcome<()> {
        let sql = "DELETE FROM holdings WHERE station = ?1 AND kind = ?2 AND n <=
                   (SELECT n FROM holdings WHERE station = ?1 AND kind = ?2 ORDER BY n DESC LIMIT 1 OFFSET ?3)";
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
                values.push(Sql::from(key.clone()));
            }
        }
        for (member, of) in &like.members {
            let marks = vec!["?"; of.len()].join(", ");
            sql.push_str(&format!(" AND json_extract(body, '$.{member}') IN ({marks})"));
            values.extend(of.iter().map(value));
        }
        self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }
}

/// The rows of one kind of a station.
const OF: &str = "station = ? AND kind = ?";

fn bounded(body: &Value) -> String {
    let text = body.to_string();
    if text.len() <= Change::BODY_MAX { text } else { json!({ "tooLarge": text.len() }).to_string() }
}

/// As `json_extract` gives it.
fn value(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::from(*truth),
        Value::Number(number) => number.as_i64().map_or_else(|| Sql::from(number.as_f64().unwrap_or(0.0)), Sql::from),
        Value::String(text) => Sql::from(text.clone()),
        nested => Sql::from(nested.to_string()),
    }
}
