//! What meters have signed: each once, and of very many the first and the latest of a session.

use amprule_domain::effect::SignedRow;
use amprule_domain::signed::SignedValue;
use flate2::Crc;
use rusqlite::{Connection, params};

use crate::codec::micros;
use crate::error::{Failure, Outcome};
use crate::forms::{self, SIGNED};
use crate::limits::{SIGNED_BYTES_PER_SESSION, SIGNED_FIRST, SIGNED_PER_SESSION};
use crate::packed::{Packer, unpack};

pub(super) struct Signed<'c> {
    connection: &'c Connection,
    packer: Packer,
}

impl<'c> Signed<'c> {
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        Ok(Self { connection, packer: Packer::quick()? })
    }

    /// The session's row is written before it, or is there.
    pub(super) fn add(&mut self, row: &SignedRow) -> Outcome<()> {
        for value in &row.values {
            let moment = value.at.unwrap_or(row.received_at).min(row.received_at);
            match self.known(row.session.0, value)? {
                None => self.insert(row, micros(moment), value)?,
                Some((n, mut known)) => {
                    if known.learn(value) {
                        self.replace(n, &known)?;
                    }
                }
            }
        }
        self.trim(row.session.0)
    }

    /// The same, as it was told before.
    fn known(&self, session: i64, value: &SignedValue) -> Outcome<Option<(i64, SignedValue)>> {
        let sql = "SELECT n, form, body FROM signed_values WHERE session = ?1 AND crc = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![session, crc(value)])?;
        while let Some(row) = rows.next()? {
            // One that cannot be read is found out by those who read it.
            let read = unpack(row, 2).and_then(|json| forms::signed(row.get(1)?, &json));
            if let Some(known) = read.ok().filter(|known| known.is_same(value)) {
                return Ok(Some((row.get(0)?, known)));
            }
        }
        Ok(None)
    }

    fn insert(&mut self, row: &SignedRow, moment: i64, value: &SignedValue) -> Outcome<()> {
        let sql = "INSERT INTO signed_values (session, moment, received_at, bytes, crc, form, body)
                   SELECT no, ?2, ?3, ?4, ?5, ?6, ?7 FROM sessions WHERE no = ?1";
        let (received_at, bytes) = (micros(row.received_at), value.bytes() as i64);
        let body = self.packer.pack(value)?;
        let columns = params![row.session.0, moment, received_at, bytes, crc(value), SIGNED, body];
        match self.connection.prepare_cached(sql)?.execute(columns)? {
            0 => Err(Failure::Broken(format!("there is no session number {}", row.session.0))),
            _ => Ok(()),
        }
    }

    fn replace(&mut self, n: i64, value: &SignedValue) -> Outcome<()> {
        let sql = "UPDATE signed_values SET bytes = ?2, form = ?3, body = ?4 WHERE n = ?1";
        let columns = params![n, value.bytes() as i64, SIGNED, self.packer.pack(value)?];
        self.connection.prepare_cached(sql)?.execute(columns)?;
        Ok(())
    }

    /// What goes stands between the first ones and the latest; the next one says that something is missing before it.
    fn trim(&self, session: i64) -> Outcome<()> {
        let sql = "SELECT n, bytes FROM signed_values WHERE session = ?1 ORDER BY moment, n";
        let rows: Vec<(i64, i64)> = self
            .connection
            .prepare_cached(sql)?
            .query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let Some(gone) = gone(&rows) else { return Ok(()) };
        let mut delete = self.connection.prepare_cached("DELETE FROM signed_values WHERE n = ?1")?;
        for (n, _) in &rows[gone.clone()] {
            delete.execute([n])?;
        }
        if let Some((next, _)) = rows.get(gone.end) {
            self.connection.prepare_cached("UPDATE signed_values SET gap = 1 WHERE n = ?1")?.execute([next])?;
        }
        Ok(())
    }
}

fn crc(value: &SignedValue) -> u32 {
    let mut crc = Crc::new();
    crc.update(value.data.as_bytes());
    crc.sum()
}

/// Which of these have no room, by their place. Row and bytes of each, in the order of their times.
fn gone(rows: &[(i64, i64)]) -> Option<std::ops::Range<usize>> {
    let first = rows.len().min(SIGNED_FIRST);
    let mut bytes: i64 = rows[..first].iter().map(|(_, bytes)| bytes).sum();
    let has_room = |place: &usize| {
        bytes += rows[*place].1;
        rows.len() - place <= SIGNED_PER_SESSION - SIGNED_FIRST && bytes <= SIGNED_BYTES_PER_SESSION
    };
    let latest = (first..rows.len()).rev().take_while(has_room).last().unwrap_or(rows.len());
    (first < latest).then_some(first..latest)
}

#[cfg(test)]
mod tests {
    use super::gone;

    #[test]
    fn the_first_ten_and_the_latest_have_room() {
        let rows = |count: usize, bytes: i64| -> Vec<(i64, i64)> { (0..count).map(|n| (n as i64, bytes)).collect() };
        for (count, bytes, expect) in [
            (0, 0, None),
            (10, 65_536, None),
            (100, 20_000, None),
            (101, 1_000, Some(10..11)),
            (1_100, 1_000, Some(10..1_010)),
            // 32 of the longest.
            (40, 65_536, Some(10..18)),
        ] {
            assert_eq!(gone(&rows(count, bytes)), expect, "{count} of {bytes} bytes");
        }
    }
}
