//! `GET /api/v1/decisions/{id}`

use std::sync::Arc;

use amprule_domain::DecisionId;
use axum::Json;
use axum::extract::State;

use super::DecisionView;
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Place;

/// One decision.
#[utoipa::path(
    get,
    path = "/api/v1/decisions/{id}",
    tag = "decisions",
    params(("id" = String, Path, description = "The decision's id, a UUID.")),
    responses((status = 200, body = DecisionView), (status = 404, body = ErrorBody, description = "`unknown-decision`")),
)]
pub(crate) async fn get_decision(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<DecisionView>> {
    let unknown = || Problem::missing("unknown-decision", format!("there is no decision {id}; its id is a UUID"));
    let parsed: DecisionId = id.parse().map_err(|_| unknown())?;
    let decision = api.archive.decision(parsed).await?.ok_or_else(unknown)?;
    Ok(Json(decision.into()))
}

#[cfg(test)]
mod tests {
    use amprule_domain::decision::Decision;
    use amprule_domain::effect::Effect;
    use serde_json::json;

    use crate::testing::{House, decision};

    #[tokio::test]
    async fn a_decision_shows_input_output_and_fault() {
        let house = House::new();
        let first = decision(1, None);
        let id = first.id.to_string();
        house.keep([Effect::Decision(Box::new(first))]);
        let body = house.get(&format!("/api/v1/decisions/{id}")).await.body;
        assert_eq!(
            body,
            json!({
                "id": id, "at": "2026-07-01T09:00:00Z", "hook": "pricing", "station": "cs-1", "session": null, "site": null,
                "unit": "flat", "version": "1.0.0", "hash": "abc", "generation": 4,
                "input": {"energyWh": 1000}, "output": null,
                "fault": {"class": "fuel", "code": null, "message": "1000000 operations are used up"}, "fallback": "static-tariff",
                "fuel": 1_000_000, "durationUs": 812, "sameAs": null,
            })
        );
        let again = Decision { same_as: Some(decision(1, None).id), ..decision(2, None) };
        let path = format!("/api/v1/decisions/{}", again.id);
        house.keep([Effect::Decision(Box::new(again))]);
        assert_eq!(house.get(&path).await.body["sameAs"], id);
        let answer = house.get("/api/v1/decisions/1").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-decision"));
    }
}
