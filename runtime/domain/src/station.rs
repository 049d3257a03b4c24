//! What the operator enters about a station. What it says of itself is in `reported.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::StationId;
use crate::command::Command;
use crate::place::{Fitted, Place};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StationRecord {
    pub id: StationId,
    pub provisioning: Provisioning,
    /// OCPP 2.0.1 A00: 0 none (ours), 1 password, 2 TLS and password, 3 TLS with a client certificate.
    pub security_profile: u8,
    /// A keyed hash; never the password.
    pub password_hash: Option<String>,
    /// Of passwords that counted before it and are let in, too, until the station has shown that one (OCPP 2.0.1, A01). An empty one
    /// stands for none at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_password_hashes: Vec<String>,
    /// Of passwords that it was told since and may have taken, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told_password_hashes: Vec<String>,
    /// The security profile that it was told to use: it is let in with either until it has shown which (OCPP 2.0.1, A05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_profile: Option<u8>,
    /// The common name of its client certificate, where that is not its id: stations have their serial number there (OCPP 2.0.1,
    /// A00.FR.405).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_name: Option<String>,
    pub location: Option<String>,
    /// Its local authorization list is kept in step with the tokens (OCPP 2.0.1, block D).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_local_list: bool,
    /// It shows what a transaction costs (OCPP 2.0.1, I02), or does not. `None`: as its device model says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows_cost: Option<bool>,
    /// What operators' rules may choose it by, with others of its kind.
    #[serde(default)]
    pub group: Option<String>,
    /// IANA name. Local hours of tariffs and policies are hours of this zone.
    pub time_zone: String,
    /// The most that each EVSE can deliver, W. 0 stands for all others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub power_w_max: BTreeMap<u32, i64>,
    /// Which plug is where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugs: Vec<Fitted>,
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
}

impl StationRecord {
    /// Where nobody has entered one.
    pub const DEFAULT_ZONE: &str = "UTC";

    pub fn new(id: StationId, provisioning: Provisioning) -> Self {
        Self {
            id,
            provisioning,
            security_profile: 0,
            password_hash: None,
            other_password_hashes: Vec::new(),
            told_password_hashes: Vec::new(),
            next_profile: None,
            certificate_name: None,
            location: None,
            keeps_local_list: false,
            shows_cost: None,
            group: None,
            time_zone: Self::DEFAULT_ZONE.to_owned(),
            power_w_max: BTreeMap::new(),
            plugs: Vec::new(),
            place: Place::default(),
        }
    }

    /// This is one of [`Self::certificate_names`].
    pub fn bears(&self, name: &str) -> bool {
        self.id.as_str() == name || self.certificate_name.as_deref() == Some(name)
    }

    /// Names that a certificate of its may have, to the letter: nothing that it says of itself, since any could say another's.
    pub fn certificate_names(&self) -> Vec<String> {
        [self.id.to_string()].into_iter().chain(self.certificate_name.clone()).collect()
    }

    /// It is let in with another password than the one that counts.
    pub fn changes_password(&self) -> bool {
        !self.other_password_hashes.is_empty() || !self.told_password_hashes.is_empty()
    }

    /// EVSEs whose power is remembered.
    pub const MAX_EVSES: usize = 256;

    /// The most that this EVSE can deliver, W.
    pub fn power_of(&self, evse: u32) -> Option<i64> {
        power_of(&self.power_w_max, evse)
    }

    /// The zone of the station's local time; UTC when the name is not known.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

/// Where 0 stands for all EVSEs that are not there.
pub(crate) fn power_of(powers: &BTreeMap<u32, i64>, evse: u32) -> Option<i64> {
    powers.get(&evse).or_else(|| powers.get(&0)).copied()
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
    /// A station that waits to be accepted is not asked to start or stop, a rejected one nothing at all (OCPP 2.0.1,
    /// B02.FR.05 and B03.FR.03; 1.6, 4.2).
    pub fn allows(self, command: &Command) -> bool {
        match self {
            Self::Accepted => true,
            Self::Pending => !command.is_about_charging(),
            Self::Rejected => false,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        }
    }
}
