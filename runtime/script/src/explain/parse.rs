//! Why a script is not valid, from Rhai's first error and the tokens around it.

use amprule_hooks::Diagnostic;
use rhai::{LexError, ParseError, ParseErrorType};

use super::braces::{self, Slip};
use super::habits;
use super::nearest;
use crate::language::limits::Limits;
use crate::source::layout::Layout;
use crate::source::lexer::Token;

/// `names` are the constants that the file may use.
pub(crate) fn explain_parse(error: &ParseError, file: &str, layout: &Layout<'_>, names: &[&str]) -> Diagnostic {
    let around = Around::of(error, layout);
    let slip = around.slip();
    let line = around.position(error).and_then(|(line, _)| layout.text.lines().nth(line - 1));
    let habit = line.and_then(habits::hint_for).map(str::to_owned);
    let (code, message) = match error.err_type() {
        ParseErrorType::VariableUndefined(word) if slip.is_some() && around.brace.is_none() => {
            ("syntax", format!("`{word}` is not a word of the language"))
        }
        error => message(error),
    };
    let mut found = Diagnostic::new(code, message).in_file(file);
    if let Some((line, column)) = around.position(error) {
        found = found.at(layout.text, line, column);
    }
    let semicolon = around.missing_semicolon.then(|| "end the statement with `;`".to_owned());
    match slip.or(habit).or(semicolon).or_else(|| hint(error.err_type(), layout, names)) {
        Some(hint) => found.hint(hint),
        None => found,
    }
}

fn message(error: &ParseErrorType) -> (&'static str, String) {
    match error {
        ParseErrorType::VariableUndefined(name) => ("unknown-variable", format!("there is no variable {name} here")),
        ParseErrorType::ModuleUndefined(name) => ("import", format!("nothing is imported as {name}")),
        ParseErrorType::ExprTooDeep => ("limit", format!("more than {} levels within each other", Limits::NESTING)),
        ParseErrorType::TooManyFunctions => ("limit", format!("more than {} functions", Limits::FUNCTIONS)),
        ParseErrorType::LiteralTooLarge(what, limit) => ("limit", format!("{}: at most {limit}", what.to_lowercase())),
        ParseErrorType::MissingToken(token, why) => {
            ("syntax", format!("expected `{token}` {}", why.trim_end_matches('.')))
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "=" => {
            ("syntax", "`=` stands where a value is expected".to_owned())
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(_, why)) if why.contains("disabled") => {
            ("syntax", why.replace("reserved keyword ", "").replace(" is disabled", " cannot be used"))
        }
        ParseErrorType::Reserved(word) => ("syntax", format!("`{word}` is not part of the language")),
        other => ("syntax", sentence(&other.to_string())),
    }
}

/// Rhai's messages begin with a capital; ours do not.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn hint(error: &ParseErrorType, layout: &Layout<'_>, constants: &[&str]) -> Option<String> {
    match error {
        ParseErrorType::VariableUndefined(name) if imports(layout, name) => {
            Some(format!("{name} is an imported file: write `{name}::function(…)`"))
        }
        ParseErrorType::VariableUndefined(name) => {
            let near = nearest(name, local_names(layout).into_iter().chain(constants.iter().copied()));
            let functions_see = "a function sees its parameters, its own `let` and the file's `const`";
            Some(near.map_or_else(|| functions_see.to_owned(), |near| format!("did you mean `{near}`?")))
        }
        ParseErrorType::ModuleUndefined(_) => {
            Some("import files of this folder at the top: `import \"days\" as days;`".to_owned())
        }
        ParseErrorType::TooManyFunctions | ParseErrorType::ExprTooDeep => {
            Some("split it into smaller parts".to_owned())
        }
        ParseErrorType::MissingToken(token, _) if token == "," || token == ")" || token == "]" => {
            Some("is a `)` or `]` missing before this?".to_owned())
        }
        ParseErrorType::MismatchedType(wanted, _) if wanted.contains("bool") => {
            Some("`&&` and `||` join conditions; another value is chosen with `if x != () { x } else { y }`".to_owned())
        }
        ParseErrorType::BadInput(LexError::UnterminatedString) => Some("close it with `\"`".to_owned()),
        ParseErrorType::UnexpectedEOF => Some("a `}`, `)` or `]` is missing before the end".to_owned()),
        _ => None,
    }
}

/// `import "days" as name;`
fn imports(layout: &Layout<'_>, name: &str) -> bool {
    layout.tokens.windows(4).any(|tokens| tokens[0].is("import") && tokens[2].is("as") && tokens[3].text == name)
}

/// Every name that the file gives to something: parameters, variables, loops.
fn local_names<'a>(layout: &Layout<'a>) -> Vec<&'a str> {
    let tokens = &layout.tokens;
    let declared = tokens.windows(2).filter(|pair| pair[0].is("let") || pair[0].is("const") || pair[0].is("for"));
    let mut names: Vec<&str> = declared.map(|pair| pair[1].text).collect();
    for at in (0..tokens.len()).filter(|at| tokens[*at].is("fn")) {
        let parameters = tokens[at..].iter().skip(3).take_while(|token| !token.is(")"));
        names.extend(parameters.filter(|token| token.is_word()).map(|token| token.text));
    }
    names
}

