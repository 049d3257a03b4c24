//! `GET /api/v1/extensions`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::view::ExtensionView;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Nothing, Params};

/// All scripts and plugins, those that could not be loaded too. The list always has one page.
#[utoipa::path(
    get,
    path = "/api/v1/extensions",
    tag = "extensions",
    responses((status = 200, body = List<ExtensionView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_extensions(
    State(api): State<Arc<Api>>,
    Params(Nothing {}): Params<Nothing>,
) -> Answer<Json<List<Value>>> {
    Ok(Json(List { items: api.extensions.extensions(), next: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn extensions_are_listed_as_the_registry_shows_them() {
        let body = House::new().get("/api/v1/extensions").await.body;
        assert_eq!(body, json!({"items": [{"id": "flat", "state": "active", "version": "1.0.0"}], "next": null}));
    }
}
