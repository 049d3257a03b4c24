//! `plugin.toml`: what a unit says of itself.

mod device;
mod dialect;
mod document;
mod keys;
mod lookups;
mod parameters;
mod parse;
mod tables;
mod values;

use std::collections::BTreeMap;

use amprule_domain::decision::Hook;
use amprule_domain::dialect::DialectFacts;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::driver::DeviceFacts;
use crate::inputs::Input;
use crate::lookups::LookupSchema;
use crate::tables::TableSchema;

pub use document::nearest;
pub use keys::schema;
pub use parameters::with_overrides;
pub use parse::{Declaration, entry_of, is_id, parse, parse_by};
pub(crate) use values::{parameters_schema, tables_schema};
pub use values::{schema_of_parameters, schema_of_table};

/// The entry of a driver that is configuration alone.
pub const MAP: &str = "device.toml";
/// The word by which a unit says that it drives hardware.
pub const DEVICE: &str = "device";

/// The rules by which units are checked that are taken in today. A version that was taken in by earlier ones keeps them, in the
/// archive and as long as its files are the same: a newer server refuses nothing that is active, and prices nothing otherwise.
///
/// 2: values that have no order are an error, what goes nowhere and what a field never is are refused, versions, ids and entries
/// are plain.
pub const EDITION: u8 = 2;
/// Of versions of whom nothing else is known.
pub const FIRST_EDITION: u8 = 1;

/// A checked manifest. A unit that is a single file without one gets [`Manifest::bare`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// By which rules it was checked; see [`EDITION`].
    #[serde(skip)]
    pub edition: u8,
    /// Small letters, digits and hyphens.
    pub id: String,
    pub version: String,
    /// Counts upwards with every release; 0 when there is none. The server does not go back by itself.
    pub revision: u64,
    pub description: String,
    /// The contract's major version: 1.
    pub api: u32,
    pub hooks: Vec<Hook>,
    /// It drives hardware: `hooks = ["device"]`.
    pub drives: bool,
    /// The file that runs, relative to the unit's folder: `main.rhai` or `plugin.wasm`.
    pub entry: String,
    /// `pin = "session"` (true, the default) or `"none"`.
    pub pinned: bool,
    /// Minutes of the local day where this tariff's clock changes, parameters resolved. Ascending.
    pub boundaries: Vec<u16>,
    /// Capability to the reason why it is wanted. Policies know one: `log`.
    pub capabilities: BTreeMap<String, String>,
    pub limits: RequestedLimits,
    /// What stands in when its authorization fails: `on_error = "reject"` (the default) or `"no-opinion"`.
    pub on_error: OnError,
    /// What must be known before the unit is asked.
    pub inputs: Vec<Input>,
    pub parameters: BTreeMap<String, Parameter>,
    pub properties: Properties,
    pub tables: BTreeMap<String, TableSchema>,
    pub lookups: BTreeMap<String, LookupSchema>,
    /// Of a driver in code.
    pub device: Option<DeviceFacts>,
    /// Of a dialect.
    pub dialect: Option<DialectFacts>,
}

impl Manifest {
    /// It was taken in by the rules of today, or is about to be.
    pub fn is_of_today(&self) -> bool {
        self.edition >= EDITION
    }

    /// What it is asked, in the words of `hooks`.
    pub fn hook_words(&self) -> Vec<&'static str> {
        self.hooks.iter().map(|hook| hook.as_str()).chain(self.drives.then_some(DEVICE)).collect()
    }

    /// The manifest of a unit without one: no parameters, no wishes, pinned.
    ///
    /// `hooks` may be empty while nothing is compiled; they are then taken from what the code has.
    pub fn bare(id: impl Into<String>, entry: impl Into<String>, hooks: &[Hook]) -> Self {
        Self {
            edition: EDITION,
            id: id.into(),
            version: "0".to_owned(),
            revision: 0,
            description: String::new(),
            api: 1,
            hooks: hooks.to_vec(),
            drives: false,
            entry: entry.into(),
            pinned: true,
            boundaries: Vec::new(),
            capabilities: BTreeMap::new(),
            limits: RequestedLimits::default(),
            on_error: OnError::default(),
            inputs: Vec::new(),
            parameters: BTreeMap::new(),
            properties: Properties::default(),
            tables: BTreeMap::new(),
            lookups: BTreeMap::new(),
            device: None,
            dialect: None,
        }
    }
}

/// What a failing authorization unit counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// Nobody starts on a rule that could not be asked.
    #[default]
    Reject,
    NoOpinion,
}

/// What a unit's author says of it, for `amprule test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    /// More energy never costs less.
    pub monotonic: bool,
}

impl Default for Properties {
    fn default() -> Self {
        Self { monotonic: true }
    }
}

/// Less than the host's limits is granted, more is cut to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedLimits {
    pub fuel: Option<u64>,
    pub wall_ms: Option<u64>,
    pub memory_mib: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// In its JSON form. `None`: the operator must give it.
    pub default: Option<Value>,
    pub description: String,
    /// For decimals and integers.
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
    /// Its value is masked in the decision log and not shown by the API.
    pub secret: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A number that must be exact; in JSON a string.
    Decimal,
    Integer,
    Boolean,
    Text,
    /// `07:30`, a minute of the local day.
    Time,
    /// An ISO 4217 code.
    Currency,
    /// A list of texts.
    List,
}

impl ParameterKind {
    pub const ALL: [Self; 7] =
        [Self::Decimal, Self::Integer, Self::Boolean, Self::Text, Self::Time, Self::Currency, Self::List];

    /// As manifests name them, in the order of [`Self::ALL`].
    pub const WORDS: [&str; 7] = {
        let mut words = [""; 7];
        let mut at = 0;
        while at < words.len() {
            words[at] = Self::ALL[at].as_str();
            at += 1;
        }
        words
    };

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Time => "time",
            Self::Currency => "currency",
            Self::List => "list",
        }
    }
}