/// The tokens around an error.
struct Around<'a, 'b> {
    before: &'b [Token<'a>],
    here: Option<&'b Token<'a>>,
    missing_semicolon: bool,
    /// What stands beside `&&` or `||` is no condition.
    wants_flag: bool,
    /// The file's, when this may be where it shows.
    brace: Option<Slip>,
}

impl<'a, 'b> Around<'a, 'b> {
    fn of(error: &ParseError, layout: &'b Layout<'a>) -> Self {
        let at = match (error.position().line(), error.position().position()) {
            (Some(line), column) => {
                layout.tokens.partition_point(|token| (token.line, token.column) < (line, column.unwrap_or(1)))
            }
            _ => layout.tokens.len(),
        };
        let missing_semicolon = matches!(error.err_type(), ParseErrorType::MissingToken(token, _) if token == ";");
        let (before, here) = (&layout.tokens[..at], layout.tokens.get(at));
        let shows = shows_braces(error.err_type(), before, here, layout);
        let brace = shows.then(|| braces::slip(&layout.tokens)).flatten();
        let wants_flag = matches!(error.err_type(), ParseErrorType::MismatchedType(..));
        Self { before, here, missing_semicolon, wants_flag, brace }
    }

    /// A missing `;` is shown where it belongs: behind the token before.
    fn position(&self, error: &ParseError) -> Option<(usize, usize)> {
        match self.before.last() {
            Some(last) if self.missing_semicolon => Some((last.line, last.column + last.text.chars().count())),
            last => match error.position().line() {
                Some(line) => Some((line, error.position().position().unwrap_or(1))),
                None => last.map(|last| (last.line, last.column)),
            },
        }
    }

    fn slip(&self) -> Option<String> {
        let here = self.here.into_iter().chain(self.before.last());
        if let Some(hint) = here.clone().find_map(|token| slip_of(token)) {
            return Some(hint.to_owned());
        }
        if self.here.is_some_and(|token| token.is("=")) && self.in_condition() {
            return Some("`=` assigns; to compare, write `==`".to_owned());
        }
        let bar = here.clone().any(|token| token.is("|") || token.is("||"));
        if bar && !self.wants_flag {
            return Some("there are no closures; use a `for` loop or a function of its own".to_owned());
        }
        match self.brace {
            Some(Slip::Open(line)) => {
                return Some(format!("a `}}` is missing before this: the `{{` of line {line} is still open"));
            }
            Some(Slip::TooMany(line, opened)) => {
                return Some(format!(
                    "there is a `}}` too many: the one of line {line} closes the `{{` of line {opened}"
                ));
            }
            None => {}
        }
        None
    }

    /// Is this statement an `if` or a `while`?
    fn in_condition(&self) -> bool {
        let statement = self.before.iter().rev().take_while(|token| !token.is(";") && !token.is("{") && !token.is("}"));
        statement.into_iter().any(|token| token.is("if") || token.is("while"))
    }
}

/// May this error come from a brace that is missing or too many?
fn shows_braces(error: &ParseErrorType, before: &[Token<'_>], here: Option<&Token<'_>>, layout: &Layout<'_>) -> bool {
    if let ParseErrorType::VariableUndefined(name) = error {
        return local_names(layout).contains(&name.as_str());
    }
    let ends = here.is_none_or(|token| ["fn", "private", "else", "}"].iter().any(|word| token.is(word)));
    !is_of_brackets(error) && (ends || here.is_some_and(|token| braces::falls_back(before, token)))
}

/// Something else is still open, and says so itself.
fn is_of_brackets(error: &ParseErrorType) -> bool {
    match error {
        ParseErrorType::BadInput(_) => true,
        ParseErrorType::MissingToken(token, _) => token == "," || token == ")" || token == "]",
        _ => false,
    }
}

fn slip_of(token: &Token<'_>) -> Option<&'static str> {
    if token.kind == crate::source::lexer::TokenKind::Text {
        return None;
    }
    Some(match token.text {
        "elif" | "elsif" | "elseif" => "write `else if`",
        "and" => "write `&&`",
        "or" => "write `||`",
        "not" => "write `!`",
        "function" | "def" | "func" => "a function begins with `fn`",
        "var" => "a variable begins with `let`",
        "null" | "nil" | "None" | "undefined" => "nothing is written `()`",
        "True" => "write `true`",
        "False" => "write `false`",
        "then" | "end" | "begin" => "blocks stand in braces: `if x { … }`",
        "===" => "write `==`",
        "!==" => "write `!=`",
        "++" => "write `+= 1`",
        "--" => "write `-= 1`; a comment begins with `//`",
        "eval" => "code cannot be made at run time",
        "Fn" | "call" | "curry" => "functions are called by their names",
        "import" => "imports stand at the top of the file: `import \"days\" as days;`",
        "export" => "all functions of an imported file can be used; `private fn` keeps one to itself",
        _ => return None,
    })
}
