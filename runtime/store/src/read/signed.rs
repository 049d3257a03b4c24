//! What meters have signed of a session.

use amprule_domain::SessionNo;
use amprule_domain::doors::StoredSigned;

use crate::aside::Reading;
use crate::codec::{bytes, time};
use crate::error::Outcome;
use crate::forms;
use crate::packed::unpack;

/// In the order of their times. One that cannot be read is set aside, and the others are told.
pub(crate) fn signed(reading: &Reading<'_>, session: SessionNo) -> Outcome<Vec<StoredSigned>> {
    let sql = "SELECT n, received_at, gap, form, body FROM signed_values WHERE session = ?1 ORDER BY moment, n";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([session.0])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (n, received_at, is_behind_gap): (i64, i64, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let form = row.get(3)?;
        let read = unpack(row, 4)
            .and_then(|json| forms::signed(form, &json))
            .and_then(|value| Ok(StoredSigned { received_at: time(received_at)?, is_behind_gap, value }));
        all.extend(reading.or_aside(read, "signed_values", || n.to_string(), || bytes(row, 4).to_vec())?);
    }
    Ok(all)
}
