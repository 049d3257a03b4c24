//! No request is served longer than the settings allow.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::Api;
use crate::problem::{Answer, Problem};

/// Reading the body counts; sending an event stream does not.
pub(crate) async fn limit(State(api): State<Arc<Api>>, request: Request, next: Next) -> Answer<Response> {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // A file takes as long as its way is.
    let is_file = request.method() == Method::PUT && route == Some("/api/v1/firmware/{name}");
    let allowed = if is_file { api.settings.upload_timeout } else { api.settings.request_timeout };
    tokio::time::timeout(allowed, next.run(request)).await.map_err(|_| {
        let message =
            format!("the request was not served within {} s; it may still have had its effect", allowed.as_secs_f32());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", message)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;
    use serde_json::json;

    use crate::testing::{Asked, House};

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_ended() {
        let house = House::with(|settings| settings.request_timeout = Duration::from_secs(3));
        house.connect("cs-1");
        let answer = house.send(Asked::post("/api/v1/stations/cs-1/calls/Never", &json!({}))).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.error("code"), "timeout");
    }
}
