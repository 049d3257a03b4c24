//! From what a case says of its question to the question, or what is wrong with it, in an author's words.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::compare::no_strangers;

/// What is wrong, and the member that it is about, where that is certain.
#[derive(Debug)]
pub(super) struct Unfit {
    pub(super) why: String,
    pub(super) member: Option<String>,
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self { why, member: None }
    }
}

/// Reads a completed input, and refuses members that no input has, and numbers that nothing can be.
pub(super) fn input_of<T: DeserializeOwned + Serialize>(
    complete: Value,
    given: &Value,
    is_of_today: bool,
) -> Result<T, Unfit> {
    let input: T = serde_path_to_error::deserialize(complete).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { format!("{path}: ") };
        let why = format!("input: {path}{}", in_words(&error.inner().to_string()));
        Unfit { why, member: last_name(&error.path().to_string()) }
    })?;
    let known = serde_json::to_value(&input).expect("an input is plain data");
    no_strangers(given, &known, "input")?;
    if is_of_today {
        in_range(given, "input")?;
    }
    Ok(input)
}

/// Of `periods[0].energyWh` the last name.
fn last_name(path: &str) -> Option<String> {
    let name = path.split('.').rfind(|part| !part.is_empty())?;
    Some(name.split('[').next().unwrap_or(name).to_owned())
}

/// What a reader of JSON says about Rust's types.
fn in_words(why: &str) -> String {
    let Some((got, expected)) = why.strip_prefix("invalid type: ").and_then(|why| why.split_once(", expected ")) else {
        return match why.strip_prefix("unknown variant ").and_then(|why| why.split_once(", expected ")) {
            Some((got, known)) => format!("{got} is not known here, but {}", known.trim_start_matches("one of ")),
            None => why.to_owned(),
        };
    };
    let expected = match expected {
        "f64" | "i64" | "u8" | "u16" | "u32" | "u64" | "i32" | "usize" => "a number without quotes",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        text if text.starts_with("struct ") || text == "a map" => "an object",
        other => other,
    };
    let got = got.replace("floating point ", "number ").replace("integer ", "number ").replace("string ", "the text ");
    format!("{got} stands where {expected} belongs")
}

/// What nothing at a station can be. Members are named the same wherever they stand, but for the power that a plug bears: what
/// flows may be any.
const RANGES: [(&str, i64, i64); 4] =
    [("weekday", 1, 7), ("minuteOfDay", 0, 1_439), ("phases", 1, 3), ("powerW", 1, 100_000_000)];

fn in_range(given: &Value, at: &str) -> Result<(), Unfit> {
    match given {
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let is_flow = name == "powerW" && !at.ends_with(".plug");
            let at = format!("{at}.{name}");
            let range = RANGES.iter().find(|(known, ..)| known == name && !is_flow);
            match (range, value.as_i64()) {
                (Some((_, least, most)), Some(number)) if !(*least..=*most).contains(&number) => Err(Unfit {
                    why: format!("{at} is {least} to {most}, and not {number}"),
                    member: Some(name.clone()),
                }),
                _ if name == "parameters" || name == "attributes" => Ok(()),
                _ => in_range(value, &at),
            }
        }),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| in_range(item, &format!("{at}[{index}]")))
        }
        _ => Ok(()),
    }
}
