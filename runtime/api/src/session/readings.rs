//! `GET /api/v1/sessions/{id}/readings`

use std::sync::Arc;

use amprule_domain::doors::StoredReading;
use amprule_domain::reading::Context;
use amprule_domain::{Energy, Timestamp};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{parse_id, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params, Place};

const PAGES: Pages = Pages::of("readings", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadingFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The values of one moment, as the station sent them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadingView {
    /// Null when the station's time was missing or impossible.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// The id of the message that brought it. Null once the session is filed: see `[readings]` in the configuration.
    #[schema(required)]
    message: Option<String>,
    #[schema(value_type = String, example = "Sample.Periodic")]
    context: Context,
    #[schema(required, value_type = Option<f64>)]
    register_wh: Option<Energy>,
    #[schema(required)]
    power_w: Option<i64>,
    /// `Energy.Active.Export.Register`: what flowed out of the vehicle.
    #[schema(required, value_type = Option<f64>)]
    export_register_wh: Option<Energy>,
    /// `Power.Active.Export`, W.
    #[schema(required)]
    export_power_w: Option<i64>,
    /// The sum of the phases that were told, mA.
    #[schema(required)]
    current_ma: Option<i64>,
    /// The battery's state of charge, percent.
    #[schema(required)]
    soc: Option<u8>,
}

impl From<StoredReading> for ReadingView {
    fn from(stored: StoredReading) -> Self {
        let StoredReading { received_at, message, reading } = stored;
        Self {
            at: reading.at,
            received_at,
            message: message.map(|message| message.id.into_string()),
            context: reading.context,
            register_wh: reading.register,
            power_w: reading.power_w,
            export_register_wh: reading.export.register,
            export_power_w: reading.export.power_w,
            current_ma: reading.current_ma,
            soc: reading.soc,
        }
    }
}

/// A session's journal of readings, those that came last first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}/readings",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID."), ReadingFilter),
    responses(
        (status = 200, body = List<ReadingView>),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-session`"),
    ),
)]
pub(crate) async fn list_readings(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Params(filter): Params<ReadingFilter>,
) -> Answer<Json<List<ReadingView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    let session = api.store.session(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(PAGES.list(api.store.readings(session.no, &page).await?, ReadingView::from)))
}

#[cfg(test)]
mod tests {
    use amprule_domain::Energy;
    use amprule_domain::SessionNo;
    use amprule_domain::effect::{Effect, MessageKey, ReadingsRow};
    use amprule_domain::reading::{Context, Reading};
    use serde_json::json;

    use crate::testing::{House, session};

    #[tokio::test]
    async fn readings_come_as_the_station_sent_them() {
        let house = House::new();
        let session = session(3, "cs-1");
        let id = session.id.to_string();
        let row = ReadingsRow {
            session: SessionNo(3),
            received_at: "2026-07-01T08:10:01Z".parse().expect("a time"),
            message: MessageKey { id: "m-1".into(), digest: 1 },
            readings: vec![Reading::register(
                "2026-07-01T08:10:00Z".parse().ok(),
                Context::Periodic,
                Energy::from_mwh(1_500),
            )],
        };
        house.keep([Effect::Session(std::sync::Arc::new(session)), Effect::Readings(row)]);
        let body = house.get(&format!("/api/v1/sessions/{id}/readings?limit=5")).await.body;
        assert_eq!(
            body,
            json!({
                "items": [{
                    "at": "2026-07-01T08:10:00Z", "receivedAt": "2026-07-01T08:10:01Z", "message": "m-1",
                    "context": "Sample.Periodic", "registerWh": 1.5, "powerW": null, "exportRegisterWh": null,
                    "exportPowerW": null, "currentMa": null, "soc": null,
                }],
                "next": null,
            })
        );
        assert_eq!(house.get("/api/v1/sessions/3/readings").await.status.as_u16(), 404);
    }
}
