//! Comparisons of a field with something that it never is: `session.energy_kwh == "5"`, `period.state == "charge"`, `weekday == 0`.
//! Rhai answers `false`, and a price hangs on it.

use super::known::Finding;
use super::lexer::{Token, TokenKind};
use super::names::{self, Field};
use crate::explain::nearest;

const COMPARING: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// What the tokens from `end` on compare the field with, when that is written out. A finding is about the literal.
pub(super) fn check(
    tokens: &[Token<'_>],
    until: usize,
    end: usize,
    kind: &'static str,
    field: Option<(&'static str, &'static Field)>,
) -> Option<(usize, Finding)> {
    let [comparison, literal, after] = tokens.get(end..end + 3).filter(|_| end + 3 <= until)? else { return None };
    let is_alone = !after.is(".") && !after.is("?.") && !after.is("(") && !after.is("+") && !after.is("*");
    if !is_alone || !COMPARING.iter().any(|symbol| comparison.is(symbol)) {
        return None;
    }
    let finding = other_kind(kind, literal).or_else(|| other_word(field?, literal))?;
    Some((end + 1, finding))
}

/// `if session.token {` and `!session.token`: what is no flag does not decide.
pub(super) fn check_condition(
    tokens: &[Token<'_>],
    at: usize,
    end: usize,
    kind: &'static str,
) -> Option<(usize, Finding)> {
    let (before, after) = (tokens.get(at.checked_sub(1)?)?, tokens.get(end)?);
    let ends = ["{", "&&", "||", ")", ";"].iter().any(|symbol| after.is(symbol));
    let is_asked = (before.is("if") && after.is("{")) || (before.is("!") && ends);
    if !is_asked || kind == "bool" || kind == "any" {
        return None;
    }
    let message = format!("true or false is wanted here, and this is a {kind}");
    Some((at, ("argument-type", message, "whether something is there is `x != ()`".to_owned())))
}

/// Fields that are decimals, also when they are whole.
const DECIMALS: [&str; 4] = ["energy_wh", "energy_kwh", "minutes", "hours"];

/// `switch session.energy_kwh { 11 => … }`: an arm is the value itself, and 11 is not 11.0 there. About the first arm that is
/// never taken.
pub(super) fn check_switch(
    tokens: &[Token<'_>],
    until: usize,
    end: usize,
    field: Option<(&'static str, &'static Field)>,
) -> Option<(usize, Finding)> {
    let (_, field) = field.filter(|(_, field)| DECIMALS.contains(&field.name))?;
    let mut depth = 0_usize;
    for at in end..until {
        let token = &tokens[at];
        if token.closes() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return None;
            }
        } else if token.opens() {
            depth += 1;
        } else if depth == 1 && token.kind == TokenKind::Number && tokens.get(at + 1).is_some_and(|next| next.is("=>"))
        {
            let is_arm = tokens[at - 1].is("{") || tokens[at - 1].is(",") || tokens[at - 1].is("}");
            if is_arm && !token.text.contains('.') {
                let message = format!("{} is never exactly this in a switch", field.name);
                let hint = format!("write `if x.{} == {} {{ … }}`, or a range: `0..12 => …`", field.name, token.text);
                return Some((at, ("argument-type", message, hint)));
            }
        }
    }
    None
}

fn other_kind(kind: &'static str, literal: &Token<'_>) -> Option<Finding> {
    let is_flag = literal.is("true") || literal.is("false");
    let (is, hint) = match (kind, literal.kind) {
        ("number", TokenKind::Text) => ("a text", number_hint(literal)),
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

fn number_hint(literal: &Token<'_>) -> String {
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
        let hint = "1 is Monday and 7 is Sunday".to_owned();
        return (!is_day).then(|| ("argument-type", format!("weekday is never {}", literal.text), hint));
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
