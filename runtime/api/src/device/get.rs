//! `GET /api/v1/devices/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::{DeviceView, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One device: how it stands, and how it is bound.
#[utoipa::path(
    get,
    path = "/api/v1/devices/{id}",
    tag = "devices",
    params(("id" = String, Path, description = "The id of the station that the device is.")),
    responses((status = 200, body = DeviceView), (status = 404, body = ErrorBody, description = "`unknown-device`")),
)]
pub(crate) async fn get_device(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<Value>> {
    api.devices.device(&id).map(Json).ok_or_else(|| unknown(&id))
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn a_device_is_found_by_its_id() {
        let house = House::new();
        assert_eq!(house.get("/api/v1/devices/garage").await.body["boundBy"], "configuration");
        let answer = house.get("/api/v1/devices/cellar").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-device"));
    }
}
