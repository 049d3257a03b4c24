//! What a hook ends with: an answer of another hook, or none where a condition does not hold.

use super::known::Finding;
use super::layout::{Function, Layout};
use super::lexer::Token;
use super::names::{self, HookFunction};

/// Behind the block of such a statement another one begins.
const BLOCKS: [&str; 7] = ["if", "for", "while", "loop", "switch", "try", "{"];
/// What goes on behind a block.
const GOING_ON: [&str; 2] = ["else", "catch"];

/// `accept()` at the end of a tariff, or behind its `return`.
pub(super) fn of_another(
    layout: &Layout<'_>,
    function: &Function<'_>,
    hook: &HookFunction,
) -> Option<(usize, Finding)> {
    let tokens = &layout.tokens;
    let range = function.tokens.clone();
    let returned = range.clone().filter(|at| tokens[*at].is("return")).map(|at| at + 1);
    let is_own = |name: &str| layout.functions.iter().any(|function| function.name.text == name);
    returned.chain(last_statement(tokens, function)).find_map(|at| {
        let (name, open) = (tokens.get(at)?, tokens.get(at + 1)?);
        let owner = names::HOOKS
            .iter()
            .chain([&names::DESCRIBE, &names::TURN])
            .find(|known| known.answers.contains(&name.text))?;
        let is_whole = open.is("(") && ends_whole(tokens, at + 1, range.end);
        if owner.name == hook.name || !is_whole || is_own(name.text) {
            return None;
        }
        let message = format!("{} does not answer with {}(…): that is for `{}`", hook.name, name.text, owner.written());
        Some((at, ("answer", message, format!("its answer is `{}`", hook.answer))))
    })
}

/// The last statement, when it may leave the hook without an answer: an `if` without an `else`, or a loop.
pub(super) fn open_end(layout: &Layout<'_>, function: &Function<'_>) -> Option<usize> {
    let tokens = &layout.tokens;
    let at = last_statement(tokens, function)?;
    let first = &tokens[at];
    let is_open = first.is("for") || first.is("while") || (first.is("if") && !has_else(tokens, at, function));
    is_open.then_some(at)
}

/// Where the statement begins that ends the function without a `;`.
fn last_statement(tokens: &[Token<'_>], function: &Function<'_>) -> Option<usize> {
    let range = function.tokens.clone();
    let open = range.clone().find(|at| tokens[*at].is("{"))?;
    let close = range.end - 1;
    let (mut begins, mut depth) = (open + 1, 0_usize);
    for at in open + 1..close {
        let token = &tokens[at];
        depth = if token.opens() { depth + 1 } else { depth.checked_sub(usize::from(token.closes()))? };
        let is_block = token.is("}") && BLOCKS.iter().any(|word| tokens[begins].is(word));
        let goes_on = GOING_ON.iter().any(|word| tokens[at + 1].is(word));
        if depth == 0 && at + 1 < close && (token.is(";") || (is_block && !goes_on)) {
            begins = at + 1;
        }
    }
    (begins < close && !tokens[close - 1].is(";")).then_some(begins)
}

/// Is nothing behind the parenthesis that opens at `open` but the statement's end?
fn ends_whole(tokens: &[Token<'_>], open: usize, end: usize) -> bool {
    let mut depth = 0_usize;
    let close = (open..end).find(|at| {
        let token = &tokens[*at];
        depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
        depth == 0
    });
    close.and_then(|close| tokens.get(close + 1)).is_some_and(|next| next.is(";") || next.is("}"))
}

fn has_else(tokens: &[Token<'_>], from: usize, function: &Function<'_>) -> bool {
    let mut depth = 0_usize;
    (from..function.tokens.end - 1).any(|at| {
        let token = &tokens[at];
        depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
        depth == 0 && token.is("else") && tokens[at + 1].is("{")
    })
}
