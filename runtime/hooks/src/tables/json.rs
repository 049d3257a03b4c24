//! A table from JSON: a list of rows, each an object.

use serde_json::{Map, Number, Value};

use super::rows::{Placed, Row, Table, Unfit};
use super::{CODE, Cell, ColumnKind, MAX_ROWS, TableSchema};
use crate::Diagnostic;
use crate::manifest::nearest;

pub(super) fn read(path: &str, bytes: &[u8], shape: &TableSchema) -> Result<Table, Vec<Diagnostic>> {
    let refuse = |why: String| vec![Diagnostic::new(CODE, why).in_file(path)];
    let value: Value = serde_json::from_slice(bytes).map_err(|error| refuse(format!("no JSON: {error}")))?;
    rows(&value, shape).map_err(refuse)
}

/// The error counts rows from 1.
pub(super) fn rows(value: &Value, shape: &TableSchema) -> Result<Table, String> {
    let list = value.as_array().ok_or("a table is a list of rows: [{…}, {…}]")?;
    if list.len() > MAX_ROWS {
        return Err(format!("more than {MAX_ROWS} rows"));
    }
    let placed = list.iter().enumerate().map(|(at, row)| {
        let line = at + 1;
        let row = row.as_object().ok_or_else(|| format!("row {line} is no object"))?;
        let row = cells(row, shape).map_err(|why| format!("row {line}: {why}"))?;
        Ok(Placed { row, line })
    });
    let placed = placed.collect::<Result<Vec<_>, String>>()?;
    Table::of(shape, placed).map_err(|Unfit { line, why }| format!("row {line}: {}", why.replace("in line", "in row")))
}

fn cells(row: &Map<String, Value>, shape: &TableSchema) -> Result<Row, String> {
    let cell = |(column, kind): (&String, &ColumnKind)| {
        let Some(value) = row.get(column) else {
            return Err(format!("there is no {column}; {}", nearest(column, row.keys().map(String::as_str))));
        };
        cell_of(value, column, *kind)
    };
    shape.columns.iter().map(cell).collect()
}

/// `None`: empty. The error names the column.
pub(crate) fn cell_of(value: &Value, column: &str, kind: ColumnKind) -> Result<Option<Cell>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if kind == ColumnKind::Decimal => {
            exact(number).map_err(|why| format!("{column}: {why}"))?
        }
        Value::Bool(flag) if kind == ColumnKind::Boolean => flag.to_string(),
        _ => return Err(format!("{column} is not of the kind that plugin.toml declares")),
    };
    Cell::read(&text, kind).map(Some).map_err(|why| format!("{column}: {why}"))
}

/// Digits that a number of JSON has for certain when it was read; beyond them the last ones are somebody's guess.
const DIGITS: usize = 15;

/// The error says how to write it.
pub fn exact(number: &Number) -> Result<String, String> {
    let text = number.to_string();
    let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    match number.is_f64() && (digits > DIGITS || text.contains('e')) {
        true => Err(format!("{text} may not be what was written; put it in quotes")),
        false => Ok(text),
    }
}
