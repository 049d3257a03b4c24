//! The versions of OCPP that are served, their names on the wire, and how each spells an error.

use amprule_domain::reply::RefusalCode;

use crate::message::Message;
use crate::request::Request;
use crate::{v16, v21, v201};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    V16,
    V201,
    V21,
}

impl Version {
    pub const ALL: [Self; 3] = [Self::V16, Self::V201, Self::V21];

    /// The name in `Sec-WebSocket-Protocol`, as registered with IANA.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::V16 => "ocpp1.6",
            Self::V201 => "ocpp2.0.1",
            Self::V21 => "ocpp2.1",
        }
    }

    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.subprotocol() == name)
    }

    /// What a station of this version may ask.
    pub(crate) fn messages(self) -> impl Iterator<Item = &'static Message> {
        let (own, of_v21) = match self {
            Self::V16 => (v16::MESSAGES, &[][..]),
            Self::V201 => (v201::MESSAGES, &[][..]),
            Self::V21 => (v201::MESSAGES, v21::MESSAGES),
        };
        own.iter().chain(of_v21)
    }

    pub(crate) fn message(self, action: &str) -> Option<&'static Message> {
        self.messages().find(|message| message.action == action)
    }

    /// What we may ask of a station of this version.
    pub(crate) fn requests(self) -> impl Iterator<Item = &'static Request> {
        let (own, of_v21) = match self {
            Self::V16 => (v16::REQUESTS, &[][..]),
            Self::V201 => (v201::REQUESTS, &[][..]),
            Self::V21 => (v201::REQUESTS, v21::REQUESTS),
        };
        own.iter().chain(of_v21)
    }

    /// The error code on the wire.
    pub const fn spell(self, code: RefusalCode) -> &'static str {
        match self {
            Self::V16 => spell_v16(code),
            Self::V201 | Self::V21 => spell_v2(code),
        }
    }
}

/// OCPP-J 1.6, 4.2.3. The odd `Occurence` is the standard's. The last two lines are what 1.6 has no word for.
const fn spell_v16(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::FormatViolation => "FormationViolation",
        RefusalCode::OccurrenceConstraintViolation => "OccurenceConstraintViolation",
        RefusalCode::MessageTypeNotSupported => "ProtocolError",
        RefusalCode::RpcFrameworkError => "FormationViolation",
        other => spell_v2(other),
    }
}

/// OCPP-J 2.0.1, 4.3.
const fn spell_v2(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::FormatViolation => "FormatViolation",
        RefusalCode::GenericError => "GenericError",
        RefusalCode::InternalError => "InternalError",
        RefusalCode::MessageTypeNotSupported => "MessageTypeNotSupported",
        RefusalCode::NotImplemented => "NotImplemented",
        RefusalCode::NotSupported => "NotSupported",
        RefusalCode::OccurrenceConstraintViolation => "OccurrenceConstraintViolation",
        RefusalCode::PropertyConstraintViolation => "PropertyConstraintViolation",
        RefusalCode::ProtocolError => "ProtocolError",
        RefusalCode::RpcFrameworkError => "RpcFrameworkError",
        RefusalCode::SecurityError => "SecurityError",
        RefusalCode::TypeConstraintViolation => "TypeConstraintViolation",
    }
}
