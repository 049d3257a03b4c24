//! `GET /api/v1/forwards` and `GET /api/v1/stations/{id}/forwards`

use std::sync::Arc;

use amprule_domain::StationId;
use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::{ForwardLineView, ForwardView};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::station::unknown;
use crate::wire::{List, Place};

/// The forwards of the configuration file: other backends that hear what stations say. The list always has one page.
#[utoipa::path(
    get,
    path = "/api/v1/forwards",
    tag = "forwards",
    responses((status = 200, body = List<ForwardView>)),
)]
pub(crate) async fn list_forwards(State(api): State<Arc<Api>>) -> Answer<Json<List<Value>>> {
    Ok(Json(List { items: api.forwards.forwards(), next: None }))
}

/// Which other backends hear this station, and how far each is. The list always has one page.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/forwards",
    tag = "forwards",
    params(("id" = String, Path, description = "The station's id.")),
    responses(
        (status = 200, body = List<ForwardLineView>),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
    ),
)]
pub(crate) async fn list_forwards_of(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
) -> Answer<Json<List<Value>>> {
    let id = StationId::new(id);
    api.store.station(&id).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(List { items: api.forwards.of(&id), next: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn forwards_are_listed_as_their_lines_show_them() {
        let house = House::new();
        let body = house.get("/api/v1/forwards").await.body;
        assert_eq!(body, json!({"items": [{"name": "books", "connected": 1}], "next": null}));
        house.put("/api/v1/stations/cs-1", json!({})).await;
        let body = house.get("/api/v1/stations/cs-1/forwards").await.body;
        assert_eq!(body, json!({"items": [{"forward": "books", "state": "connected"}], "next": null}));
        let unknown = house.get("/api/v1/stations/nobody/forwards").await;
        assert_eq!((unknown.status.as_u16(), unknown.error("code").as_str()), (404, "unknown-station"));
    }
}
