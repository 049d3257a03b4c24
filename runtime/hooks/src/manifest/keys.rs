//! The keys of `plugin.toml`: the one list from which the check, its hints and the JSON schema for editors are made.

use amprule_domain::decision::Hook;
use serde_json::{Map, Value, json};

use super::{DEVICE, ParameterKind};
use crate::driver::WireKind;
use crate::inputs::Input;
use crate::lookups::{MAX_LOOKUPS, Unavailable};
use crate::tables::{ColumnKind, MAX_COLUMNS, MAX_TABLES};

/// Of parameters, tables and columns.
const NAME: &str = "^[a-z][a-z0-9_]{0,63}$";

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    needed: bool,
    shape: ValueType,
    says: &'static str,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy)]
enum ValueType {
    Text,
    /// A text of this pattern.
    Pattern(&'static str),
    Word(&'static [&'static str]),
    Flag,
    /// A whole number from this.
    Whole(u64),
    /// This number only.
    Only(u64),
    Number,
    Hooks,
    Inputs,
    Times,
    Any,
    Table(&'static [Key]),
    Parameters,
    Tables,
    Lookups,
    Columns,
    Wires,
    Texts,
    Models,
}

pub(super) const PIN: [&str; 2] = ["session", "none"];
pub(super) const ON_ERROR: [&str; 2] = ["reject", "no-opinion"];
pub(super) const API: u64 = 1;
pub(super) const MAX_INPUTS: usize = 16;

pub(super) const MANIFEST: [Key; 19] = [
    needed(
        "id",
        ValueType::Pattern("^[a-z0-9-]{1,64}$"),
        "Unique among a server's units: small letters, digits, hyphens",
    ),
    needed("version", ValueType::Text, "The author's version, as \"1.0.0\""),
    key("revision", ValueType::Whole(0), "Counts upwards with every release; the server does not go back by itself"),
    key("description", ValueType::Text, "What the unit does, for the operator"),
    key("api", ValueType::Only(API), "The contract's major version"),
    needed("hooks", ValueType::Hooks, "The questions that the unit answers"),
    key(
        "entry",
        ValueType::Pattern(r"^[^./\\][^/\\]*\.(rhai|wasm)$"),
        "The file that runs; main.rhai or plugin.wasm without it",
    ),
    key(
        "pin",
        ValueType::Word(&PIN),
        "session: a session keeps the version it began with; none: it takes every new one",
    ),
    key(
        "boundaries",
        ValueType::Times,
        "Local times at which the price changes; \"$name\" is a parameter of the type time, \"every 15 min\" a market's clock",
    ),
    key("on_error", ValueType::Word(&ON_ERROR), "What a failing authorization counts as"),
    key("capabilities", ValueType::Table(&CAPABILITIES), "What the unit wants of the host, each with its reason"),
    key("limits", ValueType::Table(&LIMITS), "Less than the server grants to each call"),
    key(
        "inputs",
        ValueType::Inputs,
        "What must be known of the place or the token before the unit is asked: current, power, …",
    ),
    key("parameters", ValueType::Parameters, "What the operator may set in parameters.toml"),
    key("properties", ValueType::Table(&PROPERTIES), "What `amprule test` must not expect of the unit"),
    key("tables", ValueType::Tables, "What the unit looks rows up in: tables/NAME.csv or .json"),
    key(
        "lookups",
        ValueType::Lookups,
        "What the unit's policy wants to know from other systems while the driver waits",
    ),
    key("device", ValueType::Table(&DEVICE_KEYS), "The hardware that a driver in code drives"),
    key("dialect", ValueType::Table(&DIALECT_KEYS), "Whose messages a dialect is asked about"),
];

pub(super) const DIALECT_KEYS: [Key; 3] = [
    needed("stations", ValueType::Models, "Of what vendors, models and firmwares; one of them fits"),
    key("actions", ValueType::Texts, "Which messages it is asked about: OCPP's names, malformed; all without it"),
    key("removes", ValueType::Texts, "Marks that such stations earn without it: runtime/docs/marks.md"),
];

pub(super) const MODEL_KEYS: [Key; 3] = [
    key("vendor", ValueType::Text, "* stands for any text; upper and lower case are the same"),
    key("model", ValueType::Text, "Likewise"),
    key("firmware", ValueType::Text, "Likewise"),
];

pub(super) const MAX_WIRES: usize = 8;

pub(super) const DEVICE_KEYS: [Key; 7] = [
    needed("vendor", ValueType::Text, "Who makes it, unless the hardware says so itself"),
    needed("model", ValueType::Text, "Which it is, unless the hardware says so itself"),
    key("phases", ValueType::Whole(1), "1 to 3; 3 without it"),
    key("poll_ms", ValueType::Whole(100), "Milliseconds between two turns; 1000 without it"),
    key("switches_phases", ValueType::Flag, "It charges with one phase or with three, as it is told"),
    key("unlocks", ValueType::Flag, "It lets go of the cable when it is told"),
    key("wires", ValueType::Wires, "By name: modbus or http. Where they lead, the operator says"),
];

pub(super) const CAPABILITIES: [Key; 1] = [key("log", ValueType::Text, "Why the unit writes to the server's log")];

pub(super) const LIMITS: [Key; 3] = [
    key("fuel", ValueType::Whole(1), "WASM fuel, or Rhai operations"),
    key("wall_ms", ValueType::Whole(1), "Milliseconds of wall clock"),
    key("memory_mib", ValueType::Whole(1), "MiB of memory"),
];

pub(super) const PROPERTIES: [Key; 1] =
    [key("monotonic", ValueType::Flag, "false: more energy may cost less, as with a discount for much of it")];

pub(super) const PARAMETER: [Key; 6] = [
    needed("type", ValueType::Word(&ParameterKind::WORDS), "What the value is"),
    key("default", ValueType::Any, "The value when the operator gives none; without it the operator must give one"),
    key("min", ValueType::Number, "The least value of a decimal or an integer"),
    key("max", ValueType::Number, "The greatest value of a decimal or an integer"),
    key("description", ValueType::Text, "What the value does, for the operator"),
    key("secret", ValueType::Flag, "true: the value is masked in the decision log and not shown by the API"),
];

pub(super) const TABLE: [Key; 3] = [
    needed("key", ValueType::Text, "The column that rows are found by; no two rows have the same"),
    needed("columns", ValueType::Columns, "The columns that are read, and what stands in them"),
    key("description", ValueType::Text, "What stands in the table, with its units, for the operator"),
];

pub(super) const LOOKUP: [Key; 3] = [
    needed("columns", ValueType::Columns, "The members of an answer that are read, and what stands in them"),
    key("description", ValueType::Text, "What is asked, for whoever binds it to an address"),
    key(
        "unavailable",
        ValueType::Word(&Unavailable::WORDS),
        "What happens when nobody answers: tell (the default) the policy, give it the last-known answer, or fail as on_error says",
    ),
];

pub(super) fn names<const N: usize>(keys: &[Key; N]) -> [&'static str; N] {
    keys.map(|key| key.name)
}

/// The JSON schema of `plugin.toml` (draft 2020-12), for editors. What it refuses the check refuses too.
pub fn schema() -> Value {
    let mut schema = table(&MANIFEST);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("plugin.toml of an Amprule unit"));
    Value::Object(schema)
}

