//! Fields of fields: `session.sation.id`, found before the script runs, wherever it is certain what a name stands for.
//!
//! Certain is: a hook's own parameter, and what is declared once in the hook from a chain of fields.

use std::collections::BTreeMap;

use super::comparing::{self, Operand};
use super::elsewhere;
use super::known::{Finding, KnownNames};
use super::layout::{Function, Layout};
use super::lexer::Token;
use super::names::{self, Field, HookFunction};
use super::switching;
use crate::explain::nearest;

/// Findings by the token that they are about.
pub(super) fn check(layout: &Layout<'_>, known: &KnownNames<'_>) -> BTreeMap<usize, Finding> {
    let mut found = BTreeMap::new();
    for function in &layout.functions {
        if let Some(hook) = names::hook_function(function.name.text) {
            Reader::new(layout, function, hook, known).read(&mut found);
        }
    }
    found
}

/// Where a chain of fields ends, and what it is there, when that is certain.
struct Chain {
    end: usize,
    kind: Option<&'static str>,
    /// The last one, and whose it is.
    field: Option<(&'static str, &'static Field)>,
}

impl Chain {
    fn operand(&self, at: usize) -> Option<Operand> {
        Some(Operand { at, end: self.end, kind: self.kind?, field: self.field })
    }
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    function: std::ops::Range<usize>,
    known: &'t KnownNames<'t>,
    /// Names whose kind is certain.
    kinds: BTreeMap<&'t str, &'static str>,
}

impl<'t> Reader<'t> {
    fn new(layout: &'t Layout<'_>, function: &Function<'_>, hook: &HookFunction, known: &'t KnownNames<'_>) -> Self {
        let tokens = &layout.tokens[..];
        let function = function.tokens.clone();
        // `fn`, the name, `(`, then parameters and commas by turns.
        let parameters = tokens[function.clone()].iter().skip(3).step_by(2);
        let kinds = hook.parameters.iter().map(|(_, kind)| *kind);
        let kinds = parameters.zip(kinds).filter(|(token, _)| token.is_word()).map(|(token, kind)| (token.text, kind));
        let kinds = kinds.collect();
        let mut reader = Self { tokens, function, known, kinds };
        reader.kinds.retain(|name, _| !reader_declares(reader.tokens, &reader.function, name));
        reader
    }

    fn read(&mut self, found: &mut BTreeMap<usize, Finding>) {
        for at in self.function.clone() {
            let token = &self.tokens[at];
            let is_member = at > 0 && (self.tokens[at - 1].is(".") || self.tokens[at - 1].is("?."));
            let is_key = self.tokens.get(at + 1).is_some_and(|next| next.is(":"));
            let Some(kind) = self.kinds.get(token.text).copied().filter(|_| token.is_word() && !is_member && !is_key)
            else {
                continue;
            };
            let chain = self.chain(at, kind, found);
            if self.known.is_of_today {
                found.extend(self.compared(at, &chain));
            }
            let Chain { end, kind, .. } = chain;
            if let Some((name, kind)) = self.declared(at, end, kind) {
                self.kinds.insert(name, kind);
            }
        }
    }

    /// What the chain at `at` is held against and never is.
    fn compared(&self, at: usize, chain: &Chain) -> Option<(usize, Finding)> {
        let one = chain.operand(at)?;
        let switch = || switching::check_field(self.tokens, &one);
        let pair = || {
            let other = chain.end + 1;
            let begins = comparing::compares(self.tokens.get(chain.end)?);
            let kind = self.tokens.get(other).filter(|token| begins && token.is_word())?;
            let other = self.chain(other, self.kinds.get(kind.text)?, &mut BTreeMap::new()).operand(other)?;
            comparing::check_pair(self.tokens, &one, &other)
        };
        let literal = || comparing::check(self.tokens, &one);
        comparing::check_condition(self.tokens, &one).or_else(literal).or_else(switch).or_else(pair)
    }

