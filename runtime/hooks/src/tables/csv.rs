//! A table from a CSV file, as spreadsheets and markets write them: comma or semicolon, with or without quotes, any line
//! ends, columns in any order.

use ::csv::{ReaderBuilder, StringRecord};

use super::rows::{Placed, Row, Table, Unfit};
use super::{CODE, Cell, MAX_ROWS, TableSchema};
use crate::Diagnostic;
use crate::manifest::nearest;

/// A person reads them.
const MOST: usize = 20;
/// Empty lines and the first one included.
const MAX_LINES: usize = 2 * MAX_ROWS;
/// Bytes of a line: thousands of columns, which nobody reads.
const MAX_LINE: usize = 64 << 10;

pub(super) fn read(path: &str, bytes: &[u8], shape: &TableSchema) -> Result<Table, Vec<Diagnostic>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = format!("line {line} is not UTF-8 text");
            return Err(vec![Diagnostic::new(CODE, why).in_file(path).hint("save the table as UTF-8")]);
        }
    };
    let at = |Unfit { line, why }: Unfit| Diagnostic::new(CODE, why).in_file(path).at(text, line, 1);
    if text.trim_start().starts_with('<') {
        let why = "this is a web page and no table".to_owned();
        return Err(vec![at(Unfit { line: 1, why }).hint("look where it was loaded from: an address may have moved")]);
    }
    if !text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2) {
        let line = text.lines().count();
        return Err(vec![at(Unfit { line, why: "a quote is not closed; the file may have been cut off".to_owned() })]);
    }
    if !text.is_empty() && !text.ends_with(['\n', '\r']) {
        let (line, why) = (text.lines().count(), "the last line has no end; the file may have been cut off".to_owned());
        return Err(vec![at(Unfit { line, why }).hint("end it with a new line")]);
    }
    if bytes.iter().filter(|byte| **byte == b'\n').count() > MAX_LINES {
        let why = format!("more than {MAX_LINES} lines, empty ones included; a table has {MAX_ROWS} rows at most");
        return Err(vec![Diagnostic::new(CODE, why).in_file(path)]);
    }
    if let Some(line) = text.lines().position(|line| line.split('\r').any(|line| line.len() > MAX_LINE)) {
        let why = format!("the line has more than {MAX_LINE} bytes");
        return Err(vec![Diagnostic::new(CODE, why).in_file(path).at("", line + 1, 1)]);
    }
    let rows = rows(text, shape).map_err(|unfit| unfit.into_iter().map(at).collect::<Vec<_>>())?;
    Table::of(shape, rows).map_err(|unfit| vec![at(unfit)])
}

fn rows(text: &str, shape: &TableSchema) -> Result<Vec<Placed>, Vec<Unfit>> {
    let mut reader = ReaderBuilder::new().delimiter(separator(text)).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|error| vec![broken(&error)])?.clone();
    let places = places(&heads, shape)?;
    let (mut rows, mut unfit) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let read = record.map_err(|error| broken(&error)).and_then(|record| row(&record, &places, shape));
        match read {
            Ok(Some(row)) if rows.len() < MAX_ROWS => rows.push(row),
            Ok(Some(Placed { line, .. })) => {
                unfit.push(Unfit { line, why: format!("more than {MAX_ROWS} rows") });
                break;
            }
            Ok(None) => {}
            Err(more) => unfit.push(more),
        }
        if unfit.len() == MOST {
            break;
        }
    }
    if unfit.is_empty() { Ok(rows) } else { Err(unfit) }
}

/// A spreadsheet of a country whose decimals have a comma writes semicolons.
fn separator(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    if head.contains(';') && !head.contains(',') { b';' } else { b',' }
}

/// Where each of the shape's columns stands in the file.
fn places(heads: &StringRecord, shape: &TableSchema) -> Result<Vec<usize>, Vec<Unfit>> {
    let known: Vec<&str> = heads.iter().map(str::trim).collect();
    let place = |column: &String| {
        if known.iter().filter(|head| *head == column).count() > 1 {
            return Err(vec![Unfit { line: 1, why: format!("the column {column:?} stands there twice") }]);
        }
        known.iter().position(|head| head == column).ok_or_else(|| {
            let why = format!("there is no column {column:?}; {}", nearest(column, known.iter().copied()));
            vec![Unfit { line: 1, why }]
        })
    };
    shape.columns.keys().map(place).collect()
}

/// `None`: an empty line.
fn row(record: &StringRecord, places: &[usize], shape: &TableSchema) -> Result<Option<Placed>, Unfit> {
    let line = record.position().map_or(0, ::csv::Position::line) as usize;
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(None);
    }
    let cells = shape.columns.iter().zip(places).map(|((column, kind), place)| {
        let text = record.get(*place).unwrap_or_default().trim();
        let cell = (!text.is_empty()).then(|| Cell::read(text, *kind)).transpose();
        cell.map_err(|why| Unfit { line, why: format!("{column}: {why}") })
    });
    Ok(Some(Placed { row: cells.collect::<Result<Row, _>>()?, line }))
}

fn broken(error: &::csv::Error) -> Unfit {
    let line = error.position().map_or(1, ::csv::Position::line) as usize;
    let why = match error.kind() {
        ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!(
                "the line has {len} cells and the first one {expected_len}; a text with a separator stands in quotes"
            )
        }
        _ => format!("no CSV: {error}"),
    };
    Unfit { line, why }
}
