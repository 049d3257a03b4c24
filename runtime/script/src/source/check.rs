//! What can be said of a script without running it: its top level, its names, and the few things that the limits
//! on memory forbid.

use std::collections::BTreeMap;

use amprule_hooks::Diagnostic;

use super::known::{Finding, KnownNames};
use super::layout::Layout;
use super::lexer::{Token, TokenKind};
use super::{calls, chained, chains, dropped, elsewhere, names, switching};
use crate::explain::{at_token, nearest};
use crate::language::limits::Limits;

/// Findings about a unit that are told, and warnings.
pub(crate) const MOST: usize = 20;

/// Brackets within each other, before anything recursive reads the text.
pub(crate) fn check_depth(file: &str, layout: &Layout<'_>) -> Option<Diagnostic> {
    let limit = 2 * Limits::NESTING;
    let mut depth = 0_usize;
    let deepest = layout.tokens.iter().find(|token| {
        depth = if token.opens() { depth + 1 } else { depth.saturating_sub(usize::from(token.closes())) };
        depth > limit
    })?;
    Some(at_token("limit", format!("more than {limit} brackets within each other"), file, layout.text, deepest))
}

/// At most one more than are told.
pub(crate) fn check(file: &str, layout: &Layout<'_>, known: &KnownNames<'_>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> =
        layout.strays.iter().take(MOST + 1).map(|token| stray(file, layout, token)).collect();
    let chains = chains::check(layout, known);
    let calls = calls::check(layout, known);
    let since = if known.is_of_today { since_today(layout, known) } else { BTreeMap::new() };
    let tokens = &layout.tokens;
    for (at, token) in tokens.iter().enumerate() {
        if found.len() > MOST {
            return found;
        }
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        let after = tokens.get(at + 1);
        let finding = chains
            .get(&at)
            .or_else(|| calls.get(&at))
            .or_else(|| since.get(&at))
            .cloned()
            .or_else(|| unknown_function(token, before, after, known))
            .or_else(|| unknown_parameter(&tokens[..=at], after, known))
            .or_else(|| undeclared(&tokens[..=at], known))
            .or_else(|| unknown_attribute(&tokens[..=at], after, known))
            .or_else(|| unknown_field(token, before, after, known))
            .or_else(|| changed_constant(token, before, after, known))
            .or_else(|| computed_index(token, before))
            .or_else(|| long_key(token, after));
        found.extend(finding.map(|(code, message, hint)| at_token(code, message, file, layout.text, token).hint(hint)));
    }
    found.extend(waiting_arguments(file, layout));
    found
}

/// What scripts that were taken in before are not held against.
fn since_today(layout: &Layout<'_>, known: &KnownNames<'_>) -> BTreeMap<usize, Finding> {
    let mut found = dropped::check(layout, known);
    found.extend(switching::check(layout, known));
    found.extend(chained::check(layout));
    found
}

fn stray(file: &str, layout: &Layout<'_>, token: &Token<'_>) -> Diagnostic {
    let hint = match token.text {
        "let" => "write `const` for a value that never changes, or move it into a function".to_owned(),
        "import" => "write `import \"days\" as days;`".to_owned(),
        _ => format!("move it into {}", names::hook_functions("or")),
    };
    at_token("top-level", "the top level holds only imports, constants and functions", file, layout.text, token)
        .hint(hint)
}

fn unknown_function(
    token: &Token<'_>,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
    known: &KnownNames<'_>,
) -> Option<Finding> {
    let is_call = token.is_word() && after.is_some_and(|after| after.is("("));
    let is_definition = before.is_some_and(|before| before.is("fn"));
    if !is_call || is_definition || names::KEYWORDS.contains(&token.text) || known.functions.contains(token.text) {
        return None;
    }
    let is_method = before.is_some_and(|before| before.is(".") || before.is("?."));
    if is_method && names::fields().any(|field| field == token.text) {
        let hint = format!("it is a field: write `{}` without `()`", token.text);
        return Some(("unknown-function", format!("there is no function {}", token.text), hint));
    }
    let near = || nearest(token.text, known.functions.iter().copied());
    let hint = match (elsewhere::function(token.text), near()) {
        (Some(meant), _) => meant.to_owned(),
        (None, Some(near)) => match names::function_named(near) {
            Some(function) => format!("did you mean {}?", function.usage()),
            None => format!("did you mean `{near}`?"),
        },
        (None, None) => format!("functions are {}", names::functions().collect::<Vec<_>>().join(", ")),
    };
    Some(("unknown-function", format!("there is no function {}", token.text), hint))
}