    /// Follows the fields behind `at`.
    fn chain(&self, mut at: usize, mut kind: &'static str, found: &mut BTreeMap<usize, Finding>) -> Chain {
        let mut field = None;
        let ends = |end, kind, field| Chain { end, kind, field };
        loop {
            let Some(next) = self.tokens.get(at + 1) else { return ends(at + 1, Some(kind), field) };
            if next.is("[")
                && let Some(element) = names::element_of(kind)
            {
                at = self.closing(at + 1);
                kind = element;
                continue;
            }
            if !(next.is(".") || next.is("?.")) {
                let is_known = !next.is("[");
                return ends(at + 1, is_known.then_some(kind), field);
            }
            let (name, after) = (self.tokens.get(at + 2), self.tokens.get(at + 3));
            if let Some(parameter) = name.filter(|_| kind == "parameters" && !after.is_some_and(|after| after.is("(")))
            {
                let Some(declared) = self.known.kinds.get(parameter.text) else { return ends(at + 1, None, None) };
                (at, kind, field) = (at + 2, *declared, None);
                continue;
            }
            let (Some(name), Some(fields)) = (name, names::fields_of(kind)) else { return ends(at + 1, None, None) };
            if !name.is_word() || after.is_some_and(|after| after.is("(")) {
                return ends(at + 1, None, None);
            }
            match fields.iter().find(|known| known.name == name.text) {
                Some(known) => {
                    field = Some((kind, known));
                    kind = known.kind.trim_end_matches('?');
                }
                None => {
                    found.insert(at + 2, unknown(kind, name.text));
                    return ends(at + 1, None, None);
                }
            }
            at += 2;
        }
    }

    /// `let name = chain;` and `for name in chain {`, when nothing else in the hook has the name.
    fn declared(&self, from: usize, end: usize, kind: Option<&'static str>) -> Option<(&'t str, &'static str)> {
        let [word, name, link] = self.tokens.get(from.checked_sub(3)?..from)? else { return None };
        let last = self.tokens.get(end)?;
        let is_let = word.is("let") && link.is("=") && last.is(";");
        let is_loop = word.is("for") && link.is("in") && last.is("{");
        let kind = if is_loop { names::element_of(kind?)? } else { kind.filter(|_| is_let)? };
        (declarations(self.tokens, &self.function, name.text) == 1).then_some((name.text, kind))
    }

    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.function.end {
            depth += usize::from(self.tokens[at].opens());
            depth -= usize::from(self.tokens[at].closes());
            if depth == 0 {
                return at;
            }
        }
        self.function.end
    }
}

fn unknown(kind: &'static str, field: &str) -> Finding {
    let known = names::fields_of(kind).unwrap_or_default().iter().map(|known| known.name);
    let owner = || names::TYPES.iter().find(|other| other.fields.iter().any(|known| known.name == field));
    let hint = match (elsewhere::field(field), nearest(field, known.clone()), owner()) {
        (Some(meant), ..) => meant.to_owned(),
        (None, Some(near), _) => format!("did you mean `{near}`?"),
        (None, None, Some(other)) => {
            format!("a {} has it; the fields of a {kind} are {}", other.name, known.collect::<Vec<_>>().join(", "))
        }
        (None, None, None) => format!("its fields are {}", known.collect::<Vec<_>>().join(", ")),
    };
    ("unknown-field", format!("a {kind} has no field {field}"), hint)
}

/// A name that is declared again, or assigned, may stand for anything.
fn reader_declares(tokens: &[Token<'_>], function: &std::ops::Range<usize>, name: &str) -> bool {
    declarations(tokens, function, name) > 0
}

fn declarations(tokens: &[Token<'_>], function: &std::ops::Range<usize>, name: &str) -> usize {
    let places = function.clone().filter(|at| tokens[*at].is_word() && tokens[*at].text == name);
    places
        .filter(|at| {
            let before = at.checked_sub(1).map(|at| &tokens[at]);
            let is_member = before.is_some_and(|before| before.is(".") || before.is("?."));
            let declares = before.is_some_and(|before| before.is("let") || before.is("for") || before.is(","));
            let assigned = tokens.get(at + 1).is_some_and(Token::assigns);
            let in_loop = before.is_some_and(|before| before.is("for"));
            let is_pair = before.is_some_and(|before| before.is(",")) && tokens.get(at + 2).is_some_and(|t| t.is("in"));
            !is_member && (in_loop || is_pair || (declares && !before.is_some_and(|b| b.is(","))) || assigned)
        })
        .count()
}
