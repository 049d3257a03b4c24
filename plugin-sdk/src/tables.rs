//! Looking rows up in the tables that `plugin.toml` declares.

use std::fmt;

use crate::Decimal;
use crate::bindings::vocabulary::amprule::facts::tables::{self, Cell};

/// A row that was found. The error of a reader says which column is empty or of another kind; pass it on with `?`.
#[derive(Debug, Clone)]
pub struct Row(Vec<(String, Cell)>);

/// The row that has this key.
///
/// # Errors
/// The table is not declared, or its key is of another kind.
pub fn find(table: &str, key: impl Into<Cell>) -> Result<Option<Row>, String> {
    tables::find(table, &key.into()).map(|row| row.map(Row))
}

/// The last row whose key is not after this one: of prices, the one that holds at that moment. Whether it is too old is
/// yours to say.
///
/// # Errors
/// As in [`find`].
pub fn find_at(table: &str, key: impl Into<Cell>) -> Result<Option<Row>, String> {
    tables::find_at(table, &key.into()).map(|row| row.map(Row))
}

impl Row {
    /// Made of cells: for tests of your own.
    pub const fn new(cells: Vec<(String, Cell)>) -> Self {
        Self(cells)
    }

    /// Nothing stands in the column, or there is no such column.
    pub fn is_empty(&self, column: &str) -> bool {
        matches!(self.cell(column), None | Some(Cell::Empty))
    }

    pub fn decimal(&self, column: &str) -> Result<Decimal, String> {
        match self.cell(column) {
            Some(Cell::Number(number)) => Ok(*number),
            other => Err(unusable(column, "decimal", other)),
        }
    }

    /// Of `text` and `date`.
    pub fn text(&self, column: &str) -> Result<&str, String> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Ok(text),
            other => Err(unusable(column, "text", other)),
        }
    }

    pub fn flag(&self, column: &str) -> Result<bool, String> {
        match self.cell(column) {
            Some(Cell::Flag(flag)) => Ok(*flag),
            other => Err(unusable(column, "boolean", other)),
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn moment(&self, column: &str) -> Result<i64, String> {
        match self.cell(column) {
            Some(Cell::Moment(at)) => Ok(*at),
            other => Err(unusable(column, "moment", other)),
        }
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        self.0.iter().find(|(name, _)| name == column).map(|(_, cell)| cell)
    }
}

fn unusable(column: &str, wanted: &str, cell: Option<&Cell>) -> String {
    match cell {
        None => format!("the table has no column {column:?}"),
        Some(Cell::Empty) => format!("the row's {column:?} is empty"),
        Some(other) => format!("the column {column:?} is no {wanted}: {other}"),
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Moment(at) => write!(f, "{at} ms"),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Decimal> for Cell {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