/// `session.params.rate`, where nobody declares `rate`.
fn unknown_parameter(until: &[Token<'_>], after: Option<&Token<'_>>, known: &KnownNames<'_>) -> Option<Finding> {
    let [.., owner, dot, token] = until else { return None };
    let is_parameter = dot.is(".") && (owner.is("params") || owner.is("parameters")) && token.is_word();
    if !is_parameter || after.is_some_and(|after| after.is("(")) || known.parameters.contains(token.text) {
        return None;
    }
    let near = nearest(token.text, known.parameters.iter().copied());
    let hint = near.map_or_else(
        || format!("declare it in plugin.toml: [parameters.{}]", token.text),
        |near| format!("did you mean `{near}`?"),
    );
    Some(("unknown-parameter", format!("there is no parameter {}", token.text), hint))
}

/// `lookup("prices", …)` or `ask("members", …)`, where nobody declares `prices` or `members`.
fn undeclared(until: &[Token<'_>], known: &KnownNames<'_>) -> Option<Finding> {
    let [.., function, bracket, token] = until else { return None };
    let (code, what, declared, how) = match function.text {
        "lookup" | "lookup_at" => ("unknown-table", "table", &known.tables, "key and columns"),
        "ask" => ("unknown-lookup", "lookup", &known.lookups, "columns"),
        _ => return None,
    };
    // A template is put together while the script runs.
    let is_name = bracket.is("(") && token.kind == TokenKind::Text && token.text.starts_with('"');
    if !is_name || declared.contains(token.unquoted()) {
        return None;
    }
    let near = nearest(token.unquoted(), declared.iter().copied());
    let hint = near.map_or_else(
        || format!("declare it in plugin.toml: [{what}s.{}] with {how}", token.unquoted()),
        |near| format!("did you mean {near:?}?"),
    );
    Some((code, format!("there is no {what} {}", token.text), hint))
}

/// `session.station.attributes.roof`: the operator's words are no fields.
fn unknown_attribute(until: &[Token<'_>], after: Option<&Token<'_>>, known: &KnownNames<'_>) -> Option<Finding> {
    let [.., owner, dot, token] = until else { return None };
    let is_attribute = owner.is("attributes") && dot.is(".") && token.is_word();
    if !is_attribute || after.is_some_and(|after| after.is("(")) || known.fields.contains(token.text) {
        return None;
    }
    let hint = format!("write `attributes.get({:?}, otherwise)`: what nobody has entered is not there", token.text);
    Some(("unknown-field", format!("{} is a word of the operator, and no field", token.text), hint))
}

fn unknown_field(
    token: &Token<'_>,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
    known: &KnownNames<'_>,
) -> Option<Finding> {
    let is_field = token.is_word() && before.is_some_and(|before| before.is(".") || before.is("?."));
    if !is_field
        || known.has_other_fields
        || after.is_some_and(|after| after.is("("))
        || known.fields.contains(token.text)
    {
        return None;
    }
    let hint = match (elsewhere::field(token.text), nearest(token.text, known.fields.iter().copied())) {
        (Some(meant), _) => meant.to_owned(),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "`amprule definitions` lists the fields of everything".to_owned(),
    };
    Some(("unknown-field", format!("nothing has a field {}", token.text), hint))
}

fn changed_constant(
    token: &Token<'_>,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
    known: &KnownNames<'_>,
) -> Option<Finding> {
    let declares = before.is_some_and(|before| before.is("const") || before.is("let") || before.is("."));
    let changes = token.is_word() && after.is_some_and(Token::assigns) && known.constants.contains(token.text);
    (changes && !declares)
        .then(|| ("syntax", format!("{} is a constant", token.text), "use a variable: `let x = …`".to_owned()))
}

/// A map's computed key could be of any length, and a map of long keys of any weight.
fn computed_index(token: &Token<'_>, before: Option<&Token<'_>>) -> Option<Finding> {
    let assigns = token.assigns() && before.is_some_and(|before| before.is("]"));
    let hint = "write `list.set(index, value)` or `map.set(key, value)`".to_owned();
    assigns.then(|| ("syntax", "an element is not assigned in brackets".to_owned(), hint))
}

/// A key of a map, written as a text, as a name, or as a property that is assigned: each map that has it weighs as much more.
fn long_key(token: &Token<'_>, after: Option<&Token<'_>>) -> Option<Finding> {
    let is_key = token.is_word() || after.is_some_and(|after| after.is(":"));
    let long = is_key && token.text.len() > Limits::KEY_BYTES;
    long.then(|| ("limit", format!("names and keys have at most {} bytes", Limits::KEY_BYTES), "shorten it".to_owned()))
}

/// Arguments that wait while a later one is computed hold values; see `limits`.
fn waiting_arguments(file: &str, layout: &Layout<'_>) -> Option<Diagnostic> {
    let mut open: Vec<usize> = Vec::new();
    let crowded = layout.tokens.iter().find(|token| {
        if token.is("(") {
            open.push(1);
        } else if token.opens() {
            open.push(0);
        } else if token.closes() {
            open.pop();
        } else if token.is(",") && open.last().is_some_and(|waiting| *waiting > 0) {
            *open.last_mut().expect("just seen") += 1;
        }
        open.iter().sum::<usize>() > Limits::WAITING_ARGUMENTS
    })?;
    let message = format!("more than {} arguments in calls within each other", Limits::WAITING_ARGUMENTS);
    Some(at_token("limit", message, file, layout.text, crowded).hint("compute some of them before, with `let`"))
}
