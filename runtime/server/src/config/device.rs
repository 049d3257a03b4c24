//! `[[devices]]`: hardware without OCPP, and the driver that is bound to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amprule_devices::Binding;
use amprule_domain::StationId;
use amprule_domain::token::IdToken;
use amprule_wires::WireAddress;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Each has a task and its wires.
const MAX_DEVICES: usize = 10_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    id: String,
    unit: String,
    default_token: Option<String>,
    #[serde(default)]
    wires: BTreeMap<String, String>,
    #[serde(default = "Device::meter_s")]
    meter_s: u64,
}

impl Device {
    const fn meter_s() -> u64 {
        60
    }

    /// The error says what is wrong with it as it is written.
    pub(crate) fn bound(&self) -> Result<Binding, String> {
        let about = |why: String| format!("the device {}: {why}", self.id);
        let id = StationId::parse(&self.id).map_err(|why| about(why.to_string()))?;
        if self.wires.is_empty() {
            return Err(about("it has no wires; [devices.wires] says where its driver's wires lead".to_owned()));
        }
        let wire = |(name, address): (&String, &String)| {
            let address = WireAddress::parse(address).map_err(|why| about(format!("wires.{name}: {why}")))?;
            Ok((name.clone(), address))
        };
        if !(1..=3_600).contains(&self.meter_s) {
            return Err(about("meter_s is 1 to 3600".to_owned()));
        }
        Ok(Binding {
            id,
            unit: self.unit.clone(),
            default_token: self.default_token.as_ref().map(|token| IdToken::new(token, IdToken::UNTYPED)),
            wires: self.wires.iter().map(wire).collect::<Result<_, String>>()?,
            meter_every: Duration::from_secs(self.meter_s),
        })
    }
}

pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Device>, D::Error> {
    let devices = Vec::<Device>::deserialize(deserializer)?;
    if devices.len() > MAX_DEVICES {
        return Err(D::Error::custom(format!("{} devices; at most {MAX_DEVICES} are driven", devices.len())));
    }
    if let Some(why) = devices.iter().find_map(|device| device.bound().err()) {
        return Err(D::Error::custom(why));
    }
    let mut known = BTreeSet::new();
    match devices.iter().find(|device| !known.insert(&device.id)) {
        Some(twice) => Err(D::Error::custom(format!("two devices have the id {}", twice.id))),
        None => Ok(devices),
    }
}
