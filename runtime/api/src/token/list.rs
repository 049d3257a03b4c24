//! `GET /api/v1/tokens`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::TokenView;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("tokens", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// All tokens.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "tokens",
    params(TokenFilter),
    responses((status = 200, body = List<TokenView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_tokens(
    State(api): State<Arc<Api>>,
    Params(filter): Params<TokenFilter>,
) -> Answer<Json<List<TokenView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    Ok(Json(PAGES.list(api.store.tokens(&page).await?, TokenView::from)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn tokens_come_in_pages() {
        let house = House::new();
        for id in ["a", "b", "c"] {
            house.put(&format!("/api/v1/tokens/{id}"), json!({})).await;
        }
        let first = house.get("/api/v1/tokens?limit=2").await.body;
        assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
        let next = first["next"].as_str().expect("a next page");
        let second = house.get(&format!("/api/v1/tokens?limit=2&after={next}")).await.body;
        assert_eq!((second["items"][0]["idToken"].as_str(), second["next"].is_null()), (Some("c"), true));
    }
}
