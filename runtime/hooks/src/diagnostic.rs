//! What is wrong with a unit, said to its author.

use std::fmt;

use serde::Serialize;

use crate::codes::code_of;

/// One finding. Printed as `rustc` prints its own: where, an excerpt with a caret, and what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// A stable short word: `syntax`, `unknown-field`, `manifest`, `self-test`, `limit`, … People see its number; see
    /// [`crate::codes`].
    pub code: &'static str,
    /// The unit runs nevertheless.
    #[serde(skip)]
    pub warning: bool,
    pub message: String,
    /// Relative to the unit's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// From 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The source line that the caret points into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What is likely meant, or what to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Bytes of a message.
const MESSAGE_MAX: usize = 1_000;

impl Diagnostic {
    /// A message that quotes what is endless is cut.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > MESSAGE_MAX {
            message.truncate(message.floor_char_boundary(MESSAGE_MAX));
            message.push('…');
        }
        Self { code, message, ..Self::default() }
    }

    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// Points at a place of `text`, and keeps that line as the excerpt.
    #[must_use]
    pub fn at(mut self, text: &str, line: usize, column: usize) -> Self {
        self.line = Some(line);
        self.column = Some(column.max(1));
        self.excerpt = text.lines().nth(line.saturating_sub(1)).map(|line| line.chars().take(200).collect());
        self
    }

    /// Points at the place of `text` that is so many bytes behind its beginning.
    #[must_use]
    pub fn at_byte(self, text: &str, byte: usize) -> Self {
        let before = &text[..text.floor_char_boundary(byte)];
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        self.at(text, before.matches('\n').count() + 1, column)
    }

    /// What the parser says of `text`, with its place. It lists what it knows; the nearest of those is what was likely meant.
    pub fn of_toml(code: &'static str, text: &str, error: &toml::de::Error) -> Self {
        let wrong = Self::new(code, error.message()).at_byte(text, error.span().map_or(0, |span| span.start));
        match listed(error.message()) {
            Some(known) => wrong.hint(format!("did you mean `{known}`?")),
            None => wrong,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

fn listed(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next().filter(|_| message.starts_with("unknown"))?;
    let near = |known: &&str| strsim::jaro_winkler(given, known);
    quoted.max_by(|a, b| near(a).total_cmp(&near(b)))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.warning { "warning" } else { "error" };
        write!(f, "{kind}[{}]: {}", code_of(self.code), self.message)?;
        let Some(file) = &self.file else {
            return self.print_hint(f, "");
        };
        let (Some(line), Some(column)) = (self.line, self.column) else {
            write!(f, "\n  --> {file}")?;
            return self.print_hint(f, "");
        };
        let gutter = " ".repeat(line.to_string().len());
        write!(f, "\n{gutter}--> {file}:{line}:{column}")?;
        if let Some(excerpt) = &self.excerpt {
            let pad: String = excerpt.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            write!(f, "\n{gutter} |\n{line} | {excerpt}\n{gutter} | {pad}^")?;
        }
        self.print_hint(f, &gutter)
    }
}

impl Diagnostic {
    fn print_hint(&self, f: &mut fmt::Formatter<'_>, gutter: &str) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "\n{gutter} = help: {hint}"),
            None => Ok(()),
        }
    }
}
