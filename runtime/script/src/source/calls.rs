//! Calls with a number of arguments that no function of that name takes, and texts where a number is wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Finding, KnownNames};
use super::layout::Layout;
use super::lexer::{Token, TokenKind};
use super::names::{self, Function};
use crate::explain::nearest;

/// Findings by the token that they are about.
pub(super) fn check(layout: &Layout<'_>, known: &KnownNames<'_>) -> BTreeMap<usize, Finding> {
    let mut found = BTreeMap::new();
    let tokens = &layout.tokens;
    for at in 0..tokens.len() {
        let is_call = tokens[at].is_word() && tokens.get(at + 1).is_some_and(|next| next.is("("));
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        if !is_call || before.is_some_and(|before| before.is("fn")) {
            continue;
        }
        let is_method = before.is_some_and(|before| before.is(".") || before.is("?."));
        let call = Call { name: tokens[at].text, is_method, arguments: arguments(tokens, at + 1) };
        found.extend(
            call.count(at, known)
                .or_else(|| call.kinds(tokens, known))
                .or_else(|| call.keys(tokens, known).filter(|_| known.is_of_today)),
        );
    }
    found
}

struct Call<'t> {
    name: &'t str,
    is_method: bool,
    /// Each one's tokens.
    arguments: Vec<std::ops::Range<usize>>,
}

impl Call<'_> {
    fn count(&self, at: usize, known: &KnownNames<'_>) -> Option<(usize, Finding)> {
        let own: BTreeSet<usize> =
            known.own.iter().filter(|(name, _)| *name == self.name).map(|(_, count)| *count).collect();
        let given = self.arguments.len() + usize::from(self.is_method);
        let (takes, hint) = match names::function_named(self.name) {
            Some(function) if own.is_empty() => {
                (function.arguments().map(|arguments| arguments.len()).collect(), self.usage(function))
            }
            // What a method of that name is called on is not known here.
            None if !own.is_empty() && !self.is_method => {
                let counts: Vec<String> = own.iter().map(ToString::to_string).collect();
                (own, format!("it is defined with {}", counts.join(" or ")))
            }
            _ => return None,
        };
        let message = || format!("{} is called with {} here", self.name, counted(self.arguments.len()));
        (!takes.contains(&given)).then(|| (at, ("arguments", message(), hint)))
    }

    /// Only of arguments that are written out.
    fn kinds(&self, tokens: &[Token<'_>], known: &KnownNames<'_>) -> Option<(usize, Finding)> {
        let function = names::function_named(self.name)?;
        if known.own.iter().any(|(name, _)| *name == self.name) {
            return None;
        }
        let skipped = usize::from(self.is_method);
        let wanted = function.arguments().find(|wanted| wanted.len() == self.arguments.len() + skipped)?;
        self.arguments.iter().zip(&wanted[skipped..]).find_map(|(given, (name, kind))| {
            let token = tokens.get(given.start).filter(|_| given.len() == 1)?;
            let (is, hint) = match (token.kind, *kind) {
                (TokenKind::Text, "number") => ("a text", number_hint(token)),
                (TokenKind::Number, "text") => ("a number", format!("write \"{}\"", token.text)),
                _ => return None,
            };
            let message = format!("{name} of {} is a {kind}, and this is {is}", self.name);
            Some((given.start, ("argument-type", message, hint)))
        })
    }

    /// Of a map that is written out as the last argument.
    fn keys(&self, tokens: &[Token<'_>], known: &KnownNames<'_>) -> Option<(usize, Finding)> {
        let (_, keys) = names::MORE.iter().find(|(function, _)| *function == self.name)?;
        let map = self.arguments.last().filter(|map| tokens[map.start].is("#{"))?;
        if known.own.iter().any(|(name, _)| *name == self.name) {
            return None;
        }
        let mut depth = 0_usize;
        let stranger = map.clone().find(|at| {
            let token = &tokens[*at];
            depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
            let is_key = depth == 1 && tokens.get(at + 1).is_some_and(|next| next.is(":"));
            is_key && !keys.iter().any(|key| key.name == token.unquoted())
        })?;
        let key = tokens[stranger].unquoted();
        let hint = match nearest(key, keys.iter().map(|key| key.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it may have {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")),
        };
        Some((stranger, ("unknown-field", format!("{} takes no {key}", self.name), hint)))
    }

    fn usage(&self, function: &Function) -> String {
        let usage = function.usage();
        if self.is_method { format!("{usage}, the first before the dot") } else { usage }
    }
}

fn number_hint(token: &Token<'_>) -> String {
    let inside = token.unquoted();
    let is_number = !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    if is_number { format!("write {inside} without quotes") } else { "numbers have no quotes: 0.49".to_owned() }
}

/// The tokens between the parentheses that open at `open`, cut at their commas.
fn arguments(tokens: &[Token<'_>], open: usize) -> Vec<std::ops::Range<usize>> {
    let (mut depth, mut from, mut found) = (0_usize, open + 1, Vec::new());
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 || (depth == 1 && token.is(",")) {
            if from < at {
                found.push(from..at);
            }
            from = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn counted(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{count} arguments"),
    }
}
