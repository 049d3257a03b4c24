//! What an operator has set for a unit.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// A unit's parameters by name. Every question to it carries the same ones, and every record of a question has them, so
/// they are written as JSON once.
#[derive(Debug, Clone, Default)]
pub struct Parameters(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    values: Map<String, Value>,
    json: OnceLock<Box<RawValue>>,
}

impl Parameters {
    /// Not only equal: the very same ones.
    pub fn are(&self, others: &Self) -> bool {
        Arc::ptr_eq(&self.0, &others.0)
    }
}

impl Deref for Parameters {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0.values
    }
}

impl From<Map<String, Value>> for Parameters {
    fn from(values: Map<String, Value>) -> Self {
        Self(Arc::new(Shared { values, json: OnceLock::new() }))
    }
}

impl PartialEq for Parameters {
    fn eq(&self, others: &Self) -> bool {
        self.are(others) || **self == **others
    }
}

impl Eq for Parameters {}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self.0.json.get() {
            Some(json) => json,
            None => {
                let json = to_raw_value(&self.0.values).map_err(S::Error::custom)?;
                self.0.json.get_or_init(|| json)
            }
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Parameters;

    #[test]
    fn they_are_written_and_read_like_the_map_that_they_are() {
        let map = json!({"price": "0.59", "days": ["monday"], "more": {"a": 1}});
        let parameters = Parameters::from(map.as_object().unwrap().clone());
        for _ in 0..2 {
            assert_eq!(serde_json::to_string(&parameters).unwrap(), map.to_string());
            assert_eq!(serde_json::to_value(&parameters).unwrap(), map);
        }
        let read: Parameters = serde_json::from_value(map).unwrap();
        assert!(read == parameters && !read.are(&parameters) && parameters.clone().are(&parameters));
    }
}
