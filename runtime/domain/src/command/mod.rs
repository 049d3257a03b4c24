//! What we ask of a station: typed commands, in nobody's wire format, and the exchange that each of them becomes.

mod exchange;
mod files;
mod price;
mod secrets;
mod security_profile;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::token::IdToken;
use crate::variable::Place;
use crate::{CommandId, TransactionId};

pub use exchange::{Exchange, ExchangeState, Origin};
pub use files::{LogKind, LogWanted, Signed, Update};
pub use price::{CostShown, PriceCommand, PriceText, UnitPrices};
pub use security_profile::{Next, ProfileChange, Step};

/// A link puts it into its own words, or says that it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Command {
    /// Begin a transaction with this token (OCPP 2.0.1, F01 and F02; 1.6, 5.11).
    Start {
        token: IdToken,
        evse: Option<u32>,
        connector: Option<u32>,
        /// By which the station names this request in the transaction's first message (2.x remoteStartId).
        number: u32,
    },
    /// End a transaction (OCPP 2.0.1, F03; 1.6, 5.12).
    Stop { transaction: TransactionId },
    /// The most that may be drawn there: by this transaction, or else by each one that begins (OCPP 2.0.1, K01; 1.6, 5.16).
    Limit {
        evse: u32,
        transaction: Option<TransactionId>,
        most: Most,
        /// With so many (numberPhases). `None`: as many as it likes; watts are for three then (OCPP 2.0.1, K01.FR.49; 1.6, 7.14).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phases: Option<u8>,
        /// Its profile has a number above this, which is set when it is sent ([`Command::numbered_above`]).
        #[serde(default, skip_serializing_if = "is_zero")]
        above: u32,
    },
    /// Let go of the cable (OCPP 2.0.1, F05; 1.6, 5.18).
    Unlock { evse: u32, connector: u32 },
    /// Start anew, once nothing charges or at once (OCPP 2.0.1, B11 and B12; 1.6, 5.14).
    Reset { evse: Option<u32>, is_immediate: bool },
    /// Take a connector, an EVSE or the station out of service, or back in (OCPP 2.0.1, G03 and G04; 1.6, 5.2).
    Availability { evse: Option<u32>, connector: Option<u32>, is_operative: bool },
    /// Say something now (OCPP 2.0.1, F06; 1.6, 5.17).
    Trigger { message: Trigger, evse: Option<u32>, connector: Option<u32> },
    /// Report all that you know of yourself (OCPP 2.0.1, B07; 1.6, 5.8).
    Report { number: u32 },
    /// Change these variables (OCPP 2.0.1, B05; 1.6, 5.3: one key at a time).
    SetVariables { settings: Vec<Setting> },
    /// Say the values of these variables (OCPP 2.0.1, B06; 1.6, 5.8).
    GetVariables { variables: Vec<Wanted> },
    /// Show this password from now on (OCPP 2.0.1, A01; 1.6 with the security extension, AuthorizationKey).
    Password { password: String },
    /// Connect with this security profile from now on, in several steps (OCPP 2.0.1, A05; 1.6 with the security extension).
    SecurityProfile(ProfileChange),
    /// Connect to another system from now on, in several steps (OCPP 2.0.1, B09 and B10).
    Move(ProfileChange),
    /// Here is the certificate that you wanted to be signed (OCPP 2.0.1, A02 and A03).
    CertificateSigned {
        /// PEM, its authority's behind it.
        chain: String,
        /// `ChargingStationCertificate`, `V2GCertificate`, …; as the station asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<String>,
        /// The number of the station's request (2.1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<i64>,
        /// What is known of it; `None`: it cannot be read here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<SignedCertificate>,
    },
    /// Let these charge by itself, or not any more (OCPP 2.0.1, D01; 1.6, 5.15).
    SendLocalList { version: i64, is_full: bool, entries: Vec<ListEntry> },
    /// Say which version of that list it has (OCPP 2.0.1, D02; 1.6, 5.10).
    LocalListVersion,
    /// Forget what was said of each transaction that begins there, by whomever (OCPP 2.0.1, K10; 1.6, 5.4).
    ClearLimits { evse: u32 },
    /// Fetch this firmware and install it.
    Firmware(Update),
    /// Bring a log here.
    Log(LogWanted),
    /// Show or take prices (OCPP 2.1, block I).
    Price(PriceCommand),
    /// Any request of the version that the station speaks, by its name there. The payload is a JSON object.
    Request { action: String, payload: String },
}

impl Command {
    /// With the numbers that the station repeats, which come from the command's own id: a try has that of the one before.
    #[must_use]
    pub fn numbered(self, id: CommandId) -> Self {
        let own = u32::try_from(id.0.as_u128() & 0x7fff_ffff).unwrap_or_default();
        match self {
            Self::Start { token, evse, connector, .. } => Self::Start { token, evse, connector, number: own },
            Self::Report { .. } => Self::Report { number: own },
            Self::Firmware(update) => Self::Firmware(Update { number: own, ..update }),
            other => other,
        }
    }

    /// One that goes through several steps.
    pub const fn profile_change(&self) -> Option<&ProfileChange> {
        match self {
            Self::SecurityProfile(change) | Self::Move(change) => Some(change),
            _ => None,
        }
    }

    /// Where it goes through several steps, the same at this one.
    #[must_use]
    pub(crate) fn with_change(&self, change: ProfileChange) -> Self {
        if change.leaves() { Self::Move(change) } else { Self::SecurityProfile(change) }
    }

