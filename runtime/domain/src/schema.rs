//! JSON schemas of what has a JSON form of its own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::pricing::Parameters;
use crate::{Currency, Energy};

impl JsonSchema for Energy {
    fn schema_name() -> Cow<'static, str> {
        "Energy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "In Wh", "type": "number" })
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "An ISO 4217 code: EUR", "type": "string", "pattern": "^[A-Z]{3}$" })
    }
}

impl JsonSchema for Parameters {
    fn schema_name() -> Cow<'static, str> {
        "Parameters".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "By name, as plugin.toml declares them", "type": "object" })
    }
}
