//! `GET /api/v1/devices`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use super::DeviceStanding;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("devices", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeviceFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// All devices, and how they stand.
#[utoipa::path(
    get,
    path = "/api/v1/devices",
    tag = "devices",
    params(DeviceFilter),
    responses((status = 200, body = List<DeviceStanding>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_devices(
    State(api): State<Arc<Api>>,
    Params(filter): Params<DeviceFilter>,
) -> Answer<Json<List<Value>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    Ok(Json(PAGES.list(api.devices.devices(&page), |device| device)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn devices_come_in_pages() {
        let house = House::new();
        let body = json!({"unit": "box", "wires": {"main": "modbus-tcp://box"}});
        house.put("/api/v1/devices/attic", body).await;
        let first = house.get("/api/v1/devices?limit=1").await.body;
        assert_eq!(first["items"][0]["id"], "attic");
        let next = first["next"].as_str().expect("a next page");
        let second = house.get(&format!("/api/v1/devices?limit=1&after={next}")).await.body;
        assert_eq!((second["items"][0]["id"].as_str(), second["next"].is_null()), (Some("garage"), true));
    }
}
