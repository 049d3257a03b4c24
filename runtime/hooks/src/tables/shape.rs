//! What a table must look like, as `plugin.toml` declares it.

use std::collections::BTreeMap;

use serde::Serialize;

/// Columns that a table's file has beside these are not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableSchema {
    pub description: String,
    /// The column that rows are found by. No two rows have the same.
    pub key: String,
    pub columns: BTreeMap<String, ColumnKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    Text,
    /// An idToken: letters of either size are the same (OCPP 2.0.1, IdTokenType). To units it is in small ones.
    Token,
    /// An exact number, with a point: `12.5`.
    Decimal,
    Boolean,
    /// A point in time with its offset: `2026-11-21T08:15:00+01:00`.
    Moment,
    /// A day of the calendar: `2026-11-21`. A text to units, as `local_date` gives it.
    Date,
}

impl ColumnKind {
    pub const ALL: [Self; 6] = [Self::Text, Self::Token, Self::Decimal, Self::Boolean, Self::Moment, Self::Date];

    /// As manifests name them, in the order of [`Self::ALL`].
    pub const WORDS: [&str; 6] = ["text", "token", "decimal", "boolean", "moment", "date"];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().zip(Self::WORDS).find(|(kind, _)| **kind == self).map_or("text", |(_, word)| word)
    }

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::WORDS).find(|(_, known)| *known == word).map(|(kind, _)| kind)
    }
}
