//! Why a call failed: the class that the runtime acts on, and the sentence that the author reads.

use amprule_domain::decision::FaultClass;
use amprule_hooks::Diagnostic;
use rhai::{EvalAltResult, Position};

use super::{kind_of, nearest};
use crate::language::GivenUp;
use crate::language::call::{OUT_OF_FUEL, WAITS};
use crate::language::limits::Limits;
use crate::source::{elsewhere, names};

#[derive(Debug)]
pub(crate) struct Explained {
    pub(crate) class: FaultClass,
    /// As for what is found before a script runs: the same slip has the same code.
    pub(crate) code: &'static str,
    /// Where it is known.
    pub(crate) place: Option<(String, Position)>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Explained {
    /// `text_of` gives a file's text for the excerpt.
    pub(crate) fn diagnostic<'a>(&self, code: &'static str, text_of: impl Fn(&str) -> Option<&'a str>) -> Diagnostic {
        let mut found = Diagnostic::new(code, &self.message);
        if let Some((file, position)) = &self.place {
            found = found.in_file(file);
            if let (Some(text), Some(line)) = (text_of(file), position.line()) {
                found = found.at(text, line, position.position().unwrap_or(1));
            }
        }
        match &self.hint {
            Some(hint) => found.hint(hint),
            None => found,
        }
    }
}

/// `entry` is the file where the call began; `functions` are those that the unit's files define.
pub(crate) fn explain_run(error: &EvalAltResult, entry: &str, functions: &[String]) -> Explained {
    let (inner, file, position) = innermost(error, entry);
    let (class, code, message) = message(inner);
    let place = (!position.is_none()).then_some((file, position));
    Explained { class, code, place, message, hint: hint(inner, functions) }
}

/// The error itself, and the nearest place that is known.
fn innermost<'e>(error: &'e EvalAltResult, entry: &str) -> (&'e EvalAltResult, String, Position) {
    let (mut error, mut file, mut position) = (error, entry.to_owned(), error.position());
    while let EvalAltResult::ErrorInFunctionCall(_, source, inner, _) = error {
        error = &**inner;
        if !error.position().is_none() {
            position = error.position();
            if !source.is_empty() {
                file.clone_from(source);
            }
        }
    }
    (error, file, position)
}

fn message(error: &EvalAltResult) -> (FaultClass, &'static str, String) {
    use EvalAltResult as E;
    match error {
        E::ErrorTooManyOperations(_) => out_of_fuel(),
        E::ErrorTerminated(why, _) if why.as_int() == Ok(OUT_OF_FUEL) => out_of_fuel(),
        E::ErrorTerminated(why, _) if why.as_int() == Ok(WAITS) => {
            (FaultClass::Missing, "missing", "it waits for what another system says".to_owned())
        }
        E::ErrorTerminated(..) => (FaultClass::Wall, "time", "the script used up its time".to_owned()),
        E::ErrorDataTooLarge(what, _) => {
            (FaultClass::Memory, "memory", format!("a value is too large: {}", what.to_lowercase()))
        }
        E::ErrorTooManyVariables(_) => {
            let most = Limits::VARIABLES;
            (FaultClass::Memory, "memory", format!("more than {most} variables at once in one function"))
        }
        E::ErrorStackOverflow(_) => {
            (FaultClass::Trap, "depth", format!("more than {} calls within each other", Limits::CALL_LEVELS))
        }
        E::ErrorRuntime(value, _) if value.is::<GivenUp>() => given_up(value),
        other => {
            let (code, message) = mistake(other);
            (FaultClass::GuestError, code, message)
        }
    }
}

fn given_up(why: &rhai::Dynamic) -> (FaultClass, &'static str, String) {
    match why.read_lock::<GivenUp>().as_deref() {
        Some(GivenUp::NotApplicable(why)) => (FaultClass::NotApplicable, "not-applicable", why.to_string()),
        Some(GivenUp::Missing(what)) => (FaultClass::Missing, "missing", what.to_string()),
        None => (FaultClass::GuestError, "failed", thrown(why)),
    }
}

fn out_of_fuel() -> (FaultClass, &'static str, String) {
    (FaultClass::Fuel, "operations", "the script used up its operations".to_owned())
}

/// What the script did wrong, within its budget.
fn mistake(error: &EvalAltResult) -> (&'static str, String) {
    use EvalAltResult as E;
    match error {
        E::ErrorRuntime(value, _) => ("failed", thrown(value)),
        E::ErrorFunctionNotFound(signature, _) => unknown_function(signature),
        E::ErrorVariableNotFound(name, _) => ("unknown-variable", format!("there is no variable {name} here")),
        E::ErrorPropertyNotFound(name, _) => ("unknown-field", format!("there is no field {name}")),
        E::ErrorDotExpr(text, _) => ("unknown-field", wrong_field(text)),
        other => ("failed", plain(other)),
    }
}

fn thrown(value: &rhai::Dynamic) -> String {
    match value.read_lock::<rhai::ImmutableString>() {
        Some(text) => text.to_string(),
        None if value.is_unit() => "the script gave up without a word".to_owned(),
        None => format!("the script threw {}: {value}", kind_of(value)),
    }
}

