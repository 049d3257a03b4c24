//! `GET /api/v1/webhooks`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::WebhookView;
use crate::Api;
use crate::problem::Answer;
use crate::wire::List;

/// The webhooks of the configuration file, and how far each has heard. The list always has one page.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    tag = "events",
    responses((status = 200, body = List<WebhookView>)),
)]
pub(crate) async fn list_webhooks(State(api): State<Arc<Api>>) -> Answer<Json<List<Value>>> {
    Ok(Json(List { items: api.webhooks.webhooks(), next: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn webhooks_are_listed_as_the_deliveries_show_them() {
        let body = House::new().get("/api/v1/webhooks").await.body;
        assert_eq!(body, json!({"items": [{"name": "books", "state": "idle"}], "next": null}));
    }
}
