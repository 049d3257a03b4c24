//! Arms of a `switch` that are never taken: an arm is the value itself, and the whole number 11 is not the decimal 11.0 there.

use std::collections::BTreeMap;

use super::comparing::{Operand, compares, never};
use super::known::{Finding, KnownNames};
use super::layout::Layout;
use super::lexer::{Token, TokenKind};

/// Fields that are decimals, also when they are whole.
const DECIMALS: [&str; 6] = ["energy_wh", "energy_kwh", "exported_wh", "exported_kwh", "minutes", "hours"];
/// And what these return.
const ROUNDING: [&str; 6] = ["floor", "ceil", "round_half_up", "round_half_even", "round_up", "round_down"];

/// Of each `switch` over what is computed: about the first arm that is never taken.
pub(super) fn check(layout: &Layout<'_>, known: &KnownNames<'_>) -> BTreeMap<usize, Finding> {
    let tokens = &layout.tokens;
    let switches = (0..tokens.len()).filter(|at| tokens[*at].is("switch"));
    switches.filter_map(|at| computed(tokens, at + 1, known)).collect()
}

fn computed(tokens: &[Token<'_>], from: usize, known: &KnownNames<'_>) -> Option<(usize, Finding)> {
    let is_own = |name: &str| known.own.iter().any(|(own, _)| *own == name);
    let (mut depth, mut what, mut open) = (0_usize, None, from);
    loop {
        let token = tokens.get(open)?;
        if depth == 0 && token.is("{") {
            break;
        } else if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.checked_sub(1)?;
        } else if depth == 0 && (compares(token) || token.kind == TokenKind::Text) {
            return None;
        } else if depth == 0 {
            let rounds = ROUNDING.contains(&token.text) && !is_own(token.text);
            what = match what {
                _ if token.is("/") || (token.is_word() && rounds) => Some(token.text),
                // What follows makes something else of it.
                _ if token.is(".") || token.is("?.") => None,
                _ => what,
            };
        }
        open += 1;
    }
    let what = what.map(|what| if what == "/" { "a quotient".to_owned() } else { format!("what {what} returns") })?;
    whole_arm(tokens, open).map(|at| (at, not_exactly(&what, &tokens[at])))
}

/// Of a `switch` over a field: also arms of another kind, and words that it never is.
pub(super) fn check_field(tokens: &[Token<'_>], operand: &Operand) -> Option<(usize, Finding)> {
    let is_switch = tokens[..operand.at].last()?.is("switch") && tokens.get(operand.end)?.is("{");
    if !is_switch {
        return None;
    }
    let name = operand.field.map_or("", |(_, field)| field.name);
    let whole = if DECIMALS.contains(&name) { whole_arm(tokens, operand.end) } else { None };
    let whole = whole.map(|at| (at, not_exactly(name, &tokens[at])));
    whole.or_else(|| arms(tokens, operand.end).find_map(|at| Some((at, never(operand, &tokens[at])?))))
}

fn not_exactly(what: &str, arm: &Token<'_>) -> Finding {
    let hint = format!("write `switch to_int(x) {{ {} => … }}`, or a range: `0..12 => …`", arm.text);
    ("argument-type", format!("{what} is never exactly this in a switch"), hint)
}

fn whole_arm(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let is_whole = |at: &usize| tokens[*at].kind == TokenKind::Number && !tokens[*at].text.contains('.');
    arms(tokens, open).find(is_whole)
}

/// The literals that are arms of the `switch` whose block opens there.
fn arms(tokens: &[Token<'_>], open: usize) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    let depths = (open..tokens.len()).map(move |at| {
        let token = &tokens[at];
        depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
        (at, depth)
    });
    let is_one =
        |at: usize, symbols: &[&str]| tokens.get(at).is_some_and(|token| symbols.iter().any(|symbol| token.is(symbol)));
    depths.take_while(|(_, depth)| *depth > 0).filter(|(_, depth)| *depth == 1).map(|(at, _)| at).filter(move |at| {
        let is_literal =
            matches!(tokens[*at].kind, TokenKind::Number | TokenKind::Text) || is_one(*at, &["true", "false"]);
        is_literal && is_one(at - 1, &["{", ",", "}", "|"]) && is_one(at + 1, &["=>", "|", "if"])
    })
}
