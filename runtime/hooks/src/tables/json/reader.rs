//! Rows from a stream of JSON. What is wrong with a row is a value here and no error of the stream: it is said with the row's
//! number. Cells that no column is declared for are passed over without being held.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::super::rows::{Placed, Row};
use super::super::{ColumnKind, MAX_ROWS, TableSchema};
use super::cell_of;
use crate::manifest::nearest;

/// Names of a row that are remembered, to find what is meant by one that is missing.
const MAX_NAMES: usize = 64;
const MAX_NAME: usize = 64;

const NO_LIST: &str = "a table is a list of rows: [{…}, {…}]";

pub(super) struct Rows<'s> {
    pub(super) shape: &'s TableSchema,
}

struct OneRow<'s> {
    shape: &'s TableSchema,
}

/// A value that is one, and nothing for what holds others.
struct OneCell;

/// Whatever else there is in place of what is wanted.
macro_rules! instead {
    ($make:expr; $($visit:ident($kind:ty)),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok($make)
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($make)
        }
    };
}

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Result<Vec<Placed>, String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Result<Vec<Placed>, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows = Ok(Vec::new());
        let mut line = 0;
        while rows.is_ok()
            && let Some(row) = list.next_element_seed(OneRow { shape: self.shape })?
        {
            line += 1;
            rows = rows.and_then(|mut rows: Vec<Placed>| {
                if line > MAX_ROWS {
                    return Err(format!("more than {MAX_ROWS} rows"));
                }
                rows.push(Placed { row: row.map_err(|why| format!("row {line}{why}"))?, line });
                Ok(rows)
            });
        }
        // It is no table any more; whether it is JSON is still to be said.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(NO_LIST.to_owned()))
    }

    instead!(Err(NO_LIST.to_owned()); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = Result<Row, String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = Result<Row, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let columns = &self.shape.columns;
        let mut cells: Vec<Option<Value>> = vec![None; columns.len()];
        let mut others = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            match columns.keys().position(|column| *column == name) {
                Some(at) => cells[at] = Some(map.next_value_seed(OneCell)?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                    if others.len() < MAX_NAMES && name.len() <= MAX_NAME {
                        others.push(name);
                    }
                }
            }
        }
        let cell = |((column, kind), value): ((&String, &ColumnKind), &Option<Value>)| match value {
            Some(value) => cell_of(value, column, *kind).map_err(|why| format!(": {why}")),
            None => Err(format!(": there is no {column}; {}", nearest(column, others.iter().map(String::as_str)))),
        };
        Ok(columns.iter().zip(&cells).map(cell).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(NO_OBJECT.to_owned()))
    }

    instead!(Err(NO_OBJECT.to_owned()); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

const NO_OBJECT: &str = " is no object";

impl<'de> DeserializeSeed<'de> for OneCell {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneCell {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    /// No column has such a kind.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }
}
