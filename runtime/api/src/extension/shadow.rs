//! `GET /api/v1/extensions/{id}/shadow`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::get::unknown;
use crate::Api;
use crate::extensions::NoShadow;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Place;

/// A candidate beside the active version: what it would have answered to what the active version was asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShadowView {
    unit: String,
    version: String,
    hash: String,
    /// Where the candidate's files are.
    path: String,
    /// Since when it is asked. Restarts do not count.
    #[schema(format = DateTime)]
    since: String,
    /// The active version whose answers it is held against; null before the first question. Another version begins the count
    /// anew; new rows of its tables do not.
    #[schema(required)]
    of: Option<BesideView>,
    /// The sum of `same`, `changed` and `failed`.
    compared: u64,
    same: u64,
    changed: u64,
    failed: u64,
    /// Questions that came while the queue was full.
    dropped: u64,
    /// Why the candidate's files, as they are now, are not what is compared.
    refused: Option<String>,
    /// Reason to number of questions that could not be compared.
    skipped: BTreeMap<String, u64>,
    /// Its clock changes at other hours than the active version's: the energy of a period is shared out over its time.
    approximate: bool,
    /// Currency to the sums of all final bills, decimals as text.
    money: BTreeMap<String, MoneyView>,
    /// The largest differences with both answers: bills with `session`, `station`, `startedAt`, `energyWh`, `before` and
    /// `after`, verdicts with `decision`, `before` and `after`.
    largest: Vec<Value>,
    /// The first failures.
    failures: Vec<FailureView>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BesideView {
    version: String,
    hash: String,
    /// Without the operator's tables.
    code_hash: String,
    /// When its first answer was compared.
    #[schema(required, format = DateTime)]
    since: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MoneyView {
    /// What the active version billed.
    #[schema(example = "16.00")]
    before: String,
    /// What the candidate would have billed.
    #[schema(example = "16.01")]
    after: String,
    #[schema(example = "0.01")]
    difference: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// The session's or the decision's id.
    of: String,
    reason: String,
}

/// The candidate beside an extension, live: same, changed, failed, the money per currency, the largest differences.
#[utoipa::path(
    get,
    path = "/api/v1/extensions/{id}/shadow",
    tag = "extensions",
    params(("id" = String, Path, description = "The id from the unit's manifest.")),
    responses(
        (status = 200, body = ShadowView),
        (status = 404, body = ErrorBody, description = "`unknown-extension`, `no-shadow`: the message says why a candidate was refused"),
    ),
)]
pub(crate) async fn get_shadow(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<Value>> {
    api.extensions.shadow(&id).map(Json).map_err(|missing| match missing {
        NoShadow::Unknown => unknown(&id),
        NoShadow::NoCandidate => {
            let message = format!("no candidate stands beside {id}; its folder belongs into the folder of candidates");
            Problem::missing("no-shadow", message)
        }
        NoShadow::Refused(why) => Problem::missing("no-shadow", format!("the candidate of {id} was refused: {why}")),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn a_shadow_is_shown_or_the_reason_why_there_is_none() {
        let house = House::new();
        assert_eq!(house.get("/api/v1/extensions/flat/shadow").await.body["changed"], 1);
        for (id, code, says) in [
            ("round", "unknown-extension", "no extension round"),
            ("lonely", "no-shadow", "no candidate stands beside lonely"),
            ("broken", "no-shadow", "main.rhai:1:7"),
        ] {
            let answer = house.get(&format!("/api/v1/extensions/{id}/shadow")).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, code), "{id}");
            assert!(answer.error("message").contains(says), "{}", answer.body);
        }
    }
}
