//! `GET /api/v1/sites`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::SiteView;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("sites", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SiteFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// All sites, and how their power is shared out.
#[utoipa::path(
    get,
    path = "/api/v1/sites",
    tag = "sites",
    params(SiteFilter),
    responses((status = 200, body = List<SiteView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_sites(
    State(api): State<Arc<Api>>,
    Params(filter): Params<SiteFilter>,
) -> Answer<Json<List<SiteView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    Ok(Json(PAGES.list(api.sites.sites(&page), |site| site)))
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn sites_come_in_pages() {
        let house = House::new();
        let first = house.get("/api/v1/sites?limit=1").await.body;
        assert_eq!((first["items"][0]["id"].as_str(), first["next"].is_null()), (Some("depot"), true));
        assert_eq!(first["items"][0]["circuits"][0]["capacityA"][0], "31.5");
    }
}
