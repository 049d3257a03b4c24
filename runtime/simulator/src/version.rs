//! The versions that simulated stations speak.

/// The version that a simulated station speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    Ocpp16,
    Ocpp201,
    Ocpp21,
}

impl Version {
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Ocpp16 => "ocpp1.6",
            Self::Ocpp201 => "ocpp2.0.1",
            Self::Ocpp21 => "ocpp2.1",
        }
    }

    /// Whether it speaks of charge points, id tags and configuration keys.
    pub const fn is_v16(self) -> bool {
        matches!(self, Self::Ocpp16)
    }

    /// Whether it has what 2.1 added to 2.0.1.
    pub const fn is_v21(self) -> bool {
        matches!(self, Self::Ocpp21)
    }
}
