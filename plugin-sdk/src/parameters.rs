//! Reading the plugin's parameters, as `plugin.toml` declares them.

use crate::{Decimal, Parameter, Value};

/// Access to `input.parameters` by name. The error says which parameter is missing or of another type; pass it on
/// with `?`, and the operator reads it.
pub trait Parameters {
    /// The value of that name, whatever its type.
    fn named(&self, name: &str) -> Option<&Value>;

    /// `type = "decimal"`
    fn decimal(&self, name: &str) -> Result<Decimal, String> {
        match self.named(name) {
            Some(Value::Decimal(number)) => Ok(*number),
            Some(Value::Integer(number)) => Ok(Decimal::from(*number)),
            other => Err(unusable(name, "decimal", other)),
        }
    }

    /// `type = "integer"`
    fn integer(&self, name: &str) -> Result<i64, String> {
        match self.named(name) {
            Some(Value::Integer(number)) => Ok(*number),
            other => Err(unusable(name, "integer", other)),
        }
    }

    /// `type = "boolean"`
    fn boolean(&self, name: &str) -> Result<bool, String> {
        match self.named(name) {
            Some(Value::Boolean(flag)) => Ok(*flag),
            other => Err(unusable(name, "boolean", other)),
        }
    }

    /// `type = "text"` or `type = "currency"`
    fn text(&self, name: &str) -> Result<&str, String> {
        match self.named(name) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(unusable(name, "text", other)),
        }
    }

    /// `type = "time"`: a minute of the local day, 0 to 1439.
    fn time(&self, name: &str) -> Result<u16, String> {
        match self.named(name) {
            Some(Value::Time(minute)) => Ok(*minute),
            other => Err(unusable(name, "time", other)),
        }
    }

    /// `type = "list"`
    fn list(&self, name: &str) -> Result<&[String], String> {
        match self.named(name) {
            Some(Value::Texts(texts)) => Ok(texts),
            other => Err(unusable(name, "list", other)),
        }
    }
}

impl Parameters for [Parameter] {
    fn named(&self, name: &str) -> Option<&Value> {
        self.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.value)
    }
}

fn unusable(name: &str, wanted: &str, found: Option<&Value>) -> String {
    match found {
        None => [r#"parameter ""#, name, r#"" is missing; declare it in plugin.toml"#].concat(),
        Some(_) => [r#"parameter ""#, name, r#"" is not of type "#, wanted].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_parameter_is_named_in_the_error() {
        let parameters = [Parameter { name: "cap".to_owned(), value: Value::Text("5".to_owned()) }];
        assert_eq!(parameters.text("cap"), Ok("5"));
        assert_eq!(parameters.decimal("cap").unwrap_err(), r#"parameter "cap" is not of type decimal"#);
        assert!(parameters.decimal("fee").unwrap_err().starts_with(r#"parameter "fee" is missing"#));
    }
}
