//! `GET /api/v1/stations/{id}/messages`

use std::sync::Arc;

use amprule_domain::effect::KeptMessage;
use amprule_domain::{StationId, Timestamp};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::unknown;
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params, Place, as_json};

const PAGES: Pages = Pages::of("messages", 1000);

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageFilter {
    /// At most so many; 1 to 1000, 100 when not given.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A message that was kept as it came.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(example = "DataTransfer")]
    action: String,
    /// Why it was kept: a notification, a vendor's message, a transaction message that waits for its start or came late.
    why: String,
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
}

impl From<KeptMessage> for MessageView {
    fn from(message: KeptMessage) -> Self {
        let KeptMessage { station: _, received_at, action, payload, why } = message;
        Self { received_at, action, why: why.to_owned(), payload: as_json(payload) }
    }
}

/// Kept messages of a station: vendors' messages, notifications that change nothing here (what a car needs, a payment that was
/// settled), parked and late transaction messages.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/messages",
    tag = "stations",
    params(("id" = String, Path, description = "The station's id."), MessageFilter),
    responses(
        (status = 200, body = List<MessageView>),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
    ),
)]
pub(crate) async fn list_messages(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Params(filter): Params<MessageFilter>,
) -> Answer<Json<List<MessageView>>> {
    let page = PAGES.page(filter.limit, filter.after)?;
    let id = StationId::new(id);
    api.store.station(&id).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(PAGES.list(api.store.kept(&id, &page).await?, MessageView::from)))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::{Effect, KeptMessage};
    use serde_json::json;

    use crate::testing::{House, station};

    #[tokio::test]
    async fn kept_messages_are_shown_as_they_came() {
        let house = House::new();
        let record = station("cs-1");
        let kept = |payload: &str| {
            Effect::Kept(KeptMessage {
                station: record.id.clone(),
                received_at: "2026-07-01T08:00:00Z".parse().expect("a time"),
                action: "DataTransfer".to_owned(),
                payload: payload.into(),
                why: "vendor",
            })
        };
        house.keep([kept(r#"{"vendorId":"x"}"#), kept("not json"), Effect::Station(Box::new(record.clone()))]);
        let body = house.get("/api/v1/stations/cs-1/messages").await.body;
        let at = "2026-07-01T08:00:00Z";
        assert_eq!(
            body["items"],
            json!([
                {"receivedAt": at, "action": "DataTransfer", "why": "vendor", "payload": {"vendorId": "x"}},
                {"receivedAt": at, "action": "DataTransfer", "why": "vendor", "payload": "not json"},
            ])
        );
        assert_eq!(house.get("/api/v1/stations/nobody/messages").await.status.as_u16(), 404);
    }
}
