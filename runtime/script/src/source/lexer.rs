//! A script's text as tokens with places: enough to see its shape, its names and common slips.
//!
//! Rhai has the last word on what is valid; text that this lexer does not understand ends its tokens early and is
//! left to Rhai's own message.

/// One token. `text` is the slice of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    /// Byte offset of the first character.
    pub(crate) start: usize,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    /// With its quotes. The parts of a template stand between its `${…}`.
    Text,
    Symbol,
}

impl Token<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != TokenKind::Text && self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    /// The text between the quotes, escapes left as they are.
    pub(crate) fn unquoted(&self) -> &str {
        self.text.trim_matches(['"', '`', '\''])
    }

    pub(crate) fn opens(&self) -> bool {
        self.kind == TokenKind::Symbol && matches!(self.text, "(" | "[" | "{" | "#{" | "${")
    }

    pub(crate) fn closes(&self) -> bool {
        self.kind == TokenKind::Symbol && matches!(self.text, ")" | "]" | "}")
    }

    pub(crate) fn assigns(&self) -> bool {
        const ASSIGNMENTS: [&str; 12] = ["=", "+=", "-=", "*=", "/=", "%=", "**=", "|=", "&=", "^=", "<<=", ">>="];
        self.kind == TokenKind::Symbol && ASSIGNMENTS.contains(&self.text)
    }
}

/// Longest first.
const SYMBOLS: [&str; 41] = [
    "**=", "<<=", ">>=", "..=", "===", "!==", "#{", "::", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=",
    "%=", "|=", "&=", "^=", "**", "<<", ">>", "..", "=>", "->", "??", "?.", "?[", "++", "--", "+", "-", "*", "/", "%",
    "<", ">", "=",
];

/// The tokens, and where the text stops to make sense: its end, if it is good.
pub(crate) fn tokens(text: &str) -> (Vec<Token<'_>>, usize) {
    let mut lexer = Lexer { text, at: 0, line: 1, column: 1, templates: Vec::new(), tokens: Vec::new() };
    while lexer.step().is_some() {}
    (lexer.tokens, lexer.at)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    column: usize,
    /// For each template that is open: how many braces are open inside its `${`.
    templates: Vec<usize>,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    /// `None` at the end, or where the text makes no sense.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        match first {
            _ if first.is_whitespace() => self.skip(first.len_utf8()),
            _ if rest.starts_with("//") => self.skip(rest.find(['\n', '\r']).unwrap_or(rest.len())),
            _ if rest.starts_with("/*") => self.skip(block_comment(rest)?),
            '"' => self.take(TokenKind::Text, quoted(rest, '"')?),
            '\'' => self.take(TokenKind::Text, quoted(rest, '\'')?),
            '#' => self.hash(rest)?,
            '`' => return self.template(1),
            '}' if self.templates.last() == Some(&0) => {
                self.take(TokenKind::Symbol, 1);
                self.templates.pop();
                return self.template(0);
            }
            _ if first.is_ascii_digit() => self.take(TokenKind::Number, number(rest)),
            _ if is_word(first) => self.take(TokenKind::Word, rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            _ => self.symbol(first),
        }
        Some(())
    }

    /// A raw text, a map, or a run of `#` that is nothing to Rhai: looked at once, however long it is.
    fn hash(&mut self, rest: &str) -> Option<()> {
        let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
        match rest.as_bytes().get(hashes) {
            Some(b'"') => self.take(TokenKind::Text, raw(rest, hashes)?),
            _ if hashes > 1 => self.take(TokenKind::Symbol, hashes - 1),
            _ => self.symbol('#'),
        }
        Some(())
    }

    fn symbol(&mut self, first: char) {
        let length =
            SYMBOLS.iter().find(|symbol| self.rest().starts_with(**symbol)).map_or(first.len_utf8(), |s| s.len());
        let closes = first == '}';
        let opens = self.rest()[..length].ends_with('{');
        if let Some(braces) = self.templates.last_mut() {
            *braces = *braces + usize::from(opens) - usize::from(closes);
        }
        self.take(TokenKind::Symbol, length);
    }

    /// A template's text, up to its end or its next `${`; with a `\` before it that is text too. `quote` is 1 at its start.
    fn template(&mut self, quote: usize) -> Option<()> {
        let rest = self.rest();
        let end = rest[quote..].find('`').map(|at| at + quote);
        let text = &rest[..end.unwrap_or(rest.len())];
        let mut holes = text.match_indices("${").map(|(at, _)| at);
        match holes.find(|at| *at == 0 || text.as_bytes()[at - 1] != b'\\') {
            Some(hole) => {
                self.take(TokenKind::Text, hole);
                self.take(TokenKind::Symbol, 2);
                self.templates.push(0);
            }
            None => self.take(TokenKind::Text, end? + 1),
        }
        Some(())
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, kind: TokenKind, length: usize) {
        if length > 0 {
            let text = &self.rest()[..length];
            self.tokens.push(Token { kind, text, start: self.at, line: self.line, column: self.column });
            self.skip(length);
        }
    }

    fn skip(&mut self, length: usize) {
        for c in self.rest()[..length].chars() {
            (self.line, self.column) = if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
        self.at += length;
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A point belongs to the number when a digit follows: `0..10` is a range.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let fraction = bytes[at] == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !(bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_' || fraction) {
            break;
        }
        at += 1;
    }
    at
}

fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            // Half of a line's end, behind which the text goes on.
            '\r' if text[at + 1..].starts_with('\n') => {}
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// `#"a " b"#`, with as many `#` at its end as at its beginning.
fn raw(text: &str, hashes: usize) -> Option<usize> {
    let end = format!("\"{}", "#".repeat(hashes));
    let from = hashes + 1;
    text[from..].find(&end).map(|at| from + at + end.len())
}

/// Comments nest.
fn block_comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        let pair = &text.as_bytes()[at..text.len().min(at + 2)];
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<&str> = tokens(text).0.iter().map(|token| token.text).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn text_becomes_words_numbers_texts_and_symbols() {
        check("let a=0.49; // price", &["let", "a", "=", "0.49", ";"]);
        check("for i in 0..10 {}", &["for", "i", "in", "0", "..", "10", "{", "}"]);
        check("a /* x /* y */ z */ b", &["a", "b"]);
        check(r#"f("a \" b", 'c')"#, &["f", "(", r#""a \" b""#, ",", "'c'", ")"]);
        check("a // b\rc", &["a", "c"]);
        check(r####"f(#"a " b"#, ##"c"# d"##)"####, &["f", "(", r##"#"a " b"#"##, ",", r###"##"c"# d"##"###, ")"]);
        check("#{ a: p.kwh }", &["#{", "a", ":", "p", ".", "kwh", "}"]);
    }

    #[test]
    fn the_holes_of_a_template_are_code() {
        check(
            "`a ${b + #{c: 1}.c} d`;x",
            &["`a ", "${", "b", "+", "#{", "c", ":", "1", "}", ".", "c", "}", " d`", ";", "x"],
        );
        check("`${`${a}`}`", &["`", "${", "`", "${", "a", "}", "`", "}", "`"]);
    }

    /// Whatever Rhai takes for code must be a token here: what is not seen is not checked. Rhai says that a variable is not
    /// known as soon as it sees one.
    #[test]
    fn no_code_hides_behind_texts_and_comments() {
        const PARTS: [&str; 18] =
            ["`", "\\", "$", "{", "}", "${", "\"", "#", "#\"", "\"#", "'", "/", "*", "\r", "\n", ";", " ", "a"];
        let mut engine = rhai::Engine::new_raw();
        engine.set_strict_variables(true);
        let mut seed = 7_u64;
        let mut draw = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits") % most
        };
        let mut seen = 0;
        for _ in 0..150_000 {
            let before: String = (0..1 + draw(9)).map(|_| PARTS[draw(PARTS.len())]).collect();
            let after: String = (0..draw(6)).map(|_| PARTS[draw(PARTS.len())]).collect();
            let text = format!("{before} zz {after}");
            let Err(error) = engine.compile(&text) else { continue };
            if matches!(error.err_type(), rhai::ParseErrorType::VariableUndefined(name) if name == "zz") {
                seen += 1;
                let is_token = tokens(&text).0.iter().any(|token| token.is_word() && token.text == "zz");
                assert!(is_token, "Rhai sees a variable in {text:?}, and its tokens are {:?}", tokens(&text).0);
            }
        }
        assert!(seen > 5_000, "{seen} texts had code at that place");
    }

    #[test]
    fn places_count_lines_and_characters() {
        let (tokens, _) = tokens("let ä = 1;\n  b");
        let last = tokens.last().expect("a token");
        assert_eq!((last.line, last.column), (2, 3));
    }
}
