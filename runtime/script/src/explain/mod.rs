//! Errors, said to a script's author: where, what, and what is likely meant.

mod braces;
mod habits;
mod parse;
mod run;

use std::cmp::Reverse;

use amprule_hooks::Diagnostic;
use rhai::{Array, Dynamic, ImmutableString, Map};
use rust_decimal::Decimal;

pub(crate) use parse::explain_parse;
pub(crate) use run::explain_run;

use crate::language::call;
use crate::language::limits::Limits;
use crate::source::lexer::Token;

/// What a value is, with its article.
pub(crate) fn kind_of(value: &Dynamic) -> &'static str {
    if value.is_unit() {
        "nothing, ()"
    } else if value.is_int() || value.is::<Decimal>() {
        "a number"
    } else if value.is::<ImmutableString>() {
        "a string"
    } else if value.is_bool() {
        "true or false"
    } else if value.is::<Array>() {
        "a list"
    } else if value.is::<Map>() {
        "a map"
    } else {
        named_kind(value.type_name())
    }
}

/// Our own types, by the end of their Rust paths.
fn named_kind(rust_name: &str) -> &'static str {
    match rust_name.rsplit("::").next().unwrap_or(rust_name) {
        "Line" => "a line",
        "Moment" => "a moment",
        "Session" => "the session",
        "Message" => "the message",
        "Request" => "the request",
        "Period" => "a period",
        "Periods" => "the periods",
        "Parameters" => "the parameters",
        "TextList" => "a list",
        _ => "something else",
    }
}

/// `; did you mean max?`, or nothing when no name is near.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = if call::may_hint() { nearest(name, known) } else { None };
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// Looking for it takes the product of both lengths: what is longer than names are has no neighbour.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let is_name = |text: &str| text.len() <= Limits::KEY_BYTES;
    if !is_name(name) {
        return None;
    }
    let snake = snake_case(name);
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(same) = known.iter().copied().find(|known| *known == snake && snake != name) {
        return Some(same);
    }
    let room = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|near| *near != name && is_name(near))
        .map(|near| (strsim::damerau_levenshtein(name, near), near))
        .filter(|(distance, near)| *distance <= room || contains_words(name, near))
        .min_by_key(|(distance, near)| (*distance, Reverse(common_beginning(name, near)), *near))
        .map(|(_, near)| near)
}

/// `energyKwh` as scripts write it.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Of two names that are equally near, the one that begins alike is likelier: `lin` is `line`, not `len`.
fn common_beginning(name: &str, near: &str) -> usize {
    name.chars().zip(near.chars()).take_while(|(a, b)| a == b).count()
}

/// `kwh` is meant for `energy_kwh`.
fn contains_words(name: &str, near: &str) -> bool {
    name.len() >= 3 && near.split('_').any(|word| word == name)
}

/// A finding at a token of `text`.
pub(crate) fn at_token(
    code: &'static str,
    message: impl Into<String>,
    file: &str,
    text: &str,
    token: &Token<'_>,
) -> Diagnostic {
    Diagnostic::new(code, message).in_file(file).at(text, token.line, token.column)
}
