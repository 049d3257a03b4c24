//! The shape of a file: its imports, constants and functions, and what must not stand beside them.

use std::ops::Range;

use super::lexer::{Token, tokens};

/// A file's top level. `code` is the text with imports and constants blanked, every place unchanged: what is left
/// for Rhai are functions, so that a call has nothing to run again.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) constants: Vec<Constant<'a>>,
    pub(crate) functions: Vec<Function<'a>>,
    /// The first token of each statement that is none of these.
    pub(crate) strays: Vec<Token<'a>>,
    pub(crate) code: String,
    /// Where the text stops to make sense, if it does.
    pub(crate) broken_at: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import<'a> {
    pub(crate) path: Token<'a>,
    pub(crate) alias: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Constant<'a> {
    pub(crate) name: Token<'a>,
    pub(crate) expression: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    pub(crate) name: Token<'a>,
    pub(crate) parameters: usize,
    /// From `fn` to its closing brace.
    pub(crate) tokens: Range<usize>,
}

pub(crate) fn layout(text: &str) -> Layout<'_> {
    let (tokens, end) = tokens(text);
    let mut layout = Layout {
        text,
        tokens,
        imports: Vec::new(),
        constants: Vec::new(),
        functions: Vec::new(),
        strays: Vec::new(),
        code: text.to_owned(),
        broken_at: (end < text.len()).then_some(end),
    };
    let mut at = 0;
    while at < layout.tokens.len() {
        at = layout.statement(at);
    }
    layout
}

impl<'a> Layout<'a> {
    /// The expression of a constant, at its own place in an otherwise blank text.
    pub(crate) fn expression(&self, constant: &Constant<'_>) -> String {
        let Range { start, end } = constant.expression;
        format!("{}{}", blank(&self.text[..start]), &self.text[start..end])
    }

    /// Reads the statement that begins at token `at`, and says where the next one begins.
    fn statement(&mut self, at: usize) -> usize {
        let rest = &self.tokens[at..];
        let end = at + statement_length(rest);
        match rest {
            [first, ..] if first.is(";") => {}
            [first, path, word, alias, ..] if first.is("import") && word.is("as") && alias.is_word() => {
                self.imports.push(Import { path: *path, alias: alias.text });
                self.blank(at..end);
            }
            [first, name, equals, from, ..] if first.is("const") && name.is_word() && equals.is("=") => {
                let until = self.tokens[end - 1];
                let until = if until.is(";") { until.start } else { until.end() };
                self.constants.push(Constant { name: *name, expression: from.start..until.max(from.start) });
                self.blank(at..end);
            }
            [first, name, paren, ..] if first.is("fn") && name.is_word() && paren.is("(") => {
                self.functions.push(Function { name: *name, parameters: parameters(&rest[2..]), tokens: at..end });
            }
            [first, ..] if first.is("private") => return at + 1,
            [first, ..] => self.strays.push(*first),
            [] => {}
        }
        end
    }

    fn blank(&mut self, tokens: Range<usize>) {
        let (start, end) = (self.tokens[tokens.start].start, self.tokens[tokens.end - 1].end());
        // Blanks are as many characters, but perhaps fewer bytes: work from the original text, and keep what is
        // already blank before it.
        let done = self.code.len() - (self.text.len() - start);
        self.code = format!("{}{}{}", &self.code[..done], blank(&self.text[start..end]), &self.text[end..]);
    }
}

/// As many characters and lines as `text`, with nothing in them.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// How many tokens until the statement's `;`, or its function's closing brace.
fn statement_length(tokens: &[Token<'_>]) -> usize {
    let is_function = tokens.first().is_some_and(|token| token.is("fn"));
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
            if depth == 0 && is_function && token.is("}") {
                return at + 1;
            }
        } else if depth == 0 && token.is(";") {
            return at + 1;
        } else if depth == 0 && at > 0 && token.is("fn") && !tokens[at - 1].is("private") {
            return at;
        }
    }
    tokens.len()
}

fn parameters(tokens: &[Token<'_>]) -> usize {
    tokens.iter().skip(1).take_while(|token| !token.is(")")).filter(|token| token.is_word()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_imports_constants_and_functions() {
        let text =
            "import \"days\" as days;\nconst FEE = max(1, 2);\nprivate fn a() { 1 }\nfn price(session) { a() }\n";
        let layout = layout(text);
        assert_eq!(layout.imports[0].alias, "days");
        assert_eq!(layout.constants[0].name.text, "FEE");
        assert_eq!(layout.expression(&layout.constants[0]).trim(), "max(1, 2)");
        let functions: Vec<_> = layout.functions.iter().map(|f| (f.name.text, f.parameters)).collect();
        assert_eq!(functions, [("a", 0), ("price", 1)]);
        assert!(layout.strays.is_empty());
    }

    #[test]
    fn blanking_keeps_every_place() {
        let text = "const Ä = \"ä\"; const B = 1;\nfn f() { \"é\" }";
        let layout = layout(text);
        assert_eq!(layout.code.chars().count(), text.chars().count());
        assert!(layout.code.ends_with("\nfn f() { \"é\" }"), "{:?}", layout.code);
    }

    #[test]
    fn other_statements_are_strays() {
        let layout = layout("let x = 1;\nfn f() { x }\nprint(1);");
        let strays: Vec<_> = layout.strays.iter().map(|token| (token.text, token.line)).collect();
        assert_eq!(strays, [("let", 1), ("print", 3)]);
    }
}
