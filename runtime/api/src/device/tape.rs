//! `GET /api/v1/devices/{id}/tape`

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::unknown;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

const LINES: &str = "application/x-ndjson";

/// A device's last turns: what its driver was told, what it asked over its wires, what they answered, and what came of it. One line of
/// JSON each, the oldest first; 100 turns and 256 KiB at most. It names wires, and no addresses and passwords; what the
/// hardware says stands there, cards that it shows as well. `amprule device replay` asks another version of the driver the same.
#[utoipa::path(
    get,
    path = "/api/v1/devices/{id}/tape",
    tag = "devices",
    params(("id" = String, Path, description = "The id of the station that the device is.")),
    responses(
        (status = 200, body = String, content_type = "application/x-ndjson", description = "The tape; empty before the first turn."),
        (status = 404, body = ErrorBody, description = "`unknown-device`"),
    ),
)]
pub(crate) async fn get_tape(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<impl IntoResponse> {
    let tape = api.devices.tape(&id).ok_or_else(|| unknown(&id))?;
    Ok(([(header::CONTENT_TYPE, LINES)], tape))
}

#[cfg(test)]
mod tests {
    use crate::testing::House;

    #[tokio::test]
    async fn a_tape_has_a_line_for_each_turn() {
        let house = House::new();
        let answer = house.get("/api/v1/devices/garage/tape").await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        let answer = house.get("/api/v1/devices/cellar/tape").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-device"));
    }
}
