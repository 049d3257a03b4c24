//! What a function's statements tell by themselves: a hook that ends without an answer, a variable that nobody reads,
//! a statement that is never reached.

use std::collections::HashMap;

use amprule_hooks::Diagnostic;

use super::answers;
use super::check::MOST;
use super::dropped;
use super::layout::{Function, Layout};
use super::lexer::Token;
use super::names;
use crate::explain::at_token;

/// A hook whose last statement ends with `;`, and that returns nowhere.
pub(crate) fn no_answer(file: &str, layout: &Layout<'_>) -> Option<Diagnostic> {
    layout.functions.iter().find_map(|function| {
        let answer = names::hook_function(function.name.text)?.answer;
        let body = &layout.tokens[function.tokens.clone()];
        let [.., last, brace] = body else { return None };
        let returns = body.iter().any(|token| token.is("return") || token.is("throw"));
        if !last.is(";") || !brace.is("}") || returns {
            return None;
        }
        let message = format!("{} ends without an answer", function.name.text);
        let hint = format!("the answer is the last expression without a `;`, or `return {answer};`");
        Some(at_token("no-answer", message, file, layout.text, last).hint(hint))
    })
}

/// A hook that ends with what only another one answers.
pub(crate) fn other_answer(file: &str, layout: &Layout<'_>) -> Option<Diagnostic> {
    layout.functions.iter().find_map(|function| {
        let hook = names::hook_function(function.name.text)?;
        let (at, (code, message, hint)) = answers::of_another(layout, function, hook)?;
        Some(at_token(code, message, file, layout.text, &layout.tokens[at]).hint(hint))
    })
}

/// At most as many as are told. `speaks`: the manifest asks for the log.
pub(crate) fn warnings(file: &str, layout: &Layout<'_>, speaks: bool) -> Vec<Diagnostic> {
    let warn = |code, message: String, token: &Token<'_>, hint: &str| {
        at_token(code, message, file, layout.text, token).hint(hint).as_warning()
    };
    let mut found = Vec::new();
    for function in &layout.functions {
        if found.len() >= MOST {
            return found;
        }
        if names::function_named(function.name.text).is_some() {
            let hint = "give it another name: calls of the language's own function go to this one";
            found.push(warn(
                "shadow",
                format!("{} is a function of the language", function.name.text),
                &function.name,
                hint,
            ));
        }
        let is_hook = names::hook_function(function.name.text).is_some();
        if let Some(at) = answers::open_end(layout, function).filter(|_| is_hook) {
            let token = &layout.tokens[at];
            let (message, hint) = match token.text {
                "if" => ("has no answer where this does not hold", "write `else { … }`, or the other answer behind it"),
                _ => ("ends with a loop, and without an answer", "the answer stands behind the loop"),
            };
            found.push(warn("no-answer", format!("{} {message}", function.name.text), token, hint));
        }
        for token in unread(layout, function).take(MOST) {
            let hint = "remove it, or begin its name with `_`";
            found.push(warn("unused", format!("{} is never read", token.text), token, hint));
        }
        for (leaves, token) in unreached(layout, function).take(MOST) {
            let hint = format!("`{}` before it always leaves", leaves.text);
            found.push(warn("unreachable", "this is never reached".to_owned(), token, &hint));
        }
    }
    for (at, (code, message, hint)) in dropped::warnings(layout).into_iter().take(MOST) {
        found.push(warn(code, message, &layout.tokens[at], &hint));
    }
    if let Some(word) = unheard(layout).filter(|_| !speaks) {
        let hint = "ask for the log in plugin.toml, with the reason: [capabilities] log = \"says why it rejects\"";
        found.push(warn("capability", format!("nobody hears what {} says", word.text), word, hint));
    }
    found
}

/// The first call that writes into the log.
fn unheard<'l, 't>(layout: &'l Layout<'t>) -> Option<&'l Token<'t>> {
    let calls = layout.tokens.windows(2).filter(|pair| pair[1].is("(")).map(|pair| &pair[0]);
    calls.into_iter().find(|token| ["log", "print", "debug"].iter().any(|word| token.is(word)))
}

/// The names of `let` that stand nowhere else in the function.
fn unread<'l, 't>(layout: &'l Layout<'t>, function: &Function<'_>) -> impl Iterator<Item = &'l Token<'t>> {
    let body = &layout.tokens[function.tokens.clone()];
    let mut times: HashMap<&str, usize> = HashMap::new();
    for word in body.iter().filter(|token| token.is_word()) {
        *times.entry(word.text).or_default() += 1;
    }
    let declared = body.windows(2).filter(|pair| pair[0].is("let") && pair[1].is_word()).map(|pair| &pair[1]);
    declared.filter(move |token| !token.text.starts_with('_') && times.get(token.text) == Some(&1))
}

/// What follows a statement that leaves, in the same block.
fn unreached<'l, 't>(
    layout: &'l Layout<'t>,
    function: &Function<'_>,
) -> impl Iterator<Item = (&'l Token<'t>, &'l Token<'t>)> {
    let body = &layout.tokens[function.tokens.clone()];
    let leaves = |token: &Token<'_>| ["return", "throw", "break", "continue"].iter().any(|word| token.is(word));
    let places = (0..body.len()).filter(move |at| leaves(&body[*at]));
    places.filter_map(|at| {
        let next = body.get(end_of_statement(body, at)? + 1)?;
        (!next.is("}")).then_some((&body[at], next))
    })
}

/// The `;` that ends the statement at `at`; `None` where a comma or a brace ends it.
fn end_of_statement(body: &[Token<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, token) in body[at..].iter().enumerate() {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.checked_sub(1)?;
        } else if depth == 0 && token.is(",") {
            return None;
        } else if depth == 0 && token.is(";") {
            return Some(at + offset);
        }
    }
    None
}
