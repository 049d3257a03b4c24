//! A table from JSON: a list of rows, each an object. Read row by row, and no more of it than is declared: a text of some
//! megabytes may hold millions of things.

mod reader;

use serde::de::DeserializeSeed as _;
use serde_json::{Number, Value};

use super::rows::{Table, Unfit};
use super::{CODE, Cell, ColumnKind, TableSchema};
use crate::Diagnostic;

use reader::Rows;

pub(super) fn read(path: &str, bytes: &[u8], shape: &TableSchema) -> Result<Table, Vec<Diagnostic>> {
    let refuse = |why: String| vec![Diagnostic::new(CODE, why).in_file(path)];
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let read = Rows { shape }.deserialize(&mut text).and_then(|rows| text.end().map(|()| rows));
    let rows = read.map_err(|error| refuse(format!("no JSON: {error}")))?;
    table(rows, shape).map_err(refuse)
}

/// The error counts rows from 1.
pub(super) fn rows(value: &Value, shape: &TableSchema) -> Result<Table, String> {
    table(Rows { shape }.deserialize(value).map_err(|error| error.to_string())?, shape)
}

fn table(rows: Result<Vec<super::rows::Placed>, String>, shape: &TableSchema) -> Result<Table, String> {
    Table::of(shape, rows?).map_err(|Unfit { line, why }| format!("row {line}: {}", why.replace("in line", "in row")))
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
