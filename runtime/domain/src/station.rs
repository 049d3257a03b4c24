//! What the operator and we know about a station.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::StationId;
use crate::event::Boot;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StationRecord {
    pub id: StationId,
    pub provisioning: Provisioning,
    /// OCPP 2.0.1 A00: 0 none (ours), 1 password, 2 TLS and password, 3 TLS with a client certificate.
    pub security_profile: u8,
    /// A keyed hash; never the password.
    pub password_hash: Option<String>,
    pub location: Option<String>,
    /// What operators' rules may choose it by, with others of its kind.
    #[serde(default)]
    pub group: Option<String>,
    /// IANA name. Local hours of tariffs and policies are hours of this zone.
    pub time_zone: String,
    /// The last BootNotification.
    pub boot: Boot,
    /// The last subprotocol: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    pub protocol: Option<String>,
    pub booted_at: Option<Timestamp>,
}

impl StationRecord {
    pub fn new(id: StationId, provisioning: Provisioning) -> Self {
        Self {
            id,
            provisioning,
            security_profile: 0,
            password_hash: None,
            location: None,
            group: None,
            time_zone: "UTC".to_owned(),
            boot: Boot::default(),
            protocol: None,
            booted_at: None,
        }
    }

    /// The zone of the station's local time; UTC when the name is not known.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

/// How a BootNotification is answered (OCPP 2.0.1, RegistrationStatusEnumType).
///
/// `Rejected`: every other message is refused with SecurityError (B03.FR.07).
/// `Pending`: every start is refused; 2.x stations say only what they are asked for (B02.FR.09), unless the operator is
/// lenient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provisioning {
    #[default]
    Accepted,
    Pending,
    Rejected,
}

impl Provisioning {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        }
    }
}
