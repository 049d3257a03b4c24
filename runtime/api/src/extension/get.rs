//! `GET /api/v1/extensions/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::view::ExtensionView;
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Place;

/// One script or plugin: its state, version, hash, last error, and what its calls used.
#[utoipa::path(
    get,
    path = "/api/v1/extensions/{id}",
    tag = "extensions",
    params(("id" = String, Path, description = "The id from the unit's manifest.")),
    responses((status = 200, body = ExtensionView), (status = 404, body = ErrorBody, description = "`unknown-extension`")),
)]
pub(crate) async fn get_extension(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<Value>> {
    api.extensions.extension(&id).map(Json).ok_or_else(|| unknown(&id))
}

pub(super) fn unknown(id: &str) -> Problem {
    let message = format!("there is no extension {id}; GET /api/v1/extensions lists those that were found");
    Problem::missing("unknown-extension", message)
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn an_extension_is_found_by_its_id() {
        let house = House::new();
        assert_eq!(house.get("/api/v1/extensions/flat").await.body["version"], "1.0.0");
        let answer = house.get("/api/v1/extensions/round").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-extension"));
    }
}
