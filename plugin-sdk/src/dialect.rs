//! The answers of a dialect.

use crate::DialectOutput;
pub use crate::bindings::dialect::exports::amprule::dialect::dialect::{
    Direction, MessageKind, ModelFacts, VendorAnswer,
};

impl DialectOutput {
    /// The message stays as it is.
    pub const fn unchanged() -> Self {
        Self { message: None, note: None, answer: None }
    }

    /// The message is this from now on: a JSON object, or a whole frame where none could be read.
    pub fn mended(message: impl Into<String>, note: &str) -> Self {
        Self { message: Some(message.into()), note: Some(note.to_owned()), answer: None }
    }

    /// A vendor's DataTransfer is answered with this: `Accepted`, `Rejected`, `UnknownMessageId` or `UnknownVendorId`.
    pub fn answered(status: &str, data: Option<String>) -> Self {
        let answer = VendorAnswer { status: status.to_owned(), data };
        Self { message: None, note: None, answer: Some(answer) }
    }
}
