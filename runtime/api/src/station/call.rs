//! `POST /api/v1/stations/{id}/calls/{action}`

use std::sync::Arc;

use amprule_domain::StationId;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::unknown;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Payload, Place};
use crate::{Api, CallFailed, CallOutcome};

/// What the station answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum CallAnswer {
    /// The station's answer, as it came.
    Result {
        #[schema(value_type = Object)]
        payload: Box<RawValue>,
    },
    /// The station answered with an error of the protocol (CALLERROR).
    Error {
        #[schema(example = "NotSupported")]
        code: String,
        description: String,
    },
}

/// Sends any request of the station's OCPP version to it and waits for the answer.
///
/// For those who look for a fault: `POST /api/v1/stations/{id}/commands` says the same to any station, and is kept and
/// tried again. The body is the OCPP payload; no body means `{}`. Requests to one station go out one after the other.
#[utoipa::path(
    post,
    path = "/api/v1/stations/{id}/calls/{action}",
    tag = "stations",
    params(
        ("id" = String, Path, description = "The station's id."),
        ("action" = String, Path, description = "The action as OCPP names it: `Reset`, `RemoteStartTransaction`, `GetVariables`, …"),
    ),
    request_body(content = serde_json::Value, description = "The OCPP payload, an object."),
    responses(
        (status = 200, body = CallAnswer, description = "The station answered, with a result or with an error."),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`, or `unknown-action` in the station's version"),
        (status = 409, body = ErrorBody, description = "`not-connected`, or `no-raw-calls` where it is not reached over OCPP"),
        (status = 413, body = ErrorBody, description = "`body-too-large`"),
        (status = 415, body = ErrorBody, description = "`unsupported-media-type`"),
        (status = 422, body = ErrorBody, description = "`invalid`: against the action's schema; `path` points at the fault"),
        (status = 429, body = ErrorBody, description = "`busy`: too many requests wait for this station"),
        (status = 504, body = ErrorBody, description = "`no-answer` in time, `not-sent` because requests before it took too long, or `connection-lost` before the answer"),
    ),
)]
pub(crate) async fn call_station(
    State(api): State<Arc<Api>>,
    Place((id, action)): Place<(String, String)>,
    Payload(payload): Payload,
) -> Answer<Json<CallAnswer>> {
    let id = StationId::new(id);
    let outcome = match api.control.call(&id, &action, &payload).await {
        Ok(outcome) => outcome,
        Err(CallFailed::NotConnected) if api.store.station(&id).await?.is_none() => return Err(unknown(&id)),
        Err(failed) => return Err(explain(&id, &action, failed)),
    };
    Ok(Json(match outcome {
        CallOutcome::Result(payload) => CallAnswer::Result { payload },
        CallOutcome::Error { code, description } => CallAnswer::Error { code, description },
    }))
}

pub(crate) fn explain(id: &StationId, action: &str, failed: CallFailed) -> Problem {
    let (status, code, message) = match failed {
        CallFailed::UnknownStation => return unknown(id),
        CallFailed::Invalid { path, message } => return Problem::invalid(path, message),
        CallFailed::UnknownAction(message) => (StatusCode::NOT_FOUND, "unknown-action", message),
        CallFailed::NotConnected => {
            (StatusCode::CONFLICT, "not-connected", format!("station {id} is not connected; nothing was sent"))
        }
        CallFailed::NoRaw => {
            (StatusCode::CONFLICT, "no-raw-calls", format!("station {id} is not reached over OCPP; use commands"))
        }
        CallFailed::Busy(message) => (StatusCode::TOO_MANY_REQUESTS, "busy", message),
        CallFailed::Timeout(waited) => {
            let waited = waited.as_secs_f32();
            let message = format!("station {id} did not answer {action} within {waited} s; it may still carry it out");
            (StatusCode::GATEWAY_TIMEOUT, "no-answer", message)
        }
        CallFailed::NotSent(waited) => {
            let waited = waited.as_secs_f32();
            let message =
                format!("{action} waited {waited} s behind other requests to station {id}; it was not sent, try again");
            (StatusCode::GATEWAY_TIMEOUT, "not-sent", message)
        }
        CallFailed::Gone => {
            let message = format!("the connection of station {id} ended before it answered {action}");
            (StatusCode::GATEWAY_TIMEOUT, "connection-lost", message)
        }
    };
    Problem::new(status, code, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn the_stations_answer_is_passed_on() {
        let house = House::new();
        house.connect("cs-1");
        let payload = json!({"type": "Immediate", "n": 1.50});
        let answer = house.send(Asked::post("/api/v1/stations/cs-1/calls/Echo", &payload)).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(answer.body, json!({"outcome": "result", "payload": payload}));
        let answer = house.send(Asked::post("/api/v1/stations/cs-1/calls/Fail", &json!({}))).await;
        let error = json!({"outcome": "error", "code": "NotSupported", "description": "not here"});
        assert_eq!((answer.status.as_u16(), answer.body), (200, error));
        let answer = house.send(Asked::post("/api/v1/stations/cs-1/calls/Echo", &json!({})).body("")).await;
        assert_eq!(answer.body["payload"], json!({}), "no body is an empty object");
    }

    #[tokio::test]
    async fn each_failure_has_its_status_and_word() {
        let house = House::new();
        house.connect("cs-1");
        let cases = [
            ("cs-1", "Ecko", "{}", 404, "unknown-action"),
            ("nobody", "Echo", "{}", 404, "unknown-station"),
            ("offline", "Echo", "{}", 409, "not-connected"),
            ("cs-1", "Invalid", "{}", 422, "invalid"),
            ("cs-1", "Busy", "{}", 429, "busy"),
            ("cs-1", "Slow", "{}", 504, "no-answer"),
            ("cs-1", "Late", "{}", 504, "not-sent"),
            ("cs-1", "Gone", "{}", 504, "connection-lost"),
            ("cs-1", "Echo", "[1]", 422, "invalid"),
            ("cs-1", "Echo", "{", 400, "malformed-json"),
        ];
        for (id, action, body, status, code) in cases {
            let path = format!("/api/v1/stations/{id}/calls/{action}");
            let answer = house.send(Asked::post(&path, &json!({})).body(body)).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (status, code), "{id} {action} {body}");
        }
        let answer = house.send(Asked::post("/api/v1/stations/cs-1/calls/Invalid", &json!({}))).await;
        assert_eq!(answer.error("path"), "/type");
    }
}
