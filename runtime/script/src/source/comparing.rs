//! Comparisons of a field with something that it never is: `session.energy_kwh == "5"`, `period.state == "charge"`, `weekday == 0`.
//! Rhai answers `false`, and a price hangs on it.

use super::known::Finding;
use super::lexer::{Token, TokenKind};
use super::names::{self, Field};
use crate::explain::nearest;

const COMPARING: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
/// Behind them an expression begins that nothing before is part of.
const BEGINNING: [&str; 16] =
    ["(", "[", "{", "${", "}", ",", ";", ":", "=", "=>", "&&", "||", "if", "while", "return", "switch"];
/// Before them it is over.
const ENDING: [&str; 8] = [")", "]", "{", "}", ",", ";", "&&", "||"];
/// Of two different ones no value is of both.
const PLAIN: [&str; 4] = ["number", "text", "moment", "bool"];

const WEEKDAYS: &str = "1 is Monday and 7 is Sunday";

/// A chain of fields among the tokens, when it is certain what it is.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: &'static str,
    /// The last one, and whose it is.
    pub(super) field: Option<(&'static str, &'static Field)>,
}

/// What the field is compared with, when that is written out. A finding is about the literal.
pub(super) fn check(tokens: &[Token<'_>], operand: &Operand) -> Option<(usize, Finding)> {
    let literal = literal_behind(tokens, operand).or_else(|| literal_before(tokens, operand))?;
    Some((literal, never(operand, &tokens[literal])?))
}

fn literal_behind(tokens: &[Token<'_>], operand: &Operand) -> Option<usize> {
    let Operand { at, end, .. } = *operand;
    let is_compared = tokens.get(end).is_some_and(compares) && begins(tokens, at) && ends(tokens, end + 2);
    is_compared.then_some(end + 1)
}

fn literal_before(tokens: &[Token<'_>], operand: &Operand) -> Option<usize> {
    let literal = operand.at.checked_sub(2)?;
    let is_compared = compares(&tokens[literal + 1]) && begins(tokens, literal) && ends(tokens, operand.end);
    is_compared.then_some(literal)
}

/// Of two fields, one behind the other.
pub(super) fn check_pair(tokens: &[Token<'_>], one: &Operand, other: &Operand) -> Option<(usize, Finding)> {
    let are_plain = PLAIN.contains(&one.kind) && PLAIN.contains(&other.kind);
    let are_alone = begins(tokens, one.at) && ends(tokens, other.end);
    if !are_plain || !are_alone || one.kind == other.kind {
        return None;
    }
    let hint = match (one.kind, other.kind) {
        ("moment", "number") | ("number", "moment") => {
            "the time of the day is a number: `minute_of_day` of a period or a request"
        }
        ("moment", "text") | ("text", "moment") => "of a moment, `local_date(session, moment)` is a text: 2026-01-01",
        _ => "compare it with what it may be",
    };
    let message = format!("a {} is compared with a {}, and never is that", one.kind, other.kind);
    Some((other.at, ("argument-type", message, hint.to_owned())))
}

pub(super) fn compares(token: &Token<'_>) -> bool {
    COMPARING.iter().any(|symbol| token.is(symbol))
}

/// Is what stands at `at` the beginning of an operand, and of nothing larger? `now - started_at` is no moment.
fn begins(tokens: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| BEGINNING.iter().any(|symbol| tokens[before].is(symbol)))
}

fn ends(tokens: &[Token<'_>], end: usize) -> bool {
    tokens.get(end).is_some_and(|after| ENDING.iter().any(|symbol| after.is(symbol)))
}

/// `if session.token {`, `!session.token` and `session.token && …`: what is no flag does not decide.
pub(super) fn check_condition(tokens: &[Token<'_>], operand: &Operand) -> Option<(usize, Finding)> {
    let Operand { at, end, kind, field } = *operand;
    let (before, after) = (tokens.get(at.checked_sub(1)?)?, tokens.get(end)?);
    let joins = |token: &Token<'_>| token.is("&&") || token.is("||");
    let decides = before.is("if") || before.is("while") || before.is("!") || joins(before);
    let is_asked = (decides && ends(tokens, end)) || (begins(tokens, at) && joins(after));
    if !is_asked || kind == "bool" || kind == "any" {
        return None;
    }
    let may_be_nothing = field.is_some_and(|(_, field)| field.kind.ends_with('?'));
    let hint = match kind {
        _ if may_be_nothing => "whether something is there is `x != ()`",
        "number" => "whether it is there is `x != ()`, whether there is some of it `x > 0`",
        "text" => "whether it is there is `x != ()`, whether it is empty `x == \"\"`",
        "list" | "map" | "periods" | "lines" => "whether it is empty is `x.is_empty()`",
        _ => "whether something is there is `x != ()`",
    };
    let message = format!("true or false is wanted here, and this is a {kind}");
    Some((at, ("argument-type", message, hint.to_owned())))
}

/// Of a literal that the operand is held against.
pub(super) fn never(operand: &Operand, literal: &Token<'_>) -> Option<Finding> {
    let field = operand.field;
    other_kind(operand.kind, field.map(|(_, field)| field), literal).or_else(|| other_word(field?, literal))
}

fn other_kind(kind: &'static str, field: Option<&Field>, literal: &Token<'_>) -> Option<Finding> {
    let is_flag = literal.is("true") || literal.is("false");
    let (is, hint) = match (kind, literal.kind) {
        ("number", TokenKind::Text) => ("a text", number_hint(field, literal)),
        ("moment", TokenKind::Text | TokenKind::Number) => (
            "none",
            "a moment is compared with a moment; of a day, `local_date(session, moment) < \"2026-01-01\"`".to_owned(),
        ),
        ("text", TokenKind::Number) => ("a number", format!("write \"{}\"", literal.text)),
        ("bool", TokenKind::Text | TokenKind::Number) => ("none", "it is `true` or `false`, without quotes".to_owned()),
        ("number" | "text" | "moment", _) if is_flag => ("true or false", "compare it with what it may be".to_owned()),
        _ => return None,
    };
    let message = match is {
        "none" => format!("a {kind} is compared with {}, and never is that", literal.text),
        is => format!("a {kind} is compared with {is}, and never is that"),
    };
    Some(("argument-type", message, hint))
}

fn number_hint(field: Option<&Field>, literal: &Token<'_>) -> String {
    if field.is_some_and(|field| field.name == "weekday") {
        return WEEKDAYS.to_owned();
    }
    let inside = literal.unquoted();
    match inside.split_once(':') {
        Some((hour, minute)) if hour.parse::<u16>().is_ok() && minute.parse::<u16>().is_ok() => {
            let minutes = hour.parse::<u32>().unwrap_or(0) * 60 + minute.parse::<u32>().unwrap_or(0);
            format!("minutes of the day are a number: {inside} is {minutes}")
        }
        _ => "numbers have no quotes".to_owned(),
    }
}

/// The field takes a few words or numbers only.
fn other_word((owner, field): (&'static str, &'static Field), literal: &Token<'_>) -> Option<Finding> {
    if field.name == "weekday" && literal.kind == TokenKind::Number {
        let is_day = literal.text.parse::<u8>().is_ok_and(|day| (1..=7).contains(&day));
        let finding = || ("argument-type", format!("weekday is never {}", literal.text), WEEKDAYS.to_owned());
        return (!is_day).then(finding);
    }
    let (.., words) = names::WORDS.iter().find(|(of, name, _)| *of == owner && *name == field.name)?;
    let word = literal.unquoted();
    if literal.kind != TokenKind::Text || !literal.text.starts_with('"') || words.contains(&word) {
        return None;
    }
    let same = words.iter().copied().find(|known| known.eq_ignore_ascii_case(word));
    let hint = match same.or_else(|| nearest(word, words.iter().copied())) {
        Some(near) => format!("did you mean \"{near}\"? It is one of {}", words.join(", ")),
        None => format!("it is one of {}", words.join(", ")),
    };
    Some(("argument-type", format!("{} of a {owner} is never {}", field.name, literal.text), hint))
}
