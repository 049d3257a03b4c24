//! `5 < k < 20`: the first comparison is true or false, which has no order against the second.

use std::collections::BTreeMap;

use super::known::Finding;
use super::layout::Layout;
use super::lexer::Token;

const ORDERING: [&str; 4] = ["<", "<=", ">", ">="];
/// What ends a comparison's right side.
const PARTING: [&str; 15] = ["&&", "||", "==", "!=", "&", "|", "^", "??", ",", ";", ":", "=>", "in", "if", "return"];

/// About the second of two.
pub(super) fn check(layout: &Layout<'_>) -> BTreeMap<usize, Finding> {
    let mut found = BTreeMap::new();
    // Of each bracket that is open: what was compared in it last.
    let mut open: Vec<Option<&str>> = vec![None];
    for (at, token) in layout.tokens.iter().enumerate() {
        if token.opens() {
            open.push(None);
        } else if token.closes() {
            open.pop();
        }
        let Some(last) = open.last_mut() else { return found };
        if ORDERING.iter().any(|symbol| token.is(symbol)) {
            if let Some(first) = last.replace(token.text) {
                found.insert(at, chained(first, token));
            }
        } else if token.is("}") || token.assigns() || PARTING.iter().any(|symbol| token.is(symbol)) {
            *last = None;
        }
    }
    found
}

fn chained(first: &str, second: &Token<'_>) -> Finding {
    let hint = format!("write `a {first} b && b {} c`", second.text);
    ("argument-type", "two comparisons in one compare true or false with a value".to_owned(), hint)
}
