//! `GET /api/v1/firmware`

use std::sync::Arc;

use amprule_domain::doors::{Listed, Page};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::FirmwareView;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("firmware", 1_000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FirmwareQuery {
    /// 1 to 1000; 100 without it.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// All firmware files, by their names.
#[utoipa::path(
    get,
    path = "/api/v1/firmware",
    tag = "files",
    params(FirmwareQuery),
    responses((status = 200, body = List<FirmwareView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_firmware(
    State(api): State<Arc<Api>>,
    Params(query): Params<FirmwareQuery>,
) -> Answer<Json<List<FirmwareView>>> {
    let Page { after, limit } = PAGES.page(query.limit, query.after)?;
    let mut items = api.files.firmware();
    items.retain(|file| after.as_ref().is_none_or(|after| file.name > *after));
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| has_more).map(|file| file.name.clone());
    Ok(Json(PAGES.list(Listed { items, next }, |file| FirmwareView::new(&api, file))))
}
