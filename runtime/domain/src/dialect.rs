//! The dialect hook's contract: what did this station mean, and what can it bear to hear?
//!
//! A unit of users stands between a station and its message. It sees the message as JSON, and answers with the message as it should
//! have been, or with nothing. What it answers is read like any message: it opens no other way into the runtime.

mod actions;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Mark;
use crate::event::Boot;
use crate::pattern::matches;
use crate::pricing::Parameters;

pub use actions::ACTIONS;

/// Everything a unit may know. It is a pure function of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DialectInput {
    /// The moment at which the message came, or is to go.
    pub now: Timestamp,
    pub direction: Direction,
    pub kind: MessageKind,
    /// `ocpp1.6`, `ocpp2.0.1` or `ocpp2.1`.
    pub protocol: String,
    pub station: ModelFacts,
    /// Of an answer, that of the request. Empty where nothing could be read.
    pub action: String,
    /// The payload; of what could not be read the whole frame as a text.
    pub message: Value,
    /// The unit's parameters with the operator's values, as its manifest declares them.
    #[serde(default)]
    pub parameters: Parameters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the station.
    Inbound,
    /// To it.
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// A request.
    Call,
    /// What a request is answered with.
    Answer,
    /// A frame that could not be read.
    Malformed,
}

/// What a station says of itself. Empty where it never did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelFacts {
    pub id: String,
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub serial: String,
}

/// What a unit returns. Nothing in it is trusted before it is validated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DialectOutput {
    /// `None`: it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Value>,
    /// What was mended, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What a vendor's DataTransfer is answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<VendorAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendorAnswer {
    /// `Accepted`, `Rejected`, `UnknownMessageId` or `UnknownVendorId` (OCPP, DataTransferStatus).
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A message may become longer by so much, in bytes.
const LONGER: usize = 65_536;
const MAX_NOTE: usize = 200;
const MAX_DATA: usize = 65_536;
const STATUSES: [&str; 4] = ["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"];

impl DialectOutput {
    /// The error says what is wrong with it, for the unit's author.
    pub fn checked(self, input: &DialectInput) -> Result<Self, String> {
        if let Some(message) = &self.message {
            match input.kind {
                MessageKind::Malformed if !message.is_string() => {
                    return Err("a frame that could not be read is mended as a text".to_owned());
                }
                MessageKind::Call | MessageKind::Answer if !message.is_object() => {
                    return Err("a message is an object".to_owned());
                }
                _ => {}
            }
            let (was, is) = (input.message.to_string().len(), message.to_string().len());
            if is > was + LONGER {
                return Err(format!("the message had {was} bytes and has {is}; it may grow by {LONGER}"));
            }
        }
        if self.note.as_ref().is_some_and(|note| note.len() > MAX_NOTE) {
            return Err(format!("a note has at most {MAX_NOTE} bytes"));
        }
        if let Some(VendorAnswer { status, data }) = &self.answer {
            let is_theirs = input.direction == Direction::Inbound && input.kind == MessageKind::Call;
            if !is_theirs || input.action != "DataTransfer" {
                return Err("only a DataTransfer of the station is answered".to_owned());
            }
            if !STATUSES.contains(&status.as_str()) {
                return Err(format!("{status:?} is not one of {}", STATUSES.join(", ")));
            }
            if data.as_ref().is_some_and(|data| data.len() > MAX_DATA) {
                return Err(format!("the answer's data has more than {MAX_DATA} bytes"));
            }
        }
        Ok(self)
    }
}

/// Whom a unit is for, and what it does for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DialectFacts {
    /// One of them fits.
    pub stations: Vec<ModelPattern>,
    /// The unit is asked about these messages; about all where there are none. `malformed` is what could not be read.
    pub actions: Vec<String>,
    /// Marks that such stations earn without it.
    pub removes: Vec<String>,
}

/// `*` stands for any text; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelPattern {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
}

impl DialectFacts {
    /// The word by which [`Self::actions`] names what could not be read.
    pub const MALFORMED: &str = "malformed";

    pub fn is_for(&self, boot: &Boot) -> bool {
        let firmware = boot.firmware.as_deref().unwrap_or_default();
        self.stations.iter().any(|pattern| {
            matches(&pattern.vendor, &boot.vendor)
                && matches(&pattern.model, &boot.model)
                && matches(&pattern.firmware, firmware)
        })
    }

    /// Its manifest says that stations do not earn this mark with it.
    pub fn takes_away(&self, mark: &Mark) -> bool {
        self.removes.iter().any(|removed| removed == mark.as_str())
    }

    pub fn wants(&self, action: &str) -> bool {
        self.actions.is_empty() || self.actions.iter().any(|wanted| wanted == action)
    }
}

/// What became of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translation {
    /// As it is from now on. `None`: nobody has changed it.
    pub message: Option<Value>,
    pub answer: Option<VendorAnswer>,
}
