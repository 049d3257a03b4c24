//! OCPP-J framing: text in, a [`Frame`] with its payload left as it came.
//!
//! Nothing here knows an action or a version. What cannot be read becomes a [`Malformed`], from which a dialect
//! makes the answer that its version wants.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::limits::{MAX_ID, MAX_ID_ECHOED};
use crate::malformed::{FrameFault, Malformed};
use crate::scan::Scan;

/// One message of OCPP-J (2.0.1 part 4, 4.2; 2.1 part 4, 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame<'a> {
    Call {
        id: Cow<'a, str>,
        /// The station sent the id as a number; its text is taken.
        id_repaired: bool,
        action: Cow<'a, str>,
        /// An object by its brackets; the decoder checks what is in it.
        payload: &'a str,
    },
    /// The payload is well-formed JSON.
    Result {
        id: Cow<'a, str>,
        payload: &'a str,
    },
    Error {
        id: Cow<'a, str>,
        code: Cow<'a, str>,
        description: Cow<'a, str>,
        details: &'a str,
    },
    /// 2.1: the station could not use our answer.
    ResultError {
        id: Cow<'a, str>,
        code: Cow<'a, str>,
        description: Cow<'a, str>,
        details: &'a str,
    },
    /// 2.1: a message without an answer.
    Send {
        id: Cow<'a, str>,
        action: Cow<'a, str>,
        payload: &'a str,
    },
}

impl<'a> Frame<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// [`Malformed`] says what is wrong, and keeps type and id as far as they could be read.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut reader = Reader { scan: Scan::new(text), kind: None, id: None };
        reader.frame().map_err(|fault| reader.malformed(fault, text))
    }
}

struct Reader<'a> {
    scan: Scan<'a>,
    kind: Option<u64>,
    id: Option<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    fn frame(&mut self) -> Result<Frame<'a>, FrameFault> {
        if !self.scan.eat(b'[') {
            return Err(FrameFault::NotAnArray);
        }
        self.kind = self.scan.value()?.parse().ok();
        self.next()?;
        let (id, id_repaired) = self.id()?;
        let frame = match self.kind {
            Some(2) => Frame::Call { id, id_repaired, action: self.action()?, payload: self.object()? },
            Some(3) => Frame::Result { id, payload: self.checked()? },
            Some(4) => {
                let (code, description, details) = self.error()?;
                Frame::Error { id, code, description, details }
            }
            Some(5) => {
                let (code, description, details) = self.error()?;
                Frame::ResultError { id, code, description, details }
            }
            Some(6) => Frame::Send { id, action: self.action()?, payload: self.object()? },
            _ => return Err(FrameFault::UnknownKind),
        };
        self.end()?;
        Ok(frame)
    }

    fn next(&mut self) -> Result<(), FrameFault> {
        match self.scan.peek() {
            Some(b']') => Err(FrameFault::MembersMissing),
            _ if self.scan.eat(b',') => Ok(()),
            _ => Err(FrameFault::NotJson),
        }
    }

    fn id(&mut self) -> Result<(Cow<'a, str>, bool), FrameFault> {
        let value = self.scan.value()?;
        let number = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let id = if number { Cow::Borrowed(value) } else { text(value).ok_or(FrameFault::IdNotText)? };
        if id.len() > MAX_ID_ECHOED {
            return Err(FrameFault::IdTooLong);
        }
        self.id = Some(id.clone());
        if id.len() > MAX_ID && id.chars().count() > MAX_ID {
            return Err(FrameFault::IdTooLong);
        }
        Ok((id, number))
    }

    fn action(&mut self) -> Result<Cow<'a, str>, FrameFault> {
        self.next()?;
        text(self.scan.value()?).ok_or(FrameFault::ActionNotText)
    }

    /// Where there is nothing to say JSON has null or an empty object (OCPP-J 1.6, 4.2.1; 2.0.1 part 4, 4.2.1).
    fn object(&mut self) -> Result<&'a str, FrameFault> {
        self.next()?;
        match self.scan.value()? {
            "null" => Ok("{}"),
            value if value.starts_with('{') => Ok(value),
            _ => Err(FrameFault::PayloadNotObject),
        }
    }

    /// Answers to us are rare: they are checked here, since nobody decodes them.
    fn checked(&mut self) -> Result<&'a str, FrameFault> {
        let value = self.object()?;
        serde_json::from_str::<IgnoredAny>(value).map(|_| value).map_err(|_| FrameFault::NotJson)
    }

    /// Code, description and details; stations leave the last two out.
    fn error(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>, &'a str), FrameFault> {
        self.next()?;
        let code = text(self.scan.value()?).unwrap_or_default();
        let mut description = Cow::Borrowed("");
        if self.scan.eat(b',') {
            description = text(self.scan.value()?).unwrap_or_default();
        }
        let mut details = "{}";
        if self.scan.eat(b',') {
            let value = self.scan.value()?;
            details = if serde_json::from_str::<IgnoredAny>(value).is_ok() { value } else { details };
        }
        Ok((code, description, details))
    }

    fn end(&mut self) -> Result<(), FrameFault> {
        if self.scan.peek() == Some(b',') {
            return Err(FrameFault::MembersLeft);
        }
        if self.scan.eat(b']') && self.scan.peek().is_none() { Ok(()) } else { Err(FrameFault::NotJson) }
    }

    fn malformed(&self, fault: FrameFault, text: &str) -> Malformed {
        let no_json = fault == FrameFault::NotAnArray && serde_json::from_str::<IgnoredAny>(text).is_err();
        let fault = if no_json { FrameFault::NotJson } else { fault };
        Malformed { fault, kind: self.kind, id: self.id.clone().map(Cow::into_owned) }
    }
}

/// A JSON string's text; borrowed unless it holds escapes.
fn text(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    if inner.bytes().any(|byte| byte == b'\\' || byte < b' ') {
        return serde_json::from_str(value).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}
