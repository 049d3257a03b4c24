//! `GET /api/v1/stations/{id}`

use std::sync::Arc;

use amprule_domain::StationId;
use axum::Json;
use axum::extract::State;

use super::{StationView, unknown, with_its_word};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One station.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}",
    tag = "stations",
    params(("id" = String, Path, description = "The station's id: the last segment of its WebSocket address.")),
    responses((status = 200, body = StationView), (status = 404, body = ErrorBody, description = "`unknown-station`")),
)]
pub(crate) async fn get_station(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<StationView>> {
    let id = StationId::new(id);
    let record = api.store.station(&id).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(with_its_word(&api, record).await?))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use amprule_domain::event::{Boot, ConnectorStatus};
    use amprule_domain::reported::{Identity, Powers, Report};
    use serde_json::json;

    use crate::testing::{House, station};

    #[tokio::test]
    async fn a_station_is_shown_with_its_connection_and_connectors() {
        let house = House::new();
        let mut record = station("cs 1/a");
        let boot = Boot { vendor: "Volta".to_owned(), serial: Some("0042".to_owned()), ..Boot::default() };
        let identity = Identity { boot, booted_at: "2026-07-01T07:00:00Z".parse().ok(), protocol: None };
        let powers = Powers { evses: [(1, 50_000), (2, 50_000)].into(), connectors: [(3, Some(48_000))].into() };
        record.power_w_max.insert(2, 22_000);
        record.password_hash = Some("never shown".to_owned());
        let status = ConnectorStatus {
            evse: 1,
            connector: 2,
            status: "Occupied".to_owned(),
            error: None,
            vendor: None,
            at: "2026-07-01T08:00:00Z".parse().ok(),
            charging: None,
        };
        let said = [Report::Identity(identity), Report::Powers(powers)];
        house.keep(said.map(|report| Effect::Reported { station: record.id.clone(), report: Box::new(report) }));
        house.keep([Effect::Connector { station: record.id.clone(), status }, Effect::Station(Box::new(record))]);
        house.connect("cs 1/a");
        let answer = house.get("/api/v1/stations/cs%201%2Fa").await;
        assert_eq!(answer.status.as_u16(), 200);
        assert_eq!(
            answer.body,
            json!({
                "id": "cs 1/a", "provisioning": "accepted", "securityProfile": 0, "changesProfileTo": null, "certificateName": null, "hasPassword": true, "changesPassword": false, "keepsLocalList": false, "showsCost": null,
                "location": null, "group": null, "timeZone": "UTC", "powerWMax": {"1": 50_000, "2": 22_000},
                "plugs": [], "country": null, "currency": null, "attributes": {},
                "vendor": "Volta", "model": null, "serial": "0042", "firmware": null,
                "protocol": "ocpp2.0.1", "connected": true,
                "connectedSince": "2026-07-01T08:00:00Z", "lastHeard": "2026-07-01T08:30:00Z",
                "bootedAt": "2026-07-01T07:00:00Z",
                "connectors": [{
                    "evse": 1, "connector": 2, "status": "Occupied", "error": null, "vendorErrorCode": null, "vendorId": null, "info": null, "at": "2026-07-01T08:00:00Z",
                }],
            })
        );
    }

    #[tokio::test]
    async fn an_unknown_station_is_not_found() {
        let answer = House::new().get("/api/v1/stations/nobody").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-station"));
        assert!(answer.error("message").contains("nobody"));
    }
}
