//! Devices: hardware without OCPP, how it is bound, and how it stands.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod tape;

use std::collections::BTreeMap;

use amprule_domain::Timestamp;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::devices::DeviceRefused;
use crate::problem::Problem;

/// How a device stands. The values are made elsewhere; these types only describe them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceStanding {
    /// The station's id.
    #[schema(example = "garage")]
    id: String,
    /// The driver's id.
    #[schema(example = "keba-p30")]
    unit: String,
    /// `configuration` (a `[[devices]]` of the file) or `api`.
    #[schema(example = "api")]
    bound_by: String,
    /// Of the driver that made the last turn; null while none has.
    #[schema(required, example = "1.0.0")]
    driver_version: Option<String>,
    /// As it was seen last: `available`, `plugged`, `charging`, `suspended-vehicle`, `suspended-charger`, `faulted` or
    /// `unavailable`; null of a meter, and while it was not seen since the server or the device began.
    #[schema(required, example = "charging")]
    state: Option<String>,
    /// What a meter showed at `seenAt`, by the names of its driver's points; a station has none.
    #[schema(example = json!({"power_w": "1234.5", "energy_wh": "8250000"}))]
    readings: BTreeMap<String, String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    seen_at: Option<Timestamp>,
    /// Why the last turn came to nothing.
    #[schema(required)]
    trouble: Option<String>,
    /// What the hardware does beside what it was told: it is told again, less and less often.
    #[schema(required, example = "it charges though nobody was let in: look who else switches it")]
    remark: Option<String>,
    /// Turns since it began.
    turns: u64,
}

/// A device: how it stands, and how it is bound.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceView {
    #[serde(flatten)]
    standing: DeviceStanding,
    /// Where its driver's wires lead. What stands in place of a password or a key is `***`.
    #[schema(example = json!({"main": "modbus-tcp://192.168.1.20:502?unit=255"}))]
    wires: BTreeMap<String, String>,
    /// For this device instead of what the unit's own say.
    #[schema(value_type = Object, example = json!({"channel": 1}))]
    parameters: Map<String, Value>,
    /// Where it stands, by what bound it; the station's record has it from then on, and may be changed there.
    #[schema(required, example = "Depot")]
    location: Option<String>,
    /// What a car charges on that nobody shows a card for.
    #[schema(required)]
    default_token: Option<String>,
    /// How often a session that runs is metered, in seconds.
    #[schema(example = 60)]
    meter_s: u64,
}

fn refused(id: &str, refused: DeviceRefused) -> Problem {
    match refused {
        DeviceRefused::Unknown => unknown(id),
        DeviceRefused::Impossible(why) => Problem::new(StatusCode::CONFLICT, "not-possible", why),
        DeviceRefused::Invalid { path, message } => Problem::invalid(path, message),
        DeviceRefused::NotKept(why) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "store", why),
    }
}

fn unknown(id: &str) -> Problem {
    let message = format!("there is no device {id}; PUT /api/v1/devices/{id} binds one");
    Problem::missing("unknown-device", message)
}
