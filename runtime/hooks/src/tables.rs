//! Tables of a unit: what it looks up because it changes more often than its code, or is too much for parameters. Spot
//! prices, holidays, members.
//!
//! A table is a file of the unit, `tables/<name>.csv` or `.json`. So it has the unit's life: it is checked before it counts,
//! it is a part of the version's hash, a session keeps the one it began with, and a broken one leaves the last good one in
//! place. It never travels with a question: units look rows up, by their key.
//!
//! `tables/` is the operator's, as parameters.toml is: never packed, never signed, kept when the unit is installed anew.
//! What an author ships stands in `defaults/`, and counts where the operator gives none (ADR 029).

mod cell;
mod csv;
mod json;
mod rows;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::Diagnostic;
use crate::manifest::nearest;

pub use cell::Cell;
pub(crate) use json::cell_of;
pub use json::exact;
pub use rows::{Found, Table};
pub use shape::{ColumnKind, TableSchema};

/// Rows of one table.
pub const MAX_ROWS: usize = 200_000;
/// Tables of one unit.
pub const MAX_TABLES: usize = 16;
/// Columns that a table may declare.
pub const MAX_COLUMNS: usize = 32;
/// Cells of all tables of a unit: the host holds them, for each version that somebody needs.
pub const MAX_CELLS: usize = 1_000_000;
/// Bytes of a name that is looked for.
const MAX_NAME: usize = 64;
/// Bytes of a cell.
pub const MAX_CELL: usize = 256;

/// The code of what is wrong with a table's content.
pub(crate) const CODE: &str = "table";

/// All tables of a unit, by name.
#[derive(Debug, Default)]
pub struct Tables(BTreeMap<String, Arc<Table>>);

/// Where the operator's tables are.
pub const OPERATORS: &str = "tables/";
/// Where those of the author are.
pub const DEFAULTS: &str = "defaults/";

/// Files that are tables.
pub fn is_table_file(path: &str) -> bool {
    name_of(path).is_some()
}

/// Those of the operator among them.
pub fn is_operators(path: &str) -> bool {
    path.starts_with(OPERATORS) && is_table_file(path)
}

/// Its table's name.
fn name_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(OPERATORS).or_else(|| path.strip_prefix(DEFAULTS))?;
    let name = name.strip_suffix(".csv").or_else(|| name.strip_suffix(".json"))?;
    (!name.contains('/')).then_some(name)
}

impl Tables {
    /// Every declared table must be among the files, and every table's file be declared.
    pub fn read(
        shapes: &BTreeMap<String, TableSchema>,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (mut tables, mut found) = (BTreeMap::new(), undeclared(shapes, files));
        for (name, shape) in shapes {
            let read = [OPERATORS, DEFAULTS].iter().find_map(|folder| read(folder, name, shape, files));
            match read.unwrap_or_else(|| Err(vec![missing(name, shape)])) {
                Ok(table) => drop(tables.insert(name.clone(), Arc::new(table))),
                Err(more) => found.extend(more),
            }
        }
        let cells = |table: &Arc<Table>| table.rows() * table.shape.columns.len();
        if tables.values().map(cells).sum::<usize>() > MAX_CELLS {
            let why = format!("the unit's tables have more than {MAX_CELLS} cells together");
            found.push(Diagnostic::new(CODE, why).hint("leave out rows that are over, or columns that nobody reads"));
        }
        if found.is_empty() { Ok(Self(tables)) } else { Err(found) }
    }

    pub fn get(&self, name: &str) -> Option<&Table> {
        self.0.get(name).map(Arc::as_ref)
    }

    /// The error is for the unit's author.
    pub fn named(&self, name: &str) -> Result<&Table, String> {
        self.get(name).ok_or_else(|| {
            let name = &name[..name.floor_char_boundary(MAX_NAME)];
            format!("there is no table {name:?}; {}", nearest(name, self.0.keys().map(String::as_str)))
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.0.iter().map(|(name, table)| (name.as_str(), &**table))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, but for the given ones: lists of rows, as a case has them. The error says what is wrong with a row.
    pub fn with(&self, given: &Map<String, Value>) -> Result<Self, String> {
        let mut tables = self.0.clone();
        for (name, rows) in given {
            let shape = &self.named(name)?.shape;
            let table = json::rows(rows, shape).map_err(|why| format!("tables.{name}: {why}"))?;
            tables.insert(name.clone(), Arc::new(table));
        }
        Ok(Self(tables))
    }
}

/// One table's content; the file's name says whether it is CSV or JSON.
pub fn parse(path: &str, bytes: &[u8], shape: &TableSchema) -> Result<Table, Vec<Diagnostic>> {
    if path.ends_with(".json") { json::read(path, bytes, shape) } else { csv::read(path, bytes, shape) }
}

/// `None`: the folder does not have it.
fn read(
    folder: &str,
    name: &str,
    shape: &TableSchema,
    files: &BTreeMap<String, Vec<u8>>,
) -> Option<Result<Table, Vec<Diagnostic>>> {
    let [csv, json] = ["csv", "json"].map(|ending| format!("{folder}{name}.{ending}"));
    match (files.get(&csv), files.get(&json)) {
        (Some(bytes), None) => Some(parse(&csv, bytes, shape)),
        (None, Some(bytes)) => Some(parse(&json, bytes, shape)),
        (Some(_), Some(_)) => Some(Err(vec![twice(name, &json)])),
        (None, None) => None,
    }
}

fn undeclared(shapes: &BTreeMap<String, TableSchema>, files: &BTreeMap<String, Vec<u8>>) -> Vec<Diagnostic> {
    let names = files.keys().filter_map(|path| {
        let name = name_of(path)?;
        (!shapes.contains_key(name)).then(|| {
            let hint = format!("declare it in plugin.toml: [tables.{name}] with key and columns; or remove the file");
            Diagnostic::new(CODE, "plugin.toml does not say what is in this table").in_file(path).hint(hint)
        })
    });
    names.collect()
}

fn missing(name: &str, shape: &TableSchema) -> Diagnostic {
    let columns = shape.columns.keys().cloned().collect::<Vec<_>>().join(",");
    let why = format!("the table {name} that plugin.toml declares is not there");
    Diagnostic::new(CODE, why).hint(format!("put it into tables/{name}.csv, with the first line {columns}"))
}

fn twice(name: &str, file: &str) -> Diagnostic {
    let why = format!("the table {name} is there twice");
    Diagnostic::new(CODE, why).in_file(file).hint("keep the .csv or the .json file")
}
