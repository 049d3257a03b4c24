//! The door to the devices: hardware without OCPP, and the drivers that are bound to it.

use std::collections::BTreeMap;

use amprule_domain::doors::{Listed, Page};
use amprule_domain::ports::BoxFuture;
use serde_json::{Map, Value};

/// Implemented over the devices and what binds them. Each value has the members that [`crate::document`] lists for `DeviceView`;
/// those of a list may lack what only a single one is shown with.
pub trait Devices: Send + Sync {
    /// By their ids.
    fn devices(&self, page: &Page) -> Listed<Value>;

    fn device(&self, id: &str) -> Option<Value>;

    /// Its last turns, a line of JSON each. `None`: there is no such device.
    fn tape(&self, id: &str) -> Option<String>;

    /// Binds a device, or binds it otherwise. It is durable when this answers; true: there was none.
    fn put<'a>(&'a self, id: &'a str, change: DeviceChange) -> BoxFuture<'a, Result<bool, DeviceRefused>>;

    /// Removes one that was bound here. It is durable when this answers; the hardware is switched off meanwhile.
    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), DeviceRefused>>;
}

/// What is not given stays as it is, or takes its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceChange {
    pub unit: Option<String>,
    /// `Some(None)`: it stays in the station's record, and is changed there.
    pub location: Option<Option<String>>,
    /// `Some(None)`: none any more.
    pub default_token: Option<Option<String>>,
    /// All of them.
    pub wires: Option<BTreeMap<String, String>>,
    /// All of them.
    pub parameters: Option<Map<String, Value>>,
    pub meter_s: Option<u64>,
}

/// Why nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceRefused {
    Unknown,
    Impossible(String),
    /// A value cannot be; a JSON pointer to it.
    Invalid {
        path: String,
        message: String,
    },
    NotKept(String),
}
