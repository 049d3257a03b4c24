//! An answer's text as an object, read more strictly than usual: whoever decides over money and energy by it must not pick
//! one of two members of the same name, which every parser does in its own way.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The error says what is wrong, without any of what it says.
pub(crate) fn object(text: &str) -> Result<Value, String> {
    match text.trim_start().as_bytes().first() {
        None => return Err("it answers 200 with nothing in it; what is not there is answered with 404".to_owned()),
        Some(b'<') => {
            return Err("it answers a web page instead of JSON; look at url, and at who answers there".to_owned());
        }
        Some(_) => {}
    }
    match serde_json::from_str(text) {
        Ok(Strict(value @ Value::Object(_))) => Ok(value),
        Ok(_) => Err("it answers JSON that is no object; a lookup is answered with {…}".to_owned()),
        Err(error) => Err(format!("it answers JSON that is of no use: {error}")),
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
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

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(Value::Array(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, _>()? {
            if found.insert(name, value).is_some() {
                return Err(A::Error::custom("an object has two members of one name"));
            }
        }
        Ok(Value::Object(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_is() {
        let text = r#" {"active": true, "limit": 12.5, "n": null, "of": [1, -2, "ü", {}]} "#;
        assert_eq!(object(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_reason() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for (text, expect) in [
            ("", "404"),
            ("  \n", "404"),
            ("<!DOCTYPE html>", "web page"),
            ("[]", "no object"),
            ("null", "no object"),
            ("\"yes\"", "no object"),
            ("{\"active\": tru", "of no use"),
            ("{} {}", "of no use"),
            ("{\"a\": 1, \"a\": 2}", "two members of one name"),
            ("{\"a\": [{\"b\": 1, \"\\u0062\": 1}]}", "two members of one name"),
            ("{\"a\": 1e999}", "of no use"),
            (&deep, "recursion"),
        ] {
            let why = object(text).unwrap_err();
            assert!(why.contains(expect), "{text}: {why}");
        }
    }
}
