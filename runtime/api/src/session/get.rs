//! `GET /api/v1/sessions/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{SessionView, parse_id, unknown, whole};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One session, with its lines, its course and the unit that priced it.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID.")),
    responses((status = 200, body = SessionView), (status = 404, body = ErrorBody, description = "`unknown-session`")),
)]
pub(crate) async fn get_session(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<SessionView>> {
    let session = api.store.session(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    let session = api.control.priced(session).await?;
    Ok(Json(whole(session, api.control.now())))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use serde_json::json;

    use crate::testing::{House, priced, session};

    #[tokio::test]
    async fn a_session_carries_its_bill_and_its_course() {
        let house = House::new();
        let session = priced(session(7, "cs-1"));
        let id = session.id.to_string();
        house.keep([Effect::Session(std::sync::Arc::new(session))]);
        let answer = house.get(&format!("/api/v1/sessions/{id}")).await;
        assert_eq!(answer.status.as_u16(), 200);
        let mut expect = json!({
            "id": id, "no": 7, "station": "cs-1", "transaction": "7", "evse": 1, "connector": 1,
            "idToken": {"idToken": "04AB", "type": "ISO14443", "additionalInfo": []}, "tokenGroup": "fleet",
            "state": "ended", "startedAt": "2026-07-01T08:00:00Z", "endedAt": "2026-07-01T09:00:00Z", "durationS": 3600,
            "stopReason": "Local", "remoteStart": null, "timeZone": "Europe/Berlin", "location": "Yard",
            "energyWh": 11_450, "currency": "EUR", "total": "5.15", "amounts": "including-tax", "taxes": [],
            "lines": [{
                "code": "energy", "description": "Energy", "quantity": "11.45", "unit": "kWh", "unitPrice": "0.45",
                "amount": "5.15", "unrounded": "5.1525", "component": null, "taxes": [], "texts": {}, "during": [],
            }],
            "pricedBy": {"unit": "flat", "version": "1.0.0", "hash": "abc", "fallback": false},
            "modifiedBy": [], "leftOut": [],
            "pricedAt": "2026-07-01T09:00:00Z", "nextChangeAt": null, "isFinal": true, "bill": 1,
            "pin": {"unit": "flat", "version": "1.0.0", "hash": "abc", "modifiers": []},
            "limits": {"maxEnergyWh": null, "maxDurationS": null, "maxCost": "20", "stopRequested": false},
            "marks": ["offline"], "acts": [], "gaps": [{"from": 1, "to": 2}],
            "periods": [{
                "startedAt": "2026-07-01T08:00:00Z", "endedAt": "2026-07-01T09:00:00Z", "energyWh": 11_450,
                "state": "charging",
            }],
        });
        (expect["exportedWh"], expect["operationMode"]) = (json!(null), json!(null));
        expect["stationMoney"] = json!({"tariff": null, "cost": null, "limit": null, "settlements": []});
        assert_eq!(answer.body, expect);
    }

    #[tokio::test]
    async fn a_session_without_a_price_says_so_and_runs_until_now() {
        let house = House::new();
        let session = session(1, "cs-1");
        let id = session.id.to_string();
        house.keep([Effect::Session(std::sync::Arc::new(session))]);
        let body = house.get(&format!("/api/v1/sessions/{id}")).await.body;
        assert_eq!((body["state"].as_str(), body["durationS"].as_i64()), (Some("active"), Some(5400)));
        assert!(body["total"].is_null() && body["currency"].is_null() && body["pricedBy"].is_null());
        assert_eq!((&body["lines"], &body["isFinal"]), (&json!([]), &json!(false)));
    }

    #[tokio::test]
    async fn an_unknown_session_is_not_found() {
        for id in ["7", "019b0000-0000-7000-8000-000000000000"] {
            let answer = House::new().get(&format!("/api/v1/sessions/{id}")).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-session"));
        }
    }
}
