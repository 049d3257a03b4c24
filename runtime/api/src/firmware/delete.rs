//! `DELETE /api/v1/firmware/{name}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::refused;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// Deletes a firmware file. Who fetches it just now gets it to the end; who was told to and has not begun finds nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/firmware/{name}",
    tag = "files",
    params(("name" = String, Path, description = "The file's name.")),
    responses((status = 204), (status = 404, body = ErrorBody, description = "`unknown-file`")),
)]
pub(crate) async fn delete_firmware(State(api): State<Arc<Api>>, Place(name): Place<String>) -> Answer<StatusCode> {
    api.files.delete_firmware(&name).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
