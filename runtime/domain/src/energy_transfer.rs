//! How energy may pass between a station and a car.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// OCPP 2.1, EnergyTransferModeEnumType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnergyTransfer {
    #[serde(rename = "AC_single_phase")]
    AcSinglePhase,
    #[serde(rename = "AC_two_phase")]
    AcTwoPhase,
    #[serde(rename = "AC_three_phase")]
    AcThreePhase,
    #[serde(rename = "DC")]
    Dc,
    /// Alternating current, both ways.
    #[serde(rename = "AC_BPT")]
    AcBpt,
    #[serde(rename = "AC_BPT_DER")]
    AcBptDer,
    #[serde(rename = "AC_DER")]
    AcDer,
    /// Direct current, both ways.
    #[serde(rename = "DC_BPT")]
    DcBpt,
    #[serde(rename = "DC_ACDP")]
    DcAcdp,
    #[serde(rename = "DC_ACDP_BPT")]
    DcAcdpBpt,
    #[serde(rename = "WPT")]
    Wpt,
}

impl EnergyTransfer {
    /// The word of the standard.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcSinglePhase => "AC_single_phase",
            Self::AcTwoPhase => "AC_two_phase",
            Self::AcThreePhase => "AC_three_phase",
            Self::Dc => "DC",
            Self::AcBpt => "AC_BPT",
            Self::AcBptDer => "AC_BPT_DER",
            Self::AcDer => "AC_DER",
            Self::DcBpt => "DC_BPT",
            Self::DcAcdp => "DC_ACDP",
            Self::DcAcdpBpt => "DC_ACDP_BPT",
            Self::Wpt => "WPT",
        }
    }
}
