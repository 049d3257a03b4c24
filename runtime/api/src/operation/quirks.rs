//! `GET /api/v1/quirks`

use std::sync::Arc;

use amprule_domain::Timestamp;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{Nothing, Params};

/// All models that were counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuirkReport {
    /// When counting began: at the last start of the server.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T06:00:00Z")]
    since: Timestamp,
    items: Vec<QuirksView>,
    /// Always null: there is one page.
    #[schema(required)]
    next: Option<String>,
}

/// A model of stations, and what is odd about what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Quirks)]
pub struct QuirksView {
    /// As its boot notification says; empty where it never did.
    #[schema(example = "OpenEVSE")]
    pub vendor: String,
    #[schema(example = "ESP32")]
    pub model: String,
    #[schema(example = "4.2.2")]
    pub firmware: String,
    /// Active extensions that translate for it, in the order in which they are asked.
    pub dialects: Vec<String>,
    /// Those that it has earned since the server started, those of most sessions and messages first.
    pub marks: Vec<QuirkView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Quirk)]
pub struct QuirkView {
    #[schema(example = "power-contradicts")]
    pub mark: String,
    /// What it says.
    pub meaning: String,
    /// Sessions that ended with it.
    pub sessions: u64,
    /// Messages that had to be repaired.
    pub messages: u64,
    /// Active extensions of this model whose manifests say that they take it away.
    #[schema(example = json!(["openevse-kwh"]))]
    pub removed_by: Vec<String>,
}

/// Which marks each model of stations earns, and which dialect takes them away. Counted since the server started (`since`); the
/// list always has one page, and after a thousand kinds of sessions' marks and as many of messages' a further kind is not counted.
#[utoipa::path(
    get,
    path = "/api/v1/quirks",
    tag = "stations",
    responses((status = 200, body = QuirkReport), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_quirks(
    State(api): State<Arc<Api>>,
    Params(Nothing {}): Params<Nothing>,
) -> Answer<Json<QuirkReport>> {
    Ok(Json(QuirkReport { since: api.metrics.counted_since(), items: api.metrics.quirks(), next: None }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn models_are_shown_with_their_marks_and_who_takes_them_away() {
        let body = House::new().get("/api/v1/quirks").await.body;
        assert_eq!(body["since"], "1970-01-01T00:00:00Z");
        let model = &body["items"][0];
        assert_eq!((&model["model"], &model["dialects"]), (&json!("Box"), &json!(["box-kwh"])));
        assert_eq!(model["marks"][0]["removedBy"], json!(["box-kwh"]));
        assert_eq!(House::new().get("/api/v1/quirks?limit=1").await.status, 400);
    }
}
