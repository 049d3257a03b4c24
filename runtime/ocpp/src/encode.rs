//! What we send: compact, members in the standard's order, because some stations parse by hand.

use std::fmt::{Display, Write};

use jiff::Timestamp;

/// `[2,"id","Action",{…}]`. Blanks between the payload's tokens are left out.
pub fn call(id: &str, action: &str, payload: &str) -> String {
    asking('2', id, action, payload)
}

/// `[6,"id","Action",{…}]`
pub(crate) fn send(id: &str, action: &str, payload: &str) -> String {
    asking('6', id, action, payload)
}

fn asking(kind: char, id: &str, action: &str, payload: &str) -> String {
    let mut frame = open(kind, id, payload.len() + action.len());
    frame.push(',');
    push_text(&mut frame, action);
    frame.push(',');
    push_compact(&mut frame, payload);
    frame.push(']');
    frame
}

/// `[3,"id",{…}]`
pub fn result(id: &str, payload: &str) -> String {
    let mut frame = open('3', id, payload.len());
    frame.push(',');
    frame.push_str(payload);
    frame.push(']');
    frame
}

/// `[4,"id","Code","description",{}]`
pub(crate) fn error(id: &str, code: &str, description: &str) -> String {
    failing('4', id, code, description)
}

/// `[5,"id","Code","description",{}]`
pub(crate) fn result_error(id: &str, code: &str, description: &str) -> String {
    failing('5', id, code, description)
}

fn failing(kind: char, id: &str, code: &str, description: &str) -> String {
    let mut frame = open(kind, id, code.len() + description.len());
    frame.push(',');
    push_text(&mut frame, code);
    frame.push(',');
    push_text(&mut frame, description);
    frame.push_str(",{}]");
    frame
}

fn open(kind: char, id: &str, more: usize) -> String {
    let mut frame = String::with_capacity(id.len() + more + 24);
    frame.push('[');
    frame.push(kind);
    frame.push(',');
    push_text(&mut frame, id);
    frame
}

/// How times are printed: always UTC with `Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Times {
    #[default]
    Milliseconds,
    /// For stations that cannot read a fraction.
    WholeSeconds,
}

/// Builds one JSON object, member by member.
pub(crate) struct Object {
    text: String,
    times: Times,
}

impl Object {
    pub(crate) fn new(times: Times) -> Self {
        let mut text = String::with_capacity(96);
        text.push('{');
        Self { text, times }
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        push_text(&mut self.text, value);
        self
    }

    pub(crate) fn time(mut self, name: &str, value: Timestamp) -> Self {
        self.name(name);
        let written = match self.times {
            Times::Milliseconds => write!(self.text, "\"{value:.3}\""),
            Times::WholeSeconds => write!(self.text, "\"{value:.0}\""),
        };
        written.expect("a String takes everything");
        self
    }

    /// A number, or a piece of JSON that is built already.
    pub(crate) fn raw(mut self, name: &str, value: impl Display) -> Self {
        self.name(name);
        write!(self.text, "{value}").expect("a String takes everything");
        self
    }

    /// Adds a member only when there is something to say.
    pub(crate) fn maybe<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        push_text(&mut self.text, name);
        self.text.push(':');
    }
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for piece in text.split_inclusive(|c: char| c == '"' || c == '\\' || c < ' ') {
        let last = piece.chars().next_back().filter(|c| matches!(c, '"' | '\\' | '\0'..='\x1f'));
        let Some(last) = last else {
            out.push_str(piece);
            continue;
        };
        out.push_str(&piece[..piece.len() - 1]);
        match last {
            '"' | '\\' => out.extend(['\\', last]),
            '\n' => out.push_str("\\n"),
            control => write!(out, "\\u{:04x}", u32::from(control)).expect("a String takes everything"),
        }
    }
    out.push('"');
}

fn push_compact(out: &mut String, json: &str) {
    let (mut in_text, mut escaped) = (false, false);
    out.extend(json.chars().filter(|&c| {
        let keep = in_text || !c.is_ascii_whitespace();
        in_text ^= c == '"' && !escaped;
        escaped = in_text && c == '\\' && !escaped;
        keep
    }));
}
