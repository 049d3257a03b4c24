//! Names of things. Each is its own type, so that one cannot stand where another belongs.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

text_id! {
    /// A charging station, as the last segment of its WebSocket path names it.
    StationId
}
text_id! {
    /// The station's own reference to a transaction. For 1.6 it is the number that we handed out.
    TransactionId
}
uuid_id! {
    /// A charging session in our books. Version 7 UUID: sorts by the time it was made.
    SessionId
}
uuid_id! {
    /// One answer of a hook. Version 7 UUID.
    DecisionId
}
uuid_id! {
    /// One command to a station. Version 7 UUID.
    CommandId
}

/// A session's number: durable, ascending, never reused. 1.6 stations get it as their transactionId.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionNo(pub i64);

impl SessionNo {
    pub fn as_transaction(self) -> TransactionId {
        TransactionId::new(self.0.to_string())
    }
}

/// Why a text is no station's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StationIdFault {
    #[error("a station's id is not empty")]
    Empty,
    #[error("a station's id has no control characters")]
    Control,
    #[error("a station's id has at most {} characters", StationId::MAX_CHARS)]
    TooLong,
}

impl StationId {
    /// OCPP 2.0.1 allows 48 (Part 4, 3.1.1, identifierString) and 1.6 names no bound; stations in the field have more
    /// than 48, so this is the one bound for whoever connects and for whoever is entered.
    pub const MAX_CHARS: usize = 64;

    /// An id from outside.
    ///
    /// # Errors
    /// What is wrong with it. The text itself is not repeated.
    pub fn parse(text: &str) -> Result<Self, StationIdFault> {
        if text.trim().is_empty() {
            Err(StationIdFault::Empty)
        } else if text.chars().any(char::is_control) {
            Err(StationIdFault::Control)
        } else if text.chars().count() > Self::MAX_CHARS {
            Err(StationIdFault::TooLong)
        } else {
            Ok(Self::new(text))
        }
    }
}

impl SessionId {
    /// When it was heard of, by our clock, which is in its name (RFC 9562, version 7).
    pub fn heard_at(&self) -> Timestamp {
        let (seconds, nanoseconds) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
        let at = i64::try_from(seconds).ok().zip(i32::try_from(nanoseconds).ok());
        at.and_then(|(s, ns)| Timestamp::new(s, ns).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
