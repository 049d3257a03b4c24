//! `[[devices]]`: hardware without OCPP, and the driver that is bound to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use amprule_devices::Binding;
use amprule_domain::StationId;
use amprule_domain::token::IdToken;
use amprule_hooks::manifest::is_id;
use amprule_wires::{Addresses, WireAddress};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Spanned;

use super::misplaced::Misplaced;

/// Each has a task and its wires.
pub(crate) const MAX_DEVICES: usize = 10_000;
const MAX_WIRES: usize = 8;
const MAX_PARAMETERS: usize = 64;
const MAX_NAME: usize = 64;
const MAX_ADDRESS: usize = 1_024;
const MAX_TOKEN: usize = 255;
const MAX_LOCATION: usize = 255;

/// Those of the API are written down in the same form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_token: Option<String>,
    #[serde(default)]
    pub(crate) wires: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) parameters: Map<String, Value>,
    #[serde(default = "Device::meter_s")]
    pub(crate) meter_s: u64,
}

/// What of a device is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadDevice {
    id: String,
    /// The member, and the name within it.
    pub(crate) member: &'static str,
    pub(crate) name: Option<String>,
    pub(crate) why: String,
}

impl Device {
    pub(crate) const fn meter_s() -> u64 {
        60
    }

    /// The error says what is wrong with it as it is written.
    pub(crate) fn bound(&self) -> Result<Binding, BadDevice> {
        let id = StationId::parse(&self.id).map_err(|why| self.bad("id", why.to_string()))?;
        if !is_id(&self.unit) {
            let why = format!("{:?} is not the id of a unit: small letters, digits and hyphens", self.unit);
            return Err(self.bad("unit", why));
        }
        let is_place =
            |place: &String| (1..=MAX_LOCATION).contains(&place.len()) && !place.chars().any(char::is_control);
        if self.location.as_ref().is_some_and(|place| !is_place(place)) {
            let why = format!("it has 1 to {MAX_LOCATION} bytes and no control characters");
            return Err(self.bad("location", why));
        }
        if !(1..=3_600).contains(&self.meter_s) {
            return Err(self.bad("meter_s", "it is 1 to 3600 seconds".to_owned()));
        }
        if self.parameters.len() > MAX_PARAMETERS {
            let why = format!("it has {}; no unit has more than {MAX_PARAMETERS}", self.parameters.len());
            return Err(self.bad("parameters", why));
        }
        let (default_token, wires, parameters) = (self.token()?, self.wires()?, self.parameters.clone());
        let meter_every = Duration::from_secs(self.meter_s);
        Ok(Binding { id, unit: self.unit.clone(), default_token, wires, parameters, meter_every })
    }

    fn token(&self) -> Result<Option<IdToken>, BadDevice> {
        let is_token = |token: &str| (1..=MAX_TOKEN).contains(&token.len()) && !token.chars().any(char::is_control);
        match &self.default_token {
            Some(token) if !is_token(token) => {
                Err(self.bad("default_token", format!("it has 1 to {MAX_TOKEN} bytes and no control characters")))
            }
            token => Ok(token.as_ref().map(|token| IdToken::new(token, IdToken::UNTYPED))),
        }
    }

    fn wires(&self) -> Result<Addresses, BadDevice> {
        if self.wires.is_empty() {
            let why = "it has none; [devices.wires] says where its driver's wires lead".to_owned();
            return Err(self.bad("wires", why));
        }
        if self.wires.len() > MAX_WIRES {
            return Err(self.bad("wires", format!("it has {}; at most {MAX_WIRES} lead to a device", self.wires.len())));
        }
        self.wires.iter().map(|(name, address)| Ok((name.clone(), Box::new(self.wire(name, address)?)))).collect()
    }

    fn wire(&self, name: &str, address: &str) -> Result<WireAddress, BadDevice> {
        let bad = |why: String| BadDevice { name: Some(name.to_owned()), ..self.bad("wires", why) };
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(bad(format!("a wire's name has 1 to {MAX_NAME} bytes and no control characters")));
        }
        if address.len() > MAX_ADDRESS {
            return Err(bad(format!("an address has at most {MAX_ADDRESS} bytes")));
        }
        WireAddress::parse(address).map_err(|why| bad(why.to_string()))
    }

    fn bad(&self, member: &'static str, why: String) -> BadDevice {
        BadDevice { id: self.id.clone(), member, name: None, why }
    }
}

/// What flows there would be in the sessions of both.
pub(crate) fn twice(one: &str, other: &str) -> String {
    format!("the devices {one} and {other} are the same hardware: the same unit, wires and parameters")
}

impl fmt::Display for BadDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, member, name, why } = self;
        match name {
            Some(name) => write!(f, "the device {id}: {member}.{name}: {why}"),
            None => write!(f, "the device {id}: {member}: {why}"),
        }
    }
}

/// Each can be driven, and none is there twice.
pub(super) fn checked(written: &[Spanned<Device>]) -> Result<Vec<Arc<Device>>, Misplaced> {
    if let Some(beyond) = written.get(MAX_DEVICES) {
        return Err(Misplaced::of(beyond, format!("{} devices; at most {MAX_DEVICES} are driven", written.len())));
    }
    let (mut driven, mut known) = (BTreeMap::new(), BTreeSet::new());
    for placed in written {
        let device = placed.get_ref();
        let hardware = device.bound().map_err(|bad| Misplaced::of(placed, bad))?.hardware();
        if let Some(other) = driven.insert(hardware, &device.id) {
            return Err(Misplaced::of(placed, twice(other, &device.id)));
        }
        if !known.insert(&device.id) {
            return Err(Misplaced::of(placed, format!("two devices have the id {}", device.id)));
        }
    }
    Ok(written.iter().map(|device| Arc::new(device.get_ref().clone())).collect())
}
