//! `GET /api/v1/chains`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::LastErrorView;
use crate::Api;

/// Which units are asked for sessions that begin and tokens that are shown now, and what of that is not there.
#[utoipa::path(get, path = "/api/v1/chains", tag = "extensions", responses((status = 200, body = ChainsView)))]
pub(crate) async fn get_chains(State(api): State<Arc<Api>>) -> Json<Value> {
    Json(api.extensions.chains())
}

/// The registry makes the value; these types only describe it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChainsView {
    /// Counts up whenever a unit or a rule changes.
    generation: u64,
    /// What holds where no rule does, with the units that are asked though nobody names them.
    everywhere: ChainParts,
    /// In their order: the first that holds and names a part decides that part.
    rules: Vec<RuleView>,
    /// Units that are named and not there.
    missing: Vec<MissingUnitView>,
    /// The file with the rules; null when the server runs without one.
    #[schema(required)]
    file: Option<RulesFileView>,
}

/// Null: not named here.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChainParts {
    #[schema(required, example = "flat-tariff")]
    pricing: Option<String>,
    #[schema(required)]
    modifiers: Option<Vec<String>>,
    #[schema(required)]
    authorization: Option<Vec<String>>,
    /// `deny-overrides`, `first-decisive` or `all-accept`.
    #[schema(required)]
    combine: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RuleView {
    name: String,
    when: RuleConditions,
    parts: ChainParts,
}

/// All that are not null must hold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleConditions {
    #[schema(required)]
    stations: Option<Vec<String>>,
    #[schema(required)]
    groups: Option<Vec<String>>,
    #[schema(required)]
    locations: Option<Vec<String>>,
    #[schema(required)]
    token_groups: Option<Vec<String>>,
    /// `mon` to `sun`.
    #[schema(required)]
    weekdays: Option<Vec<String>>,
    #[schema(required, example = "22:00")]
    from: Option<String>,
    #[schema(required, example = "06:00")]
    until: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MissingUnitView {
    /// Null: it is named for everywhere.
    #[schema(required)]
    rule: Option<String>,
    /// `pricing`, `modifier` or `authorization`.
    hook: String,
    unit: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RulesFileView {
    path: String,
    /// Why what the file says now does not count.
    #[schema(required)]
    last_error: Option<LastErrorView>,
    /// Keys that have changed and count when the server starts again.
    needs_restart: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn the_chains_are_shown_as_the_registry_shows_them() {
        let answer = House::new().get("/api/v1/chains").await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, json!({"generation": 3, "rules": []})));
    }
}
