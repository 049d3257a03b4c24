//! Which brace is missing, and which is too many: guessed from how the lines are indented, as a reader does.

use crate::source::lexer::Token;

/// What is wrong with a file's braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// Nothing closes the `{` of this line.
    Open(usize),
    /// The `}` of the first line closes the `{` of the second, and was hardly meant to.
    TooMany(usize, usize),
}

/// A brace that is open.
#[derive(Clone, Copy)]
struct Open {
    line: usize,
    indent: usize,
    /// Not a map's, and not a template's.
    is_block: bool,
}

/// Does the token begin a line further to the left than the line before it, as after a `}`?
pub(super) fn falls_back(before: &[Token<'_>], token: &Token<'_>) -> bool {
    let Some(last) = before.last().filter(|last| last.line < token.line && !last.is("}")) else { return false };
    let line = before.iter().rev().take_while(|token| token.line == last.line);
    line.last().is_some_and(|first| token.column < first.column)
}

/// The first slip of the file; `None` where every brace has its other one.
pub(super) fn slip(tokens: &[Token<'_>]) -> Option<Slip> {
    let mut open: Vec<Open> = Vec::new();
    let (mut unclosed, mut surplus) = (None, None);
    let mut indent = 0;
    for (at, token) in tokens.iter().enumerate() {
        let is_first = at == 0 || tokens[at - 1].line < token.line;
        if is_first {
            indent = token.column;
        }
        if token.is("{") || token.is("#{") || token.is("${") {
            open.push(Open { line: token.line, indent, is_block: token.is("{") });
        } else if token.is("}") {
            let Some(closed) = open.pop() else { return surplus.or(Some(Slip::TooMany(token.line, token.line))) };
            if is_first && closed.is_block && token.column < closed.indent {
                unclosed = unclosed.or(Some(Slip::Open(closed.line)));
            }
            if is_first && closed.is_block && token.column > closed.indent {
                surplus = surplus.or(Some(Slip::TooMany(token.line, closed.line)));
            }
        } else if token.is("fn") && !open.is_empty() {
            break;
        }
    }
    let innermost = open.iter().rev().find(|open| open.is_block)?;
    unclosed.or(Some(Slip::Open(innermost.line)))
}