const fn key(name: &'static str, shape: ValueType, says: &'static str) -> Key {
    Key { name, needed: false, shape, says }
}

const fn needed(name: &'static str, shape: ValueType, says: &'static str) -> Key {
    Key { name, needed: true, shape, says }
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let needed: Vec<&str> = keys.iter().filter(|key| key.needed).map(|key| key.name).collect();
    let member = |key: &Key| {
        let mut schema = key.shape.schema();
        schema.insert("description".to_owned(), json!(key.says));
        (key.name.to_owned(), Value::Object(schema))
    };
    let members: Map<String, Value> = keys.iter().map(member).collect();
    object(json!({ "type": "object", "properties": members, "required": needed, "additionalProperties": false }))
}

impl ValueType {
    fn schema(self) -> Map<String, Value> {
        object(match self {
            Self::Text => json!({ "type": "string" }),
            Self::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
            Self::Word(words) => json!({ "enum": words }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Whole(least) => json!({ "type": "integer", "minimum": least }),
            Self::Only(number) => json!({ "const": number }),
            Self::Number => json!({ "type": ["number", "string"] }),
            Self::Hooks => {
                let hooks: Vec<&str> = Hook::ALL.iter().map(|hook| hook.as_str()).chain([DEVICE]).collect();
                json!({ "type": "array", "minItems": 1, "items": { "enum": hooks } })
            }
            Self::Inputs => {
                let known = json!([{ "enum": Input::WORDS }, { "type": "string", "pattern": Input::PATTERN }]);
                json!({ "type": "array", "maxItems": MAX_INPUTS, "items": { "anyOf": known } })
            }
            Self::Times => {
                let time = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^\$[a-z][a-z0-9_]*$|^every (15|30|60) min$";
                json!({ "type": "array", "maxItems": 96, "items": { "type": "string", "pattern": time } })
            }
            Self::Any => json!({}),
            Self::Table(keys) => return table(keys),
            Self::Parameters => json!({
                "type": "object",
                "propertyNames": { "pattern": NAME },
                "additionalProperties": table(&PARAMETER),
            }),
            Self::Tables => json!({
                "type": "object",
                "maxProperties": MAX_TABLES,
                "propertyNames": { "pattern": NAME },
                "additionalProperties": table(&TABLE),
            }),
            Self::Lookups => json!({
                "type": "object",
                "maxProperties": MAX_LOOKUPS,
                "propertyNames": { "pattern": NAME },
                "additionalProperties": table(&LOOKUP),
            }),
            Self::Texts => json!({ "type": "array", "maxItems": 64, "items": { "type": "string" } }),
            Self::Models => json!({ "type": "array", "minItems": 1, "maxItems": 64, "items": table(&MODEL_KEYS) }),
            Self::Wires => json!({
                "type": "object",
                "maxProperties": MAX_WIRES,
                "propertyNames": { "pattern": NAME },
                "additionalProperties": { "enum": WireKind::WORDS },
            }),
            Self::Columns => json!({
                "type": "object",
                "minProperties": 1,
                "maxProperties": MAX_COLUMNS,
                "propertyNames": { "pattern": NAME },
                "additionalProperties": { "enum": ColumnKind::WORDS },
            }),
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
