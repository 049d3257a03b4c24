//! Looking rows up in the unit's tables.

use amprule_hooks::tables::{Cell, Found, Table};
use rhai::{Dynamic, Engine, ImmutableString, Map};

use super::{Moment, RhaiResult, call, number};

/// How a table is asked.
type Ask = for<'t> fn(&'t Table, &Cell) -> Result<Option<Found<'t>>, String>;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("lookup", |table: ImmutableString, key: Dynamic| look(&table, &key, Table::find));
    engine.register_fn("lookup_at", |table: ImmutableString, key: Dynamic| look(&table, &key, Table::find_at));
}

fn look(table: &str, key: &Dynamic, ask: Ask) -> RhaiResult<Dynamic> {
    if key.is_unit() {
        return Ok(Dynamic::UNIT);
    }
    let key = cell(key)?;
    call::with_tables(|tables| {
        let found = ask(tables.named(table)?, &key).map_err(|why| format!("{table}: {why}"))?;
        Ok(found.map_or(Dynamic::UNIT, row))
    })
}

fn cell(key: &Dynamic) -> RhaiResult<Cell> {
    if let Some(moment) = key.clone().try_cast::<Moment>() {
        return Ok(Cell::Moment(moment.0));
    }
    if let Ok(flag) = key.as_bool() {
        return Ok(Cell::Flag(flag));
    }
    if let Ok(text) = key.clone().into_immutable_string() {
        return Ok(Cell::Text(text.as_str().into()));
    }
    number(key).map(Cell::Number).ok_or_else(|| "a key is a text, a number, a moment, true or false".into())
}

/// An empty cell is ().
fn row(found: Found<'_>) -> Dynamic {
    let cells = found.cells().map(|(column, cell)| (column.into(), cell.map_or(Dynamic::UNIT, value)));
    cells.collect::<Map>().into()
}

pub(super) fn value(cell: &Cell) -> Dynamic {
    match cell {
        Cell::Text(text) => ImmutableString::from(&**text).into(),
        Cell::Number(number) => (*number).into(),
        Cell::Flag(flag) => (*flag).into(),
        Cell::Moment(at) => Dynamic::from(Moment(*at)),
    }
}
