//! `GET /openapi.json`

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;

/// Made once; it never changes while the program runs.
static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| crate::document().to_pretty_json().expect("the document is plain JSON").into());

/// This description of the API.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", security(()), responses((status = 200, body = Object)))]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone())
}
