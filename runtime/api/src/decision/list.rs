//! `GET /api/v1/decisions`

use std::sync::Arc;

use amprule_domain::SessionId;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::DecisionView;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

/// Less than other lists: one input may have a thousand periods.
const PAGES: Pages = Pages::of("decisions", 100);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionFilter {
    /// Only of this session.
    #[param(value_type = Option<String>, format = Uuid)]
    session: Option<SessionId>,
    /// At most so many; 1 to 100, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Decisions of any age, newest first. A page may be short, even empty, and name a `next` all the same: go on until it does not.
#[utoipa::path(
    get,
    path = "/api/v1/decisions",
    tag = "decisions",
    params(DecisionFilter),
    responses((status = 200, body = List<DecisionView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_decisions(
    State(api): State<Arc<Api>>,
    Params(filter): Params<DecisionFilter>,
) -> Answer<Json<List<DecisionView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    Ok(Json(PAGES.list(api.store.decisions(filter.session, &page).await?, DecisionView::from)))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;

    use crate::testing::{House, decision, session};

    #[tokio::test]
    async fn decisions_of_a_session_are_listed() {
        let house = House::new();
        let id = session(1, "cs-1").id;
        house.keep(
            [decision(1, Some(id)), decision(2, None), decision(3, Some(id))].map(|d| Effect::Decision(Box::new(d))),
        );
        let of = async |query: &str| {
            let body = house.get(&format!("/api/v1/decisions?{query}")).await.body;
            body["items"].as_array().expect("items").len()
        };
        assert_eq!((of(&format!("session={id}")).await, of("").await, of("limit=1").await), (2, 3, 1));
        assert_eq!(house.get("/api/v1/decisions?session=7").await.status.as_u16(), 400);
        assert_eq!(house.get("/api/v1/decisions?limit=101").await.status.as_u16(), 400);
    }
}
