//! The versions that simulated stations speak.

/// The version that a simulated station speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    Ocpp16,
    Ocpp201,
}

impl Version {
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Ocpp16 => "ocpp1.6",
            Self::Ocpp201 => "ocpp2.0.1",
        }
    }
}
