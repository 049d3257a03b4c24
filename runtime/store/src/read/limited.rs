//! EVSEs in which a site's limit may stand.

use amprule_domain::load::Limited;

use crate::aside::Reading;
use crate::codec::bytes;
use crate::error::{Failure, Outcome};
use crate::forms;

/// By station and EVSE. A row that cannot be read is set aside: its limit stays where it is.
pub(crate) fn all(reading: &Reading<'_>) -> Outcome<Vec<Limited>> {
    let sql = "SELECT station, evse, form, body FROM limited ORDER BY station, evse";
    let mut statement = reading.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut limited = Vec::new();
    while let Some(row) = rows.next()? {
        let (station, evse, body) = (bytes(row, 0), row.get::<_, i64>(1)?, bytes(row, 3));
        let key = || format!("{} {evse}", String::from_utf8_lossy(station));
        let read = row.get(2).map_err(Failure::from).and_then(|form| forms::limited(form, body));
        limited.extend(reading.or_aside(read, "limited", key, || body.to_vec())?);
    }
    Ok(limited)
}
