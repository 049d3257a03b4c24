//! `PUT /api/v1/firmware/{name}`

use std::io;
use std::sync::Arc;

use amprule_domain::files::MeantFor;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use futures_util::TryStreamExt as _;
use serde::Deserialize;

use super::{FirmwareView, refused};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{Params, Place};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MeantQuery {
    /// Only stations of this vendor are told to fetch it, as their boot says it; `*` stands for any text.
    vendor: Option<String>,
    /// Only those of this model.
    model: Option<String>,
    /// Which version it is, for people.
    version: Option<String>,
}

/// Stores a firmware file: the body is its content, as it is.
///
/// It is on the disk when this answers. A name does not get another content while it is there: somebody may be fetching it. The
/// same content again changes whom it is for.
#[utoipa::path(
    put,
    path = "/api/v1/firmware/{name}",
    tag = "files",
    params(("name" = String, Path, description = "Letters, digits, `.`, `_` and `-`; at most 100."), MeantQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = FirmwareView),
        (status = 400, body = ErrorBody, description = "`broken-body`: it ended before it was complete; `bad-parameter`"),
        (status = 409, body = ErrorBody, description = "`exists`"),
        (status = 413, body = ErrorBody, description = "`body-too-large`"),
        (status = 422, body = ErrorBody, description = "`invalid`: the name, or nothing in it"),
        (status = 429, body = ErrorBody, description = "`busy`: 16 files are on their way"),
        (status = 507, body = ErrorBody, description = "`full`"),
    ),
)]
pub(crate) async fn put_firmware(
    State(api): State<Arc<Api>>,
    Place(name): Place<String>,
    Params(MeantQuery { vendor, model, version }): Params<MeantQuery>,
    body: Body,
) -> Answer<Json<FirmwareView>> {
    let content = Box::pin(body.into_data_stream().map_err(io::Error::other));
    let stored = api.files.put_firmware(&name, MeantFor { vendor, model, version }, content).await;
    Ok(Json(FirmwareView::new(&api, stored.map_err(refused)?)))
}
