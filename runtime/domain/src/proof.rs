//! Certificates that somebody has to be asked about: a car's contract certificate, beside the eMAID that it shows (OCPP 2.0.1,
//! C07), and a station's own (M06).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reply::AuthorizationStatus;
use crate::token::IdToken;

/// A token, and what proves that the car is its contract's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractShown {
    pub token: IdToken,
    pub proof: Proof,
}

/// The station has checked that the car holds the key (ISO 15118). It gives the certificates themselves where it knows no root
/// for them (C07.FR.06), or else only what is needed to ask whether they were revoked. Beside the former the latter is not needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// PEM, the car's certificate first.
    pub chain: Option<String>,
    /// Of the contract certificate and those that it is signed by; at most four.
    pub certificates: Vec<CertificateId>,
}

/// OCSPRequestDataType: a certificate as those name it who say whether it was revoked (RFC 6960, 4.1.1). Hexadecimal, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateId {
    /// `SHA256`, `SHA384` or `SHA512`.
    pub hash_algorithm: String,
    pub issuer_name_hash: String,
    pub issuer_key_hash: String,
    pub serial_number: String,
    /// Whom to ask, an HTTP address.
    #[serde(default)]
    pub responder: Option<String>,
}

/// 2.1, CertificateStatusRequestInfoType: where to look for a certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusRequest {
    /// CertificateHashDataType, as it came.
    pub hash: Value,
    pub certificate: CertificateId,
    /// `OCSP` or `CRL`.
    pub source: String,
    pub urls: Vec<String>,
}

/// What is said of a certificate, and until when that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub next_update: Option<Timestamp>,
}

/// RFC 6960, 2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    Revoked,
    /// Whoever was asked does not know it.
    Unknown,
}

impl State {
    /// CertificateStatusEnumType of 2.1.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Revoked => "Revoked",
            Self::Unknown => "Unknown",
        }
    }
}

/// AuthorizeCertificateStatusEnumType, as far as it is an answer to what we look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateStatus {
    Accepted,
    CertificateExpired,
    CertificateRevoked,
    CertChainError,
    ContractCancelled,
}

impl CertificateStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::CertificateExpired => "CertificateExpired",
            Self::CertificateRevoked => "CertificateRevoked",
            Self::CertChainError => "CertChainError",
            Self::ContractCancelled => "ContractCancelled",
        }
    }

    /// What the token is worth that was shown with such a certificate (C07.FR.14 to 17). `None`: what its contract says.
    pub const fn verdict(self) -> Option<AuthorizationStatus> {
        match self {
            Self::Accepted | Self::ContractCancelled => None,
            Self::CertificateExpired => Some(AuthorizationStatus::Expired),
            Self::CertificateRevoked | Self::CertChainError => Some(AuthorizationStatus::Invalid),
        }
    }

    /// A good certificate whose contract does not stand is a cancelled one (C07.FR.13).
    pub const fn beside(self, verdict: AuthorizationStatus) -> Self {
        match (self, verdict) {
            (
                Self::Accepted,
                AuthorizationStatus::Blocked
                | AuthorizationStatus::Expired
                | AuthorizationStatus::Invalid
                | AuthorizationStatus::Unknown,
            ) => Self::ContractCancelled,
            (own, _) => own,
        }
    }
}
