//! `GET /api/v1/sites/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{SiteView, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One site, and how its power is shared out.
#[utoipa::path(
    get,
    path = "/api/v1/sites/{id}",
    tag = "sites",
    params(("id" = String, Path, description = "The site's id, as the configuration names it.")),
    responses((status = 200, body = SiteView), (status = 404, body = ErrorBody, description = "`unknown-site`")),
)]
pub(crate) async fn get_site(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<SiteView>> {
    api.sites.site(&id).map(Json).ok_or_else(|| unknown(&id))
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn a_site_is_found_by_its_id() {
        let house = House::new();
        let site = house.get("/api/v1/sites/depot").await.body;
        assert_eq!((site["unit"].as_str(), site["evses"][0]["limitA"].as_str()), (Some("equal-share"), Some("16")));
        let answer = house.get("/api/v1/sites/cellar").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-site"));
    }
}
