//! `DELETE /api/v1/devices/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::refused;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// Removes a device that was bound here. Its hardware is switched off after the turn that is under way, and its session ends then;
/// the station and its sessions stay in the books.
#[utoipa::path(
    delete,
    path = "/api/v1/devices/{id}",
    tag = "devices",
    params(("id" = String, Path, description = "The id of the station that the device is.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, body = ErrorBody, description = "`unknown-device`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: it stands in the configuration file"),
    ),
)]
pub(crate) async fn delete_device(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<StatusCode> {
    api.devices.delete(&id).await.map_err(|why| refused(&id, why))?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn a_deleted_device_is_gone_and_one_of_the_file_stays() {
        let house = House::new();
        let body = json!({"unit": "box", "wires": {"main": "modbus-tcp://box"}});
        assert_eq!(house.put("/api/v1/devices/attic", body).await.status.as_u16(), 201);
        for (id, status) in [("attic", 204), ("attic", 404), ("garage", 409)] {
            let answer = house.send(Asked::delete(&format!("/api/v1/devices/{id}"))).await;
            assert_eq!(answer.status.as_u16(), status, "{id}: {}", answer.body);
        }
    }
}