/// Rhai gives the name with the types of its arguments: `lin (i64, map)`.
fn unknown_function(signature: &str) -> (&'static str, String) {
    let name = function_name(signature);
    let arguments = signature.split_once('(').map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    let arguments = arguments.replace("&str | ImmutableString | String", "string").replace("i64", "int");
    if names::function_named(name).is_some() || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        ("argument-type", format!("`{name}` does not take ({arguments})"))
    } else {
        ("unknown-function", format!("there is no function {name}({arguments})"))
    }
}

fn function_name(signature: &str) -> &str {
    signature.split([' ', '(']).next().unwrap_or(signature)
}

/// Rhai's own words, without its place and its capital.
fn plain(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" (line ").map_or(text.as_str(), |(text, _)| text);
    lower(text)
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Rhai says: `Unknown property 'x' - a getter is not registered for type 'session'`.
fn wrong_field(text: &str) -> String {
    match (quoted(text, 0), quoted(text, 1)) {
        (Some(field), Some(owner)) if text.starts_with("Unknown") => format!("a {owner} has no field {field}"),
        (Some(field), Some(owner)) if text.starts_with("No writable") => {
            format!("the field {field} of a {owner} cannot be changed")
        }
        _ => lower(text),
    }
}

fn field_hint(text: &str) -> Option<String> {
    let (field, owner) = (quoted(text, 0)?, quoted(text, 1)?);
    let fields: Vec<&str> = names::fields_of(owner)?.iter().map(|field| field.name).collect();
    if fields.contains(&field) {
        return None;
    }
    if let Some(meant) = elsewhere::field(field) {
        return Some(meant.to_owned());
    }
    let near = nearest(field, fields.iter().copied());
    Some(near.map_or_else(|| format!("its fields are {}", fields.join(", ")), |near| format!("did you mean `{near}`?")))
}

const WHOLE: &str = "a whole number is wanted, and this is a decimal: write `to_int(x)`";
/// Functions that take whole numbers only.
const WHOLE_ONLY: [&str; 4] = ["plus_minutes", "plus_seconds", "is_between", "next_local_time"];

/// Of an operator, or a function, that was given what it does not take.
fn operand_hint(name: &str, signature: &str) -> Option<&'static str> {
    let has = |kind: &str| signature.contains(kind);
    let is_operator = !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match name {
        ".." | "..=" if has("decimal") => Some("a range has whole numbers: `0..to_int(x)`"),
        "contains" if has("range") && has("decimal") => Some("a range has whole numbers: `x >= 0 && x < 20`"),
        _ if WHOLE_ONLY.contains(&name) && has("decimal") => Some(WHOLE),
        "!" => Some("`!` takes true or false; whether something is there is `x != ()`"),
        _ if is_operator && (has("(()") || has("())") || has(" ()")) => {
            Some("a value that may be nothing is looked at first: `if x != () { … }`")
        }
        "-" | "*" | "/" | "%" | "**" if has("String") => Some("`to_decimal(x)` reads a number out of a text"),
        _ => None,
    }
}

/// Of what `language::ordering` says.
fn unordered_hint(text: &str) -> Option<String> {
    let is_unordered = text.ends_with("which have no order");
    let has_nothing = text.contains("nothing, ()");
    is_unordered.then(|| match has_nothing {
        true => "a value that may be nothing is looked at first: `if x != () && x > 5`".to_owned(),
        false => "numbers have no quotes, and moments are compared with moments".to_owned(),
    })
}

/// The text's `at`-th word in single quotes.
fn quoted(text: &str, at: usize) -> Option<&str> {
    text.split('\'').nth(2 * at + 1)
}

fn hint(error: &EvalAltResult, functions: &[String]) -> Option<String> {
    use EvalAltResult as E;
    match error {
        E::ErrorFunctionNotFound(signature, _) => {
            let name = function_name(signature);
            if let Some(hint) = operand_hint(name, signature) {
                return Some(hint.to_owned());
            }
            if let Some(function) = names::function_named(name) {
                return Some(format!("it is {}", function.usage()));
            }
            let known = names::functions().chain(functions.iter().map(String::as_str));
            nearest(name, known).map(|near| format!("did you mean `{near}`?"))
        }
        E::ErrorMismatchDataType(wanted, got, _) if wanted == "i64" && got == "decimal" => Some(WHOLE.to_owned()),
        E::ErrorIndexingType(what, _) if what.ends_with("[decimal]") => Some(WHOLE.to_owned()),
        E::ErrorMismatchDataType(wanted, ..) if wanted == "bool" => {
            Some("a condition is true or false; whether something is there is `x != ()`".to_owned())
        }
        E::ErrorFor(_) => Some("`for` goes through a list or a range: `for i in 0..n { … }`".to_owned()),
        E::ErrorDotExpr(text, _) => field_hint(text),
        E::ErrorRuntime(value, _) => unordered_hint(&thrown(value)),
        E::ErrorPropertyNotFound(name, _) => {
            nearest(name, names::fields()).map(|near| format!("did you mean `{near}`?"))
        }
        E::ErrorTooManyOperations(_) | E::ErrorTerminated(..) => Some("is there a loop that does not end?".to_owned()),
        E::ErrorStackOverflow(_) => Some("is there a function that calls itself?".to_owned()),
        E::ErrorDataTooLarge(what, _) if what.contains("map") => {
            Some("lines made with line(…) do not count, lines written as maps do".to_owned())
        }
        _ => None,
    }
}
