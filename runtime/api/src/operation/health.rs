//! `GET /health/live` and `GET /health/ready`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// The process answers. If this fails, restart it.
#[utoipa::path(get, path = "/health/live", tag = "operation", security(()), responses((status = 200, body = Health)))]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "live" })
}

/// Stations are served. While this fails, send no traffic.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    security(()),
    responses((status = 200, body = Health), (status = 503, body = ErrorBody, description = "`not-ready`")),
)]
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Answer<Json<Health>> {
    if *api.closing.borrow() {
        return Err(not_ready("the server is shutting down".to_owned()));
    }
    api.control.ready().map_err(not_ready)?;
    Ok(Json(Health { status: "ready" }))
}

fn not_ready(why: String) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn ready_says_what_is_missing() {
        let house = House::new();
        assert_eq!(house.get("/health/live").await.body, json!({"status": "live"}));
        assert_eq!(house.get("/health/ready").await.body, json!({"status": "ready"}));
        house.not_ready("the store is being opened");
        let answer = house.get("/health/ready").await;
        assert_eq!(answer.status.as_u16(), 503);
        assert_eq!(answer.body, json!({"error": {"code": "not-ready", "message": "the store is being opened"}}));
        assert_eq!(house.get("/health/live").await.status.as_u16(), 200);
    }

    #[tokio::test]
    async fn a_server_that_goes_is_not_ready() {
        let house = House::new();
        house.api.closing.send_replace(true);
        assert_eq!(house.get("/health/ready").await.status.as_u16(), 503);
    }
}
