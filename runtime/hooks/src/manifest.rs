//! `plugin.toml`: what a unit says of itself.

use std::collections::BTreeMap;

use amprule_domain::decision::Hook;
use serde::Serialize;
use serde_json::Value;

/// A checked manifest. A unit that is a single file without one gets [`Manifest::bare`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Small letters, digits and hyphens.
    pub id: String,
    pub version: String,
    pub description: String,
    /// The contract's major version: 1.
    pub api: u32,
    pub hooks: Vec<Hook>,
    /// The file that runs, relative to the unit's folder: `main.rhai` or `plugin.wasm`.
    pub entry: String,
    /// `pin = "session"` (true, the default) or `"none"`.
    pub pinned: bool,
    /// Minutes of the local day where this tariff's clock changes, parameters resolved. Ascending.
    pub boundaries: Vec<u16>,
    /// Capability to the reason why it is wanted. Policies know one: `log`.
    pub capabilities: BTreeMap<String, String>,
    pub limits: LimitsAsked,
    pub parameters: BTreeMap<String, Parameter>,
}

/// Less than the host's limits is granted, more is cut to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitsAsked {
    pub fuel: Option<u64>,
    pub wall_ms: Option<u64>,
    pub memory_mib: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    pub default: Option<Value>,
    pub description: String,
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
