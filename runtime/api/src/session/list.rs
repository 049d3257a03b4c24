//! `GET /api/v1/sessions`

use std::sync::Arc;

use amprule_domain::session::SessionState;
use amprule_domain::{StationId, Timestamp, doors};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::{SessionView, brief};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("sessions", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionFilter {
    /// Only of this station.
    station: Option<String>,
    /// Only in this state: `parked`, `active` or `ended`.
    #[param(value_type = Option<String>)]
    state: Option<SessionState>,
    /// Only with this reference of the station.
    transaction: Option<String>,
    /// Only with this token; case does not matter.
    id_token: Option<String>,
    /// Only at this location, as the station's record named it when they began.
    location: Option<String>,
    /// Only those that began at this moment or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those that began before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Only those that carry this mark, `needs-review` for instance.
    mark: Option<String>,
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Sessions, newest first. All filters that are given must match.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "sessions",
    params(SessionFilter),
    responses((status = 200, body = List<SessionView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_sessions(
    State(api): State<Arc<Api>>,
    Params(filter): Params<SessionFilter>,
) -> Answer<Json<List<SessionView>>> {
    let SessionFilter { station, state, transaction, id_token, location, from, until, mark, limit, after } = filter;
    let page = PAGES.page(limit, after)?;
    let token = id_token.map(|id_token| crate::token::key(&id_token));
    let station = station.map(StationId::new);
    let filter = doors::SessionFilter { station, state, transaction, token, location, from, until, mark };
    let mut listed = api.store.sessions(&filter, &page).await?;
    for session in &mut listed.items {
        *session = api.control.priced(session.clone()).await?;
    }
    let now = api.control.now();
    Ok(Json(PAGES.list(listed, |session| brief(session, now))))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;

    use crate::testing::{House, priced, session};

    #[tokio::test]
    async fn filters_reach_the_store_and_pages_lead_on() {
        let house = House::new();
        let sessions = [session(1, "cs-1"), priced(session(2, "cs-1")), session(3, "cs-2"), session(4, "cs-1")];
        house.keep(sessions.map(|session| Effect::Session(std::sync::Arc::new(session))));
        let cases = [
            ("station=cs-1", vec![4, 2, 1]),
            ("state=ended", vec![2]),
            ("transaction=3&station=cs-2", vec![3]),
            ("transaction=3&station=cs-1", vec![]),
            ("idToken=04ab", vec![4, 3, 2, 1]),
            ("from=2026-07-01T08:00:00Z&until=2026-07-01T08:00:01Z", vec![4, 3, 2, 1]),
            ("until=2026-07-01T08:00:00Z", vec![]),
            ("mark=offline", vec![2]),
            ("location=depot", vec![]),
            ("limit=2", vec![4, 3]),
        ];
        for (query, expect) in cases {
            let body = house.get(&format!("/api/v1/sessions?{query}")).await.body;
            let items = body["items"].as_array().expect("items");
            let numbers: Vec<_> = items.iter().filter_map(|item| item["no"].as_i64()).collect();
            assert_eq!(numbers, expect, "{query}");
            assert!(items.iter().all(|item| item.get("periods").is_none()), "the course stays out of lists");
            assert_eq!(body["next"].is_string(), query == "limit=2");
        }
    }
}
