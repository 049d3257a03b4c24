//! What the operator and we know about a station.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::StationId;
use crate::command::Command;
use crate::event::{Boot, ReportedPower};

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
    /// The most that each EVSE can deliver, W, as the operator has entered it. 0 stands for all others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub power_w_max: BTreeMap<u32, i64>,
    /// The same as the station has reported it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub power_w_reported: BTreeMap<u32, i64>,
    /// What the connectors of each EVSE can carry, W; `None`: any of them sets no bound.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub power_w_connectors: BTreeMap<u32, Option<i64>>,
    /// The last BootNotification.
    pub boot: Boot,
    /// The last subprotocol: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    pub protocol: Option<String>,
    pub booted_at: Option<Timestamp>,
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
            location: None,
            group: None,
            time_zone: Self::DEFAULT_ZONE.to_owned(),
            power_w_max: BTreeMap::new(),
            power_w_reported: BTreeMap::new(),
            power_w_connectors: BTreeMap::new(),
            boot: Boot::default(),
            protocol: None,
            booted_at: None,
        }
    }

    /// EVSEs whose power is remembered.
    pub const MAX_EVSES: usize = 256;

    /// The most that this EVSE can deliver, W: as the operator has entered it, else as the station reports it, else as its
    /// connectors allow.
    pub fn power_of(&self, evse: u32) -> Option<i64> {
        let of = |powers: &BTreeMap<u32, i64>| powers.get(&evse).or_else(|| powers.get(&0)).copied();
        let connectors = || self.power_w_connectors.get(&evse).copied().flatten();
        of(&self.power_w_max).or_else(|| of(&self.power_w_reported)).or_else(connectors)
    }

    /// The record with what the station reports of its EVSEs, if that is news.
    #[must_use]
    pub fn reporting(&self, powers: &[ReportedPower]) -> Option<Self> {
        let mut record = self.clone();
        for power in powers {
            match *power {
                ReportedPower::Evse { evse, watts } => put(&mut record.power_w_reported, evse, |_| watts),
                ReportedPower::Connector { evse, watts } => put(&mut record.power_w_connectors, evse, |known| {
                    known.map_or(watts, |known| known.zip(watts).map(|(known, watts)| known.max(watts)))
                }),
            }
        }
        (record != *self).then_some(record)
    }

    /// The zone of the station's local time; UTC when the name is not known.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

fn put<T: Copy>(powers: &mut BTreeMap<u32, T>, evse: u32, power: impl FnOnce(Option<T>) -> T) {
    let known = powers.get(&evse).copied();
    if known.is_some() || powers.len() < StationRecord::MAX_EVSES {
        powers.insert(evse, power(known));
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
    /// A station that waits to be accepted is not asked to start or stop, a rejected one nothing at all (OCPP 2.0.1,
    /// B02.FR.05 and B03.FR.03; 1.6, 4.2).
    pub const fn allows(self, command: &Command) -> bool {
        match self {
            Self::Accepted => true,
            Self::Pending => !matches!(command, Command::Start { .. } | Command::Stop { .. }),
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
