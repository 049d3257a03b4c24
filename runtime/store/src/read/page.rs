//! Pages: how many items, and the opaque text that says where the next page begins.

use std::str::FromStr;

use amprule_domain::doors::{Listed, Page};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::error::{Failure, Outcome};
use crate::limits::PAGE_MAX;

pub(crate) fn limit(page: &Page) -> usize {
    page.limit.clamp(1, PAGE_MAX)
}

/// The cursor of a list that is ordered by one number.
pub(crate) fn after<T: FromStr>(page: &Page) -> Outcome<Option<T>> {
    page.after.as_deref().map(|text| text.parse().map_err(|_| not_a_cursor(text))).transpose()
}

/// The cursor of a list that is ordered by two numbers.
pub(crate) fn after_pair(page: &Page) -> Outcome<Option<(i64, i64)>> {
    let parse = |text: &str| {
        let (first, second) = text.split_once('.')?;
        Some((first.parse().ok()?, second.parse().ok()?))
    };
    page.after.as_deref().map(|text| parse(text).ok_or_else(|| not_a_cursor(text))).transpose()
}

/// A query in parts; each part brings its parameters.
pub(crate) struct Query {
    sql: String,
    values: Vec<Value>,
    has_condition: bool,
}

impl Query {
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new(), has_condition: false }
    }

    /// `condition` has one `?` for each value.
    pub(crate) fn filter(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(if self.has_condition { " AND " } else { " WHERE " });
        self.sql.push_str(condition);
        self.has_condition = true;
        self.values.extend(values);
    }

    /// Runs it with `order` for one page. `read` gives a row's cursor and item, or no item for one that is set aside; one row more than asked for
    /// tells that a next page exists.
    pub(crate) fn list<T>(
        mut self,
        connection: &Connection,
        order: &str,
        page: &Page,
        read: impl Fn(&Row<'_>) -> Outcome<(String, Option<T>)>,
    ) -> Outcome<Listed<T>> {
        let limit = limit(page);
        self.sql.push_str(&format!(" ORDER BY {order} LIMIT {}", limit + 1));
        let mut statement = connection.prepare_cached(&self.sql)?;
        let mut rows = statement.query(params_from_iter(self.values))?;
        let mut items = Vec::new();
        let mut last = None;
        while let Some(row) = rows.next()? {
            if items.len() == limit {
                return Ok(Listed { items, next: last });
            }
            let (cursor, item) = read(row)?;
            last = Some(cursor);
            items.extend(item);
        }
        Ok(Listed { items, next: None })
    }
}

pub(crate) fn not_a_cursor(text: &str) -> Failure {
    let text: String = text.chars().take(40).collect();
    Failure::Broken(format!("{text:?} is not a place in this list; use what `next` of the page before says"))
}
