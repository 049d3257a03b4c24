//! A table's rows, in the order of their keys.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Cell, ColumnKind, MAX_CELLS, TableSchema};

/// The cells of a row, in the order of the shape's columns. `None`: empty.
pub(super) type Row = Box<[Option<Cell>]>;

/// Never changes once it is made.
#[derive(Debug)]
pub struct Table {
    pub shape: TableSchema,
    /// Where the key stands in a row.
    key: usize,
    rows: Vec<Row>,
    /// Bytes that it takes in memory, roughly.
    bytes: usize,
}

/// A row and where it stands in its file, for people.
pub(super) struct Placed {
    pub(super) row: Row,
    pub(super) line: usize,
}

/// Why rows are no table, and in which line.
pub(super) struct Unfit {
    pub(super) line: usize,
    pub(super) why: String,
}

impl Table {
    /// Rows come in any order; one that stands there twice word for word counts once.
    pub(super) fn of(shape: &TableSchema, mut placed: Vec<Placed>) -> Result<Self, Unfit> {
        let key = shape.columns.keys().position(|column| *column == shape.key).unwrap_or(0);
        if placed.is_empty() {
            return Err(Unfit { line: 1, why: "the table has no rows".to_owned() });
        }
        if placed.len() * shape.columns.len() > MAX_CELLS {
            let why = format!("more than {MAX_CELLS} cells in the columns that plugin.toml declares");
            return Err(Unfit { line: 1, why });
        }
        if let Some(Placed { line, .. }) = placed.iter().find(|placed| placed.row[key].is_none()) {
            return Err(Unfit { line: *line, why: format!("the row has no {}, which is the key", shape.key) });
        }
        placed.sort_by(|one, other| order(&one.row[key], &other.row[key]));
        placed.dedup_by(|later, earlier| later.row == earlier.row);
        let is_twice = |pair: &&[Placed]| order(&pair[0].row[key], &pair[1].row[key]).is_eq();
        if let Some([one, other]) = placed.windows(2).find(is_twice) {
            let (first, second) = (one.line.min(other.line), one.line.max(other.line));
            let shown = one.row[key].as_ref().map(ToString::to_string).unwrap_or_default();
            let why = format!("the {} {shown} stands there twice, first in line {first}", shape.key);
            return Err(Unfit { line: second, why });
        }
        let rows: Vec<Row> = placed.into_iter().map(|placed| placed.row).collect();
        let bytes = rows.iter().map(weight).sum();
        Ok(Self { shape: shape.clone(), key, rows, bytes })
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The key of the first and of the last row.
    pub fn span(&self) -> Option<(&Cell, &Cell)> {
        Some((self.rows.first()?[self.key].as_ref()?, self.rows.last()?[self.key].as_ref()?))
    }

    /// The row with this key. The error: the key is of another kind than the table's.
    pub fn find(&self, key: &Cell) -> Result<Option<Found<'_>>, String> {
        let key = &*self.own(key);
        let at = self.not_after(key)?;
        Ok(at.filter(|at| self.rows[*at][self.key].as_ref() == Some(key)).map(|at| self.at(at)))
    }

    /// The last row whose key is not after this one: of prices, the one that holds at that moment.
    pub fn find_at(&self, key: &Cell) -> Result<Option<Found<'_>>, String> {
        Ok(self.not_after(&self.own(key))?.map(|at| self.at(at)))
    }

    /// As it stands in the table.
    fn own<'k>(&self, key: &'k Cell) -> Cow<'k, Cell> {
        match key {
            Cell::Text(text) if self.shape.columns.get(&self.shape.key) == Some(&ColumnKind::Token) => {
                Cow::Owned(Cell::Text(text.to_ascii_lowercase().into()))
            }
            key => Cow::Borrowed(key),
        }
    }

    fn not_after(&self, key: &Cell) -> Result<Option<usize>, String> {
        let own = self.rows.first().and_then(|row| row[self.key].as_ref());
        if let Some(own) = own.filter(|own| own.compare(key).is_none()) {
            return Err(format!("the key {} is {}, and {} was given", self.shape.key, own.kind(), key.kind()));
        }
        let is_before =
            |row: &Row| row[self.key].as_ref().and_then(|own| own.compare(key)).is_some_and(Ordering::is_le);
        Ok(self.rows.partition_point(is_before).checked_sub(1))
    }

    /// All rows, in the order of their keys.
    pub fn found(&self) -> impl Iterator<Item = Found<'_>> {
        (0..self.rows.len()).map(|at| self.at(at))
    }

    fn at(&self, at: usize) -> Found<'_> {
        Found { shape: &self.shape, key: self.key, row: &self.rows[at] }
    }
}

/// With what an allocator adds to each of its pieces.
fn weight(row: &Row) -> usize {
    const PIECE: usize = 16;
    let text = |cell: &Option<Cell>| match cell {
        Some(Cell::Text(text)) => text.len() + PIECE,
        _ => 0,
    };
    let cells: usize = row.iter().map(|cell| size_of::<Option<Cell>>() + text(cell)).sum();
    size_of::<Row>() + PIECE + cells
}

/// A row that was looked up.
#[derive(Debug, Clone, Copy)]
pub struct Found<'t> {
    shape: &'t TableSchema,
    key: usize,
    row: &'t Row,
}

impl<'t> Found<'t> {
    pub fn key(self) -> Option<&'t Cell> {
        self.row[self.key].as_ref()
    }

    pub fn cells(self) -> impl Iterator<Item = (&'t str, Option<&'t Cell>)> {
        self.shape.columns.keys().map(String::as_str).zip(self.row.iter().map(Option::as_ref))
    }
}

fn order(one: &Option<Cell>, other: &Option<Cell>) -> Ordering {
    one.as_ref().zip(other.as_ref()).and_then(|(one, other)| one.compare(other)).unwrap_or(Ordering::Equal)
}
