//! `PUT /api/v1/devices/{id}`

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::StationId;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{DeviceView, refused, unknown};
use crate::Api;
use crate::devices::DeviceChange;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, Place, given};

/// How a device is bound. A member that is not given stays as it is, or takes its default in a new device, which needs `unit` and
/// `wires`; `null` clears `defaultToken` and `location`, and is the same as not given elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeviceBody {
    /// The driver's id: of a unit with `hooks = ["device"]`, which may come later.
    #[schema(max_length = 64, example = "keba-p30")]
    unit: Option<String>,
    /// Where it stands: the station's `location`, as its record has it from then on.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255, example = "Depot")]
    location: Option<Option<String>>,
    /// What a car charges on that nobody shows a card for. Without it a card is needed, or a start command.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255, example = "FLEET-1")]
    default_token: Option<Option<String>>,
    /// Where its driver's wires lead, by the names that the driver gives them; 1 to 8, of 1,024 bytes each. What is given replaces
    /// all that was given before.
    #[schema(example = json!({"main": "modbus-tcp://192.168.1.20:502?unit=255"}))]
    wires: Option<BTreeMap<String, String>>,
    /// For this device instead of what the unit's own say, by their names. What is given replaces all that was given before.
    /// With other parameters the hardware is switched off first, as with other wires.
    #[schema(value_type = Option<Object>, example = json!({"channel": 1}))]
    parameters: Option<Map<String, Value>>,
    /// How often a session that runs is metered, in seconds; 60 is the default.
    #[schema(minimum = 1, maximum = 3600, example = 60)]
    meter_s: Option<u64>,
}

impl From<DeviceBody> for DeviceChange {
    fn from(body: DeviceBody) -> Self {
        let DeviceBody { unit, location, default_token, wires, parameters, meter_s } = body;
        Self { unit, location, default_token, wires, parameters, meter_s }
    }
}

/// Binds a device, or binds it otherwise: from then on, without a restart. One that shall be driven by another unit or over other
/// wires is switched off before, and its session ends. Nothing changes when anything is wrong.
#[utoipa::path(
    put,
    path = "/api/v1/devices/{id}",
    tag = "devices",
    params(("id" = String, Path, description = "The id of the station that the device is.")),
    request_body = DeviceBody,
    responses(
        (status = 200, body = DeviceView, description = "Changed."),
        (status = 201, body = DeviceView, description = "Bound."),
        (status = 400, body = ErrorBody, description = "`malformed-json`, `bad-path`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: it stands in the configuration file, another device has this hardware, there are 10,000, or it is driven and nobody could drive it like this"),
        (status = 413, body = ErrorBody, description = "`body-too-large`"),
        (status = 415, body = ErrorBody, description = "`unsupported-media-type`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn put_device(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(body): Change<DeviceBody>,
) -> Answer<(StatusCode, Json<Value>)> {
    StationId::parse(&id).map_err(|fault| Problem::unreadable("bad-path", fault.to_string()))?;
    let is_new = api.devices.put(&id, body.into()).await.map_err(|why| refused(&id, why))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let device = api.devices.device(&id).ok_or_else(|| unknown(&id))?;
    Ok((status, Json(device)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn a_device_is_bound_changed_or_refused_with_the_reason() {
        let house = House::new();
        let wires = json!({"main": "modbus-tcp://box"});
        for (id, body, status, says) in [
            ("attic", json!({"unit": "box", "wires": wires}), 201, ""),
            ("attic", json!({"meterS": 5}), 200, ""),
            ("attic", json!({"meterS": 0}), 422, "1 to 3600"),
            ("attic", json!({"meter_s": 5}), 422, "did you mean `meterS`?"),
            ("attic", json!({"wires": "modbus-tcp://box"}), 422, "expected a map"),
            ("garage", json!({"unit": "box", "wires": wires}), 409, "change it there"),
            ("%20", json!({"unit": "box", "wires": wires}), 400, "not empty"),
        ] {
            let answer = house.put(&format!("/api/v1/devices/{id}"), body.clone()).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
            assert!(answer.body.to_string().contains(says), "{body}: {}", answer.body);
        }
        assert_eq!(house.get("/api/v1/devices/attic").await.body["meterS"], 5);
    }
}
