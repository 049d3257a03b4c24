//! `amprule:facts/tables`: looking rows up in the unit's tables.

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_hooks::Tables;
use amprule_hooks::tables::{Cell, Found};
use rust_decimal::Decimal;

use crate::v1::bindings::amprule::facts::tables as wit;

/// What one call may look into.
pub(crate) struct UnitTables(Arc<Tables>);

/// What is handed over of a row.
type Row = Vec<(String, wit::Cell)>;

impl UnitTables {
    pub(crate) fn new(tables: &Arc<Tables>) -> Self {
        Self(Arc::clone(tables))
    }
}

impl wit::Host for UnitTables {
    fn find(&mut self, table: String, key: wit::Cell) -> Result<Option<Row>, String> {
        let Some(key) = lift(key)? else { return Ok(None) };
        row(&table, self.0.named(&table)?.find(&key))
    }

    fn find_at(&mut self, table: String, key: wit::Cell) -> Result<Option<Row>, String> {
        let Some(key) = lift(key)? else { return Ok(None) };
        row(&table, self.0.named(&table)?.find_at(&key))
    }
}

fn row(table: &str, found: Result<Option<Found<'_>>, String>) -> Result<Option<Row>, String> {
    let found = found.map_err(|why| format!("{table}: {why}"))?;
    Ok(found.map(|found| found.cells().map(|(column, cell)| (column.to_owned(), lower(cell))).collect()))
}

/// `None`: no row is found by it.
fn lift(key: wit::Cell) -> Result<Option<Cell>, String> {
    Ok(Some(match key {
        wit::Cell::Empty => return Ok(None),
        wit::Cell::Text(text) => Cell::Text(text.into()),
        wit::Cell::Flag(flag) => Cell::Flag(flag),
        wit::Cell::Number(number) => {
            let lifted = Decimal::try_from_i128_with_scale(number.coefficient.into(), number.scale.into());
            Cell::Number(lifted.map_err(|_| format!("a key with a scale of {}; at most 28", number.scale))?)
        }
        wit::Cell::Moment(ms) => {
            Cell::Moment(Timestamp::from_millisecond(ms).map_err(|_| format!("a key of {ms} ms is no time"))?)
        }
    }))
}

pub(crate) fn lower(cell: Option<&Cell>) -> wit::Cell {
    match cell {
        None => wit::Cell::Empty,
        Some(Cell::Text(text)) => wit::Cell::Text(text.to_string()),
        Some(Cell::Flag(flag)) => wit::Cell::Flag(*flag),
        Some(Cell::Moment(at)) => wit::Cell::Moment(at.as_millisecond()),
        Some(Cell::Number(number)) => {
            // Tables have no number of more digits.
            let coefficient = i64::try_from(number.mantissa()).unwrap_or(i64::MAX);
            wit::Cell::Number(wit::Decimal { coefficient, scale: u8::try_from(number.scale()).unwrap_or(u8::MAX) })
        }
    }
}
