//! Walks over the text of a frame and cuts its members out, without building anything.
//!
//! It finds where a value ends and how deep it goes. Whether the value is proper JSON is for the decoder to say.

use crate::limits::MAX_DEPTH;
use crate::malformed::FrameFault;

pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.trim_start_matches('\u{feff}'), at: 0 }
    }

    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The text of the next value, as it stands.
    pub(crate) fn value(&mut self) -> Result<&'a str, FrameFault> {
        let first = self.peek().ok_or(FrameFault::NotJson)?;
        let start = self.at;
        match first {
            b'"' => self.string()?,
            b'{' | b'[' => self.container()?,
            b',' | b']' | b'}' | b':' => return Err(FrameFault::NotJson),
            _ => self.word(),
        }
        Ok(&self.text[start..self.at])
    }

    fn string(&mut self) -> Result<(), FrameFault> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        Err(FrameFault::NotJson)
    }

    fn container(&mut self) -> Result<(), FrameFault> {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' if depth == MAX_DEPTH => return Err(FrameFault::TooDeep),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        Err(FrameFault::NotJson)
    }

    /// A number, `true`, `false` or `null`: up to the next mark of punctuation.
    fn word(&mut self) {
        let rest = &self.text[self.at..];
        let ends = |byte: u8| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n');
        self.at += rest.bytes().position(ends).unwrap_or(rest.len());
    }
}
