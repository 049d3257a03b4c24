//! `GET /api/v1/stations`

use std::sync::Arc;

use amprule_domain::doors::Listed;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::{StationView, view};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("stations", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StationFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// All stations, ordered by id.
#[utoipa::path(
    get,
    path = "/api/v1/stations",
    tag = "stations",
    params(StationFilter),
    responses((status = 200, body = List<StationView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_stations(
    State(api): State<Arc<Api>>,
    Params(filter): Params<StationFilter>,
) -> Answer<Json<List<StationView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    let Listed { items, next } = api.store.stations(&page).await?;
    let ids: Vec<_> = items.iter().map(|record| record.id.clone()).collect();
    let reported = api.store.reported_of(ids.clone()).await?;
    let connectors = api.store.connectors_of(ids).await?;
    let items = items.into_iter().zip(reported.into_iter().zip(connectors)).collect();
    Ok(Json(
        PAGES.list(Listed { items, next }, |(record, (reported, connectors))| view(&api, record, reported, connectors)),
    ))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use amprule_domain::event::Boot;
    use amprule_domain::reported::{Identity, Report};
    use serde_json::json;

    use crate::testing::{House, station};

    #[tokio::test]
    async fn stations_come_in_pages_and_say_what_they_are_and_whether_they_are_connected() {
        let house = House::new();
        house.keep(["a", "b", "c"].map(|id| Effect::Station(Box::new(station(id)))));
        let boot = Boot { vendor: "Volta".to_owned(), ..Boot::default() };
        let report = Box::new(Report::Identity(Identity { boot, ..Identity::default() }));
        house.keep([Effect::Reported { station: "b".into(), report }]);
        house.connect("b");
        let first = house.get("/api/v1/stations?limit=2").await.body;
        let items = first["items"].as_array().expect("items");
        let seen: Vec<_> = items.iter().map(|item| (item["id"].as_str(), item["connected"].as_bool())).collect();
        assert_eq!(seen, [(Some("a"), Some(false)), (Some("b"), Some(true))]);
        assert_eq!((&items[0]["vendor"], &items[1]["vendor"]), (&json!(null), &json!("Volta")), "each has its own");
        let next = first["next"].as_str().expect("a next page");
        let second = house.get(&format!("/api/v1/stations?limit=2&after={next}")).await.body;
        assert_eq!(second["items"][0]["id"], "c");
        assert!(second["next"].is_null());
    }
}
