//! `GET /api/v1/firmware/{name}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{FirmwareView, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// What is known of a firmware file. Its content is at its `address`.
#[utoipa::path(
    get,
    path = "/api/v1/firmware/{name}",
    tag = "files",
    params(("name" = String, Path, description = "The file's name.")),
    responses((status = 200, body = FirmwareView), (status = 404, body = ErrorBody, description = "`unknown-file`")),
)]
pub(crate) async fn get_firmware(
    State(api): State<Arc<Api>>,
    Place(name): Place<String>,
) -> Answer<Json<FirmwareView>> {
    let file = api.files.firmware_file(&name).ok_or_else(|| unknown(&name))?;
    Ok(Json(FirmwareView::new(&api, file)))
}
