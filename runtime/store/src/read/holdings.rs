//! Questions about what stations hold.

use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::holding::{Holding, HoldingFilter, Like};

use super::page::{Query, after};
use crate::aside::Reading;
use crate::codec::{bytes, decode, text, time};
use crate::error::Outcome;
use crate::members::conditions;

/// The newest first.
pub(crate) fn holdings(
    reading: &Reading<'_>,
    filter: &HoldingFilter,
    like: &Like,
    page: &Page,
) -> Outcome<Listed<(StationId, Holding)>> {
    let mut query = Query::new("SELECT n, station, key, at, body FROM holdings");
    query.filter("kind = ?", [filter.kind.as_str().to_owned().into()]);
    if let Some(station) = &filter.station {
        query.filter("station = ?", [station.as_str().to_owned().into()]);
    }
    if let Some(find) = &filter.find {
        query.filter("instr(key, ?) > 0", [find.clone().into()]);
    }
    for (condition, of) in conditions(like) {
        query.filter(&condition, of);
    }
    if let Some(after) = after::<i64>(page)? {
        query.filter("n < ?", [after.into()]);
    }
    query.list(reading, "n DESC", page, |row| {
        let (n, station, key): (i64, _, _) = (row.get(0)?, text(row, 1)?, text(row, 2)?);
        let (at, body) = (time(row.get(3)?)?, bytes(row, 4));
        let kind = filter.kind;
        let named = || format!("{station} {} {key}", kind.as_str());
        let body = reading.or_aside(decode(body), "holdings", named, || body.to_vec())?;
        let holding = body.map(|body| (StationId::from(station), Holding { kind, key: key.to_owned(), at, body }));
        Ok((n.to_string(), holding))
    })
}
