//! What can go wrong on the way to the server and back.

use std::time::Duration;

use serde_json::Value;

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("`{0}` is not a ws:// address")]
    Address(String),
    #[error("reach {address}")]
    Unreachable { address: String, source: std::io::Error },
    #[error("the server answered {status}: {text}")]
    Refused { status: u16, text: String },
    #[error("the server does not serve {0}")]
    NoVersion(&'static str),
    #[error("the WebSocket handshake failed")]
    Handshake(#[source] Box<tokio_tungstenite::tungstenite::Error>),
    #[error("the handshake took longer than {0:?}")]
    Slow(Duration),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    #[error("{code}: {description}")]
    Refused { code: String, description: String, details: Value },
    #[error("no answer within {0:?}")]
    Silence(Duration),
    #[error("the connection is closed")]
    Closed,
    #[error("the answer cannot be understood: {0}")]
    Garbled(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    #[error("a fleet needs at least one station")]
    NoStations,
    #[error("a fleet needs at least one token")]
    NoTokens,
    #[error("a fleet plays at least one day")]
    NoDays,
    #[error("speed must be between 1 and 100000")]
    Speed,
}
