//! OCPP-J framing: text in, a [`Frame`] with its payload left as it came.
//!
//! Nothing here knows an action or a version. What cannot be read becomes a [`Malformed`], from which a dialect
//! makes the answer that its version wants.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::limits::{MAX_DEPTH, MAX_ID, MAX_ID_ECHOED};
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

/// A text that is no frame, and as much of it as could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Malformed {
    pub fault: Fault,
    /// The message type number, when that much could be read.
    pub kind: Option<u64>,
    /// The message id, when that much could be read. A call of ours with this id has its answer with it, although a bad one.
    pub id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the message is not JSON")]
    NotJson,
    #[error("the message is not an array")]
    NotAnArray,
    #[error("the message type number is not one of this protocol")]
    UnknownKind,
    #[error("the message id is not text")]
    IdNotText,
    #[error("the message id is longer than {MAX_ID} characters")]
    IdTooLong,
    #[error("the message has not enough members")]
    MembersMissing,
    #[error("the message has too many members")]
    MembersLeft,
    #[error("the action is not text")]
    ActionNotText,
    #[error("the payload is not an object")]
    PayloadNotObject,
    #[error("the payload nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
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
    fn frame(&mut self) -> Result<Frame<'a>, Fault> {
        if !self.scan.eat(b'[') {
            return Err(Fault::NotAnArray);
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
            _ => return Err(Fault::UnknownKind),
        };
        self.end()?;
        Ok(frame)
    }

    fn next(&mut self) -> Result<(), Fault> {
        match self.scan.peek() {
            Some(b']') => Err(Fault::MembersMissing),
            _ if self.scan.eat(b',') => Ok(()),
            _ => Err(Fault::NotJson),
        }
    }

    fn id(&mut self) -> Result<(Cow<'a, str>, bool), Fault> {
        let value = self.scan.value()?;
        let number = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let id = if number { Cow::Borrowed(value) } else { text(value).ok_or(Fault::IdNotText)? };
        if id.len() > MAX_ID_ECHOED {
            return Err(Fault::IdTooLong);
        }
        self.id = Some(id.clone());
        if id.len() > MAX_ID && id.chars().count() > MAX_ID {
            return Err(Fault::IdTooLong);
        }
        Ok((id, number))
    }

    fn action(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.next()?;
        text(self.scan.value()?).ok_or(Fault::ActionNotText)
    }

    fn object(&mut self) -> Result<&'a str, Fault> {
        self.next()?;
        let value = self.scan.value()?;
        if value.starts_with('{') { Ok(value) } else { Err(Fault::PayloadNotObject) }
    }

    /// Answers to us are rare: they are checked here, since nobody decodes them.
    fn checked(&mut self) -> Result<&'a str, Fault> {
        let value = self.object()?;
        serde_json::from_str::<IgnoredAny>(value).map(|_| value).map_err(|_| Fault::NotJson)
    }

    /// Code, description and details; stations leave the last two out.
    fn error(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>, &'a str), Fault> {
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

    fn end(&mut self) -> Result<(), Fault> {
        if self.scan.peek() == Some(b',') {
            return Err(Fault::MembersLeft);
        }
        if self.scan.eat(b']') && self.scan.peek().is_none() { Ok(()) } else { Err(Fault::NotJson) }
    }

    fn malformed(&self, fault: Fault, text: &str) -> Malformed {
        let no_json = fault == Fault::NotAnArray && serde_json::from_str::<IgnoredAny>(text).is_err();
        let fault = if no_json { Fault::NotJson } else { fault };
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
