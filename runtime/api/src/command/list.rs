//! `GET /api/v1/commands`

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::{ExchangeFilter, Listed};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::{CommandView, restart};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("commands", 1_000);

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommandFilter {
    /// Only to this station.
    station: Option<String>,
    /// Only those that are neither answered nor given up.
    #[serde(default)]
    open: bool,
    /// 1 to 1000; 100 without it.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// Commands, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/commands",
    tag = "commands",
    params(CommandFilter),
    responses((status = 200, body = List<CommandView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_commands(
    State(api): State<Arc<Api>>,
    Params(asked): Params<CommandFilter>,
) -> Answer<Json<List<CommandView>>> {
    let page = PAGES.page(asked.limit, asked.after)?;
    let filter = ExchangeFilter { station: asked.station.map(StationId::new), is_open: asked.open };
    let Listed { items, next } = api.store.exchanges(&filter, &page).await?;
    let listed = Listed { items: restart::views(&api, items).await?, next };
    Ok(Json(PAGES.list(listed, |view| view)))
}
