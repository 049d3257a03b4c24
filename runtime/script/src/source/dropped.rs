//! Values that nobody takes: `reject("Invalid");` in the middle of a policy rejects nobody, and `bill.excluding_tax();` changes
//! no bill. All of the language's functions but a few are of no use but for what they return. Where money or a verdict goes
//! nowhere the script is refused; of the rest it is told.

use std::collections::BTreeMap;

use super::known::{Finding, KnownNames};
use super::layout::{Function, Layout};
use super::lexer::Token;
use super::names;

/// Functions that do something by themselves.
const ACTING: [&str; 13] = [
    "push",
    "set",
    "log",
    "debug",
    "print",
    "missing",
    "not_applicable",
    "ask",
    "write",
    "write_coil",
    "http_send",
    "publish",
    "send",
];
/// What a hook ends with.
const ANSWERS: [&str; 5] = ["accept", "reject", "no_opinion", "bill", "offer"];
const COMPARING: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
/// What makes another line or bill of one.
const MONEY: [&str; 6] = ["line", "component", "taxed", "translated", "over", "excluding_tax"];
/// A statement that begins so takes what is in it.
const TAKING: [&str; 14] = [
    "let", "const", "return", "throw", "if", "else", "for", "while", "loop", "do", "switch", "break", "continue", "try",
];

/// Findings by the token that they are about: those for which a script is refused.
pub(super) fn check(layout: &Layout<'_>, known: &KnownNames<'_>) -> BTreeMap<usize, Finding> {
    let is_own = |name: &str| known.own.iter().any(|(own, _)| *own == name);
    let mut found = all(layout, &is_own);
    found.retain(|at, _| is_grave(&layout.tokens[*at]));
    found
}

/// Those that are told.
pub(super) fn warnings(layout: &Layout<'_>) -> BTreeMap<usize, Finding> {
    let is_own = |name: &str| layout.functions.iter().any(|function| function.name.text == name);
    let mut found = all(layout, &is_own);
    found.retain(|at, _| !is_grave(&layout.tokens[*at]));
    found
}

fn is_grave(token: &Token<'_>) -> bool {
    ANSWERS.contains(&token.text) || MONEY.contains(&token.text)
}

fn all(layout: &Layout<'_>, is_own: &dyn Fn(&str) -> bool) -> BTreeMap<usize, Finding> {
    let mut found = BTreeMap::new();
    for function in &layout.functions {
        Reader { tokens: &layout.tokens, function, is_own }.read(&mut found);
    }
    found
}

struct Reader<'r, 't> {
    tokens: &'r [Token<'t>],
    function: &'r Function<'t>,
    is_own: &'r dyn Fn(&str) -> bool,
}

impl Reader<'_, '_> {
    fn read(&self, found: &mut BTreeMap<usize, Finding>) {
        let range = self.function.tokens.clone();
        for at in range.clone().skip(1) {
            let before = &self.tokens[at - 1];
            let begins = before.is("{") || before.is("}") || before.is(";");
            if !begins {
                continue;
            }
            if self.tokens[at].is("if") {
                found.extend(self.answer_of_branch(at, range.end));
            } else {
                found.extend(self.dropped(at, range.end));
            }
        }
    }

    /// Of the statement that begins at `from`, if it ends with `;`.
    fn dropped(&self, from: usize, end: usize) -> Option<(usize, Finding)> {
        if TAKING.iter().any(|word| self.tokens[from].is(word)) {
            return None;
        }
        let mut depth = 0_usize;
        let (mut call, mut comparison) = (None, None);
        for at in from..end {
            let token = &self.tokens[at];
            if token.opens() {
                depth += 1;
            } else if token.closes() {
                depth = depth.checked_sub(1)?;
            } else if depth > 0 {
                continue;
            } else if token.is(";") {
                // A last statement with a `;` leaves a hook without an answer, which is told in other words.
                if at + 2 == end {
                    return None;
                }
                let is_call = self.tokens[at - 1].is(")");
                let call = call.filter(|_| is_call).and_then(|call| self.unused(call));
                return call.or_else(|| comparison.map(compared));
            } else if token.assigns() || token.is(",") || token.is("=>") {
                return None;
            } else if COMPARING.iter().any(|symbol| token.is(symbol)) {
                comparison = Some(at);
            } else if token.is_word() && self.tokens.get(at + 1).is_some_and(|next| next.is("(")) {
                call = Some(at);
            }
        }
        None
    }

    /// `if … { reject("…") }`, and something follows: the branch's value goes nowhere.
    fn answer_of_branch(&self, from: usize, end: usize) -> Option<(usize, Finding)> {
        let mut answer = None;
        let mut at = from;
        loop {
            let open = self.block(at, end)?;
            let close = self.closing(open, end)?;
            answer = answer.or_else(|| self.last_answer(open, close));
            match self.tokens.get(close + 1) {
                Some(next) if next.is("else") => at = close + 1,
                Some(next) if next.is("}") => return None,
                Some(_) => break,
                None => return None,
            }
        }
        answer.map(|at| self.finding(at))
    }

    /// Where the block of an `if` or `else` opens.
    fn block(&self, from: usize, end: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (from..end).find(|at| {
            let token = &self.tokens[*at];
            if depth == 0 && token.is("{") {
                return true;
            }
            depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
            false
        })
    }

    fn closing(&self, open: usize, end: usize) -> Option<usize> {
        let mut depth = 0_usize;
        (open..end).find(|at| {
            let token = &self.tokens[*at];
            depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
            depth == 0
        })
    }

    /// The answer that is the value of a block.
    fn last_answer(&self, open: usize, close: usize) -> Option<usize> {
        if !self.tokens[close - 1].is(")") {
            return None;
        }
        let mut depth = 0_usize;
        let begin = (open + 1..close).rev().find(|at| {
            let token = &self.tokens[*at];
            depth = if token.closes() { depth + 1 } else { depth.saturating_sub(usize::from(token.opens())) };
            depth == 0
        })?;
        let name = begin.checked_sub(1).filter(|name| *name > open)?;
        let before = &self.tokens[name - 1];
        let is_statement = before.is("{") || before.is(";") || before.is("}");
        (is_statement && ANSWERS.contains(&self.tokens[name].text) && !self.is_own(name)).then_some(name)
    }

    fn unused(&self, call: usize) -> Option<(usize, Finding)> {
        let name = self.tokens[call].text;
        let is_pure = names::function_named(name).is_some() && !ACTING.contains(&name) && !self.is_own(call);
        is_pure.then(|| self.finding(call))
    }

    fn is_own(&self, at: usize) -> bool {
        (self.is_own)(self.tokens[at].text)
    }

    fn finding(&self, at: usize) -> (usize, Finding) {
        let name = self.tokens[at].text;
        let is_method = self.tokens[at - 1].is(".") || self.tokens[at - 1].is("?.");
        let hint = match (ANSWERS.contains(&name), is_method) {
            (true, _) => format!("write `return {name}(…);`"),
            (false, true) => format!("take what it returns: `x = x.{name}(…);`"),
            (false, false) => format!("take what it returns: `let x = {name}(…);`"),
        };
        (at, ("dropped", format!("what {name} returns is not used"), hint))
    }
}

fn compared(at: usize) -> (usize, Finding) {
    let hint = "to assign, write `=`; to decide, write `if`".to_owned();
    (at, ("dropped", "what comes of this comparison is not used".to_owned(), hint))
}
