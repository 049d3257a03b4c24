//! Lookups of a policy: what it wants to know from another system while the driver waits.
//!
//! The policy stays a function of its input: where it wants to know something that its question does not bring along, it says
//! so, the host asks the other system, and asks the policy again with the answer (ADR 030). What came back is read as the
//! unit declares it before the policy sees it, and stands in the decision's record, so that a replay asks nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use amprule_domain::lookup::{Known, Lookup, LookupAnswer};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::manifest::nearest;
use crate::tables::{Cell, ColumnKind, cell_of};

/// Lookups that a unit may declare.
pub const MAX_LOOKUPS: usize = 8;
/// How often the host asks others for one verdict of a unit.
pub const MAX_ROUNDS: usize = 2;
/// How long other systems are asked for one verdict, by all policies together: a station gives up after some 30 s.
pub(crate) const MOST_ASKING: Duration = Duration::from_secs(10);
/// Answers that a policy may want in one round.
pub const MAX_WANTED: usize = 4;

/// What a lookup's answer must look like, as `plugin.toml` declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookupSchema {
    pub description: String,
    /// Members that an answer has beside these are not read; one that it does not have is empty.
    pub columns: BTreeMap<String, ColumnKind>,
    pub unavailable: Unavailable,
}

/// What happens when nobody can say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unavailable {
    /// The policy is told, and judges without.
    #[default]
    Tell,
    /// The last answer counts, however old; where there is none, the policy is told.
    LastKnown,
    /// The policy is not asked: it counts as failed, and `on_error` says what that means.
    Fail,
}

impl Unavailable {
    pub const ALL: [Self; 3] = [Self::Tell, Self::LastKnown, Self::Fail];
    /// As manifests name them, in the order of [`Self::ALL`].
    pub const WORDS: [&str; 3] = ["tell", "last-known", "fail"];

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::WORDS).find(|(_, known)| *known == word).map(|(known, _)| known)
    }
}

/// What a policy is told of a lookup.
#[derive(Debug, PartialEq)]
pub enum LookupResult {
    /// A cell for each declared column (`None`: empty), and when it was heard, where nobody could say it anew.
    Row(Vec<(String, Option<Cell>)>, Option<Timestamp>),
    Nothing,
    Unavailable(String),
    /// The question does not bring it along: the host shall ask.
    Wanted(Lookup),
}

/// What a call finds in its question. The error is for the unit's author.
pub fn look(
    declared: &BTreeMap<String, LookupSchema>,
    known: &[Known],
    name: &str,
    key: &str,
) -> Result<LookupResult, String> {
    let Some(shape) = declared.get(name) else {
        let name: String = name.chars().take(64).collect();
        return Err(format!("there is no lookup {name:?}; {}", nearest(&name, declared.keys().map(String::as_str))));
    };
    if key.is_empty() || key.len() > Lookup::MAX_KEY {
        return Err(format!("{name}: a key has 1 to {} bytes", Lookup::MAX_KEY));
    }
    let Some(known) = known.iter().find(|known| known.lookup.name == name && known.lookup.key == key) else {
        return Ok(LookupResult::Wanted(Lookup { name: name.to_owned(), key: key.to_owned() }));
    };
    Ok(match &known.heard {
        LookupAnswer::Nothing => LookupResult::Nothing,
        LookupAnswer::Unavailable(why) => LookupResult::Unavailable(why.clone()),
        LookupAnswer::Row(row) => match cells(shape, row) {
            Ok(cells) => LookupResult::Row(cells, known.as_of),
            Err(why) => LookupResult::Unavailable(why),
        },
    })
}

impl LookupSchema {
    /// The error says what is not as declared.
    pub(crate) fn check(&self, row: &Value) -> Result<(), String> {
        cells(self, row).map(drop)
    }

    /// An answer without what nobody wants of it; one that is not as declared is none.
    pub(crate) fn fit(&self, heard: LookupAnswer) -> LookupAnswer {
        let LookupAnswer::Row(row) = heard else { return heard };
        match cells(self, &row) {
            Ok(cells) => LookupAnswer::Row(
                cells.into_iter().map(|(name, cell)| (name, shown(cell))).collect::<Map<_, _>>().into(),
            ),
            Err(why) => LookupAnswer::Unavailable(format!("what it answered is not as plugin.toml declares it: {why}")),
        }
    }
}

fn cells(shape: &LookupSchema, row: &Value) -> Result<Vec<(String, Option<Cell>)>, String> {
    let row = row.as_object().ok_or("it is no object")?;
    let cell = |(column, kind): (&String, &ColumnKind)| {
        // What stands there is nobody's to read in a log.
        let unfit = |_| format!("{column} is no {}", kind.word());
        let value = row.get(column).map(|value| cell_of(value, column, *kind).map_err(unfit)).transpose()?;
        Ok((column.clone(), value.flatten()))
    };
    shape.columns.iter().map(cell).collect()
}

fn shown(cell: Option<Cell>) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Flag(flag)) => Value::Bool(flag),
        Some(other) => Value::String(other.to_string()),
    }
}