    /// Its answer may tell of the device model, or change it.
    pub fn is_about_model(&self) -> bool {
        match self {
            Self::Report { .. } | Self::SetVariables { .. } | Self::GetVariables { .. } => true,
            Self::Request { action, .. } => MODEL.contains(&action.as_str()),
            _ => false,
        }
    }

    /// Asks for a transaction, or for the end of one.
    pub fn is_about_charging(&self) -> bool {
        match self {
            Self::Start { .. } | Self::Stop { .. } => true,
            Self::Request { action, .. } => CHARGING.contains(&action.as_str()),
            _ => false,
        }
    }

    /// What a transaction is to begin with, also where the request is said by its name.
    pub fn begins(&self) -> Option<Begins> {
        match self {
            Self::Start { token, number, .. } => {
                Some(Begins { token: token.clone(), number: Some(i64::from(*number)) })
            }
            Self::Request { action, payload } if STARTS.contains(&action.as_str()) => {
                let payload: Value = serde_json::from_str(payload).ok()?;
                let own = &payload["idToken"];
                let text = payload["idTag"].as_str().or(own["idToken"].as_str())?;
                let token = IdToken::new(text, own["type"].as_str().unwrap_or("Central"));
                Some(Begins { token, number: payload["remoteStartId"].as_i64() })
            }
            _ => None,
        }
    }

    /// Said twice it would do more than said once, or undo what has come since: a station that starts anew may do so before it
    /// has answered, and a list of differences that was taken is none any more.
    pub fn is_asked_once(&self) -> bool {
        match self {
            Self::Reset { .. }
            | Self::SendLocalList { .. }
            | Self::ClearLimits { .. }
            | Self::Firmware(_)
            | Self::Log(_) => true,
            Self::Request { action, .. } => ONCE.contains(&action.as_str()),
            _ => false,
        }
    }

    /// An older one of the same kind and place, tried again after this, would undo it.
    #[must_use]
    pub fn replaces(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Limit { evse, transaction, .. }, Self::Limit { evse: other, transaction: of_other, .. }) => {
                (evse, transaction) == (other, of_other)
            }
            (
                Self::Availability { evse, connector, .. },
                Self::Availability { evse: other, connector: of_other, .. },
            ) => (evse, connector) == (other, of_other),
            // Both are about the list of slots.
            (Self::SecurityProfile(_) | Self::Move(_), Self::SecurityProfile(_) | Self::Move(_)) => true,
            // A station waits for one certificate of each kind.
            (Self::CertificateSigned { usage, .. }, Self::CertificateSigned { usage: other, .. }) => usage == other,
            (
                Self::Price(PriceCommand::SetTariff { evse, .. }),
                Self::Price(PriceCommand::SetTariff { evse: other, .. }),
            ) => evse == other,
            _ => false,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Of a transaction that a station is asked to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begins {
    pub token: IdToken,
    /// By which a station of 2.x names the request in the transaction's messages.
    pub number: Option<i64>,
}

/// The requests of all versions about variables.
const MODEL: [&str; 6] =
    ["ChangeConfiguration", "GetBaseReport", "GetConfiguration", "GetReport", "GetVariables", "SetVariables"];

/// The requests of all versions that begin or end a transaction.
const CHARGING: [&str; 4] =
    ["RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction"];

const STARTS: [&str; 2] = ["RemoteStartTransaction", "RequestStartTransaction"];

/// Requests that begin something each time.
const ONCE: [&str; 9] = [
    "CustomerInformation",
    "DataTransfer",
    "GetDiagnostics",
    "PublishFirmware",
    "RequestBatterySwap",
    "Reset",
    "SendLocalList",
    "SignedUpdateFirmware",
    "UpdateFirmware",
];

/// Number and time of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedCertificate {
    /// In hexadecimal digits.
    pub serial: String,
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
}

/// A token of a local list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListEntry {
    pub id_token: IdToken,
    /// False: it is to be forgotten.
    pub is_there: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// A variable, and what it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    #[serde(flatten)]
    pub of: Wanted,
    pub value: String,
}

/// A variable, and which of its attributes: `Actual` where none is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    #[serde(flatten)]
    pub place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
}

/// A station may count in one of them only, and says so by refusing the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Most {
    Watts(u32),
    /// Of each phase, in tenths.
    DeciAmperes(u32),
}

/// What all versions can be asked to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    Boot,
    Heartbeat,
    MeterValues,
    Status,
    /// Ask for another certificate, for the connection to us (OCPP 2.0.1, A02; 1.6 with the security extension).
    SignCertificate,
    /// The same for the vehicle's side (2.x).
    SignV2gCertificate,
    /// By ISO 15118-20 (2.1).
    #[serde(rename = "sign-v2g20-certificate")]
    SignV2g20Certificate,
    /// One for both (2.x).
    SignCombinedCertificate,
}

/// What a station answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandAnswer {
    pub verdict: Verdict,
    /// The station's own word: `Accepted`, `Rejected`, `Scheduled`, `UnlockFailed`, or the code of an error.
    pub status: String,
    /// Its reason, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The transaction that runs there already (2.x RequestStartTransaction).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// What it said as a whole, where that is more than a word. Longer ones are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What was not as the standard has it, in its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub odd: Option<String>,
}

impl CommandAnswer {
    /// Bytes of a body that is kept.
    pub const BODY_MAX: usize = 65_536;
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Accepted,
    /// It will be done when what runs has ended.
    Scheduled,
    Refused,
}

/// Why a command is not sent over a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsayable {
    /// This link has no words for it; another try would say the same.
    #[error("{0}")]
    NotSupported(String),
    #[error("the connection is closed")]
    Closed,
}
