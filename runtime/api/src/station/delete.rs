//! `DELETE /api/v1/stations/{id}`

use std::sync::Arc;

use amprule_domain::StationId;
use axum::extract::State;
use axum::http::StatusCode;

use super::unknown;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// Forgets a station and closes its connection. Its sessions stay.
#[utoipa::path(
    delete,
    path = "/api/v1/stations/{id}",
    tag = "stations",
    params(("id" = String, Path, description = "The station's id.")),
    responses((status = 204, description = "Forgotten."), (status = 404, body = ErrorBody, description = "`unknown-station`")),
)]
pub(crate) async fn delete_station(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<StatusCode> {
    let _turn = api.turn(&id).await;
    let id = StationId::new(id);
    api.store.station(&id).await?.ok_or_else(|| unknown(&id))?;
    api.control.delete_station(&id).await?;
    api.control.lists_changed();
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;

    use crate::testing::{Asked, House, station};

    #[tokio::test]
    async fn a_deleted_station_is_gone() {
        let house = House::new();
        house.keep([Effect::Station(Box::new(station("cs-1")))]);
        assert_eq!(house.send(Asked::delete("/api/v1/stations/cs-1")).await.status.as_u16(), 204);
        assert_eq!(house.get("/api/v1/stations/cs-1").await.status.as_u16(), 404);
        assert_eq!(house.send(Asked::delete("/api/v1/stations/cs-1")).await.status.as_u16(), 404);
    }
}
