//! From an answer to the text of a table: the columns that the unit wants under the names that it gives them, as CSV.

use std::io;
use std::time::Duration;

use amprule_hooks::tables::{self, Cell, ColumnKind, Table, TableSchema};
use jiff::Timestamp;
use serde_json::Value;

use crate::Feed;

/// Below it a number of JSON is seconds since 1970, above it milliseconds: the one would be beyond the year 5138, the other
/// before 1973.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The table's new text; what it was before stands behind it for a while. The error says why the answer is no such table.
pub(crate) fn taken(feed: &Feed, shape: &TableSchema, body: &[u8], present: Option<&Table>) -> Result<String, String> {
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['));
    let text = if is_json { of_json(feed, shape, body) } else { of_csv(feed, shape, body) }?;
    let table = table(&text, shape)?;
    written(
        shape,
        kept(&table, present, feed.keep)
            .chain(table.found())
            .map(|found| found.cells().map(|(_, cell)| cell.map(ToString::to_string).unwrap_or_default()).collect()),
    )
}

fn table(text: &str, shape: &TableSchema) -> Result<Table, String> {
    tables::parse("answer.csv", text.as_bytes(), shape).map_err(|found| {
        let first = found.first();
        first
            .map(|first| match first.line {
                Some(line) => format!("{} (row {})", first.message, line.saturating_sub(1)),
                None => first.message.clone(),
            })
            .unwrap_or_default()
    })
}

/// Rows that the answer does not have any more, since it begins later.
fn kept<'t>(
    table: &Table,
    present: Option<&'t Table>,
    keep: Duration,
) -> impl Iterator<Item = tables::Found<'t>> + use<'t> {
    let first = table.span().and_then(|(first, _)| moment(first));
    let since = first.and_then(|first| first.checked_sub(keep).ok());
    let is_kept = move |found: &tables::Found<'_>| {
        let key = found.key().and_then(moment);
        key.zip(first).zip(since).is_some_and(|((key, first), since)| key < first && key >= since)
    };
    present.into_iter().flat_map(Table::found).filter(is_kept)
}

fn moment(cell: &Cell) -> Option<Timestamp> {
    match cell {
        Cell::Moment(at) => Some(*at),
        _ => None,
    }
}

fn of_csv(feed: &Feed, shape: &TableSchema, body: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((head, rest)) = text.split_once('\n') else { return Err("it has one line only".to_owned()) };
    let separator = if head.contains(';') && !head.contains(',') { ";" } else { "," };
    let names = head.trim_end_matches('\r').split(separator).map(|name| {
        let bare = name.trim().trim_matches('"');
        shape.columns.keys().find(|column| feed.called(column) == bare).map_or(name, String::as_str)
    });
    Ok(format!("{}\n{rest}", names.collect::<Vec<_>>().join(separator)))
}

fn of_json(feed: &Feed, shape: &TableSchema, body: &[u8]) -> Result<String, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("it is no JSON: {error}"))?;
    let rows = answer.pointer(&feed.rows).ok_or_else(|| format!("there is nothing at {:?}", feed.rows))?;
    let rows = rows.as_array().ok_or_else(|| format!("what is at {:?} is no list of rows", feed.rows))?;
    let rows = rows.iter().enumerate().map(|(at, row)| {
        let cells = shape.columns.iter().map(|(column, kind)| {
            let called = feed.called(column);
            let value = row.get(called).ok_or_else(|| format!("row {} has no {called}", at + 1))?;
            text_of(value, *kind)
                .ok_or_else(|| format!("row {}: {called} is not of the kind that plugin.toml declares", at + 1))
        });
        cells.collect::<Result<Vec<_>, String>>()
    });
    let rows = rows.collect::<Result<Vec<_>, String>>()?;
    written(shape, rows.into_iter())
}

fn text_of(value: &Value, kind: ColumnKind) -> Option<String> {
    match (value, kind) {
        (Value::Null, _) => Some(String::new()),
        (Value::String(text), _) => Some(text.clone()),
        (Value::Number(number), ColumnKind::Decimal) => tables::exact(number).ok(),
        (Value::Bool(flag), ColumnKind::Boolean) => Some(flag.to_string()),
        (Value::Number(number), ColumnKind::Moment) => {
            let number = number.as_i64()?;
            let is_seconds = number.abs() < SECONDS_MAX;
            let at = if is_seconds { Timestamp::from_second(number) } else { Timestamp::from_millisecond(number) };
            at.ok().map(|at| at.to_string())
        }
        _ => None,
    }
}

fn written(shape: &TableSchema, rows: impl Iterator<Item = Vec<String>>) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let write = |writer: &mut csv::Writer<Vec<u8>>| -> Result<(), csv::Error> {
        writer.write_record(shape.columns.keys())?;
        for row in rows {
            writer.write_record(row)?;
        }
        writer.flush().map_err(csv::Error::from)
    };
    write(&mut writer).map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| io::Error::from(error.error().kind()).to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

impl Feed {
    /// How the other side calls a column.
    fn called<'f>(&'f self, column: &'f str) -> &'f str {
        self.columns.get(column).map_or(column, String::as_str)
    }
}
