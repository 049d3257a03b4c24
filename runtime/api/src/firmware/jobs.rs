//! `GET /api/v1/firmware-jobs`

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::holding::{HoldingFilter, Kind, Like};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::Api;
use crate::holding::HoldingView;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("firmware jobs", 1_000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Only those of this file: a campaign.
    file: Option<String>,
    /// Only those that stand so: `ordered`, `asked`, `refused`, `running`, `booted`, `ended`, `given-up`.
    state: Option<String>,
    /// Only those whose station said this last: `Downloading`, `DownloadFailed`, `Installed`, …
    status: Option<String>,
    /// Only those of this station.
    station: Option<String>,
    /// 1 to 1000; 100 without it.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Updates of firmware at all stations, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/firmware-jobs",
    tag = "files",
    params(JobQuery),
    responses((status = 200, body = List<HoldingView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_jobs(
    State(api): State<Arc<Api>>,
    Params(query): Params<JobQuery>,
) -> Answer<Json<List<HoldingView>>> {
    let JobQuery { file, state, status, station, limit, after } = query;
    let page = PAGES.page(limit, after)?;
    let filter = HoldingFilter { kind: Kind::FirmwareJob, station: station.map(StationId::new), find: None };
    let like = Like::default().maybe("file", file).maybe("state", state).maybe("status", status);
    let listed = api.store.holdings_like(&filter, &like, &page).await?;
    let now = api.control.now();
    Ok(Json(PAGES.list(listed, |holding| HoldingView::new(holding, now))))
}
