//! What we answer, before a dialect puts it into its version's words.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::energy_transfer::EnergyTransfer;
use crate::proof::CertificateStatus;
use crate::station::Provisioning;
use crate::{SessionNo, TransactionId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Boot {
        status: Provisioning,
        interval_s: u32,
        now: Timestamp,
    },
    Heartbeat {
        now: Timestamp,
    },
    /// An answer without members.
    Empty,
    Authorize(TokenInfo),
    /// Of a token that was shown with its contract's certificate.
    ContractAuthorize {
        token: TokenInfo,
        certificate: CertificateStatus,
    },
    Transaction(TransactionReply),
    DataTransfer(DataTransferStatus),
    /// A word of the standard's, and what the standard wants beside it, an object.
    Word {
        status: String,
        #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
        more: serde_json::Value,
    },
    /// Of each of these certificates (2.1, GetCertificateChainStatus).
    ChainStatus {
        certificates: Vec<serde_json::Value>,
    },
}

impl Reply {
    /// There is nobody here who could do that.
    pub fn declined(status: &str, beside: serde_json::Value) -> Self {
        Self::because(status, beside, "UnsupportedRequest", "no provider is configured")
    }

    /// `code`: of the standard's reason codes (2.x, StatusInfoType).
    pub fn because(status: &str, beside: serde_json::Value, code: &str, why: &str) -> Self {
        let mut more = beside;
        more["statusInfo"] = serde_json::json!({ "reasonCode": code, "additionalInfo": why });
        Self::Word { status: status.to_owned(), more }
    }

    pub fn word(status: &str) -> Self {
        Self::Word { status: status.to_owned(), more: serde_json::Value::Null }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionReply {
    pub transaction: TransactionId,
    /// 1.6 answers a start with it.
    pub number: SessionNo,
    /// Present when the event carried a token.
    pub token: Option<TokenInfo>,
    /// The running or final cost including taxes, when known and where the answer has room for it (2.x totalCost).
    pub total_cost: Option<Decimal>,
    /// How much the token's authorization allows, beside that token (2.1 transactionLimit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<TransactionLimit>,
    /// What the driver was to hear before, and could not (2.x updatedPersonalMessage).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news: Option<String>,
}

/// TransactionLimitType of 2.1 (E16): the station stops there by itself, and is told to as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionLimit {
    /// In the tariff's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<Decimal>,
    /// Wh
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_energy: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_s: Option<u64>,
}

/// OCPP 2.0.1, IdTokenInfoType.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    pub status: AuthorizationStatus,
    pub cache_until: Option<Timestamp>,
    pub group: Option<String>,
    /// Shown to the driver where the version can carry it.
    pub message: Option<String>,
    /// What the driver reads (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How its car may be given energy (2.1). Only in an answer to a token's showing.
    #[serde(skip)]
    pub energy_transfer: Vec<EnergyTransfer>,
    /// By which the station charges this driver (2.1, I08), where that is another one than whoever comes has. Only in an answer to
    /// a token's showing.
    #[serde(skip)]
    pub tariff: Option<Arc<serde_json::Value>>,
}

impl TokenInfo {
    pub const fn status(status: AuthorizationStatus) -> Self {
        Self {
            status,
            cache_until: None,
            group: None,
            message: None,
            language: None,
            energy_transfer: Vec::new(),
            tariff: None,
        }
    }
}

/// OCPP 2.0.1, AuthorizationStatusEnumType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthorizationStatus {
    Accepted,
    Blocked,
    ConcurrentTx,
    Expired,
    Invalid,
    NoCredit,
    NotAllowedTypeEVSE,
    NotAtThisLocation,
    NotAtThisTime,
    Unknown,
}

impl AuthorizationStatus {
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Blocked,
        Self::ConcurrentTx,
        Self::Expired,
        Self::Invalid,
        Self::NoCredit,
        Self::NotAllowedTypeEVSE,
        Self::NotAtThisLocation,
        Self::NotAtThisTime,
        Self::Unknown,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Blocked => "Blocked",
            Self::ConcurrentTx => "ConcurrentTx",
            Self::Expired => "Expired",
            Self::Invalid => "Invalid",
            Self::NoCredit => "NoCredit",
            Self::NotAllowedTypeEVSE => "NotAllowedTypeEVSE",
            Self::NotAtThisLocation => "NotAtThisLocation",
            Self::NotAtThisTime => "NotAtThisTime",
            Self::Unknown => "Unknown",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// OCPP 2.0.1, DataTransferStatusEnumType.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataTransferStatus {
    Accepted,
    Rejected,
    UnknownMessageId,
    UnknownVendorId,
}

/// A refusal in the standard's words. The dialect spells the code as its version does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: RefusalCode,
    pub description: String,
}

/// OCPP-J 2.0.1, 4.3 (table 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    FormatViolation,
    GenericError,
    InternalError,
    MessageTypeNotSupported,
    NotImplemented,
    NotSupported,
    OccurrenceConstraintViolation,
    PropertyConstraintViolation,
    ProtocolError,
    RpcFrameworkError,
    SecurityError,
    TypeConstraintViolation,
}

impl Refusal {
    pub fn new(code: RefusalCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}
