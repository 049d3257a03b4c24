//! `GET /api/v1/sessions/{id}/bills`

use std::sync::Arc;

use amprule_domain::effect::BillVersion;
use amprule_domain::{Energy, Timestamp};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::{LineView, PricedByView};
use super::{parse_id, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// A bill as it stood before it was corrected.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BillView {
    /// From 1 upwards.
    version: u32,
    #[schema(value_type = f64)]
    energy_wh: Energy,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(example = "EUR")]
    currency: String,
    #[schema(example = "12.34")]
    total: String,
    lines: Vec<LineView>,
    priced_by: PricedByView,
    #[schema(value_type = String, format = DateTime)]
    replaced_at: Timestamp,
    /// The marks that the session got with the next version.
    #[schema(example = "bill-corrected, late-reading")]
    why: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bills {
    /// Oldest first.
    bills: Vec<BillView>,
}

/// The earlier versions of a session's bill. The one that counts is the session's own; bills are never overwritten.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}/bills",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID.")),
    responses((status = 200, body = Bills), (status = 404, body = ErrorBody, description = "`unknown-session`")),
)]
pub(crate) async fn list_bills(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<Bills>> {
    let session = api.store.session(parse_id(&id)?)?.ok_or_else(|| unknown(&id))?;
    let bills = api.store.bills(session.no)?;
    Ok(Json(Bills { bills: bills.into_iter().map(BillView::from).collect() }))
}

impl From<BillVersion> for BillView {
    fn from(bill: BillVersion) -> Self {
        let BillVersion { session: _, version, energy, ended_at, price, replaced_at, why } = bill;
        Self {
            version,
            energy_wh: energy,
            ended_at,
            currency: price.currency.to_string(),
            total: price.total.to_string(),
            priced_by: PricedByView::from(&*price.priced_by),
            lines: price.lines.into_iter().map(LineView::from).collect(),
            replaced_at,
            why,
        }
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::{BillVersion, Effect};
    use serde_json::json;

    use crate::testing::{House, priced, session};

    #[tokio::test]
    async fn a_corrected_bill_is_listed_with_its_reason() {
        let house = House::new();
        let session = priced(session(7, "cs-1"));
        let bill = BillVersion {
            session: session.no,
            version: 1,
            energy: session.energy(),
            ended_at: session.ended_at,
            price: session.price.as_deref().cloned().unwrap(),
            replaced_at: session.started_at,
            why: "late-reading".to_owned(),
        };
        let id = session.id;
        house.keep([Effect::Session(std::sync::Arc::new(session)), Effect::Bill(Box::new(bill))]);
        let body = house.get(&format!("/api/v1/sessions/{id}/bills")).await.body;
        let bill = &body["bills"][0];
        assert_eq!(
            (&bill["version"], &bill["total"], &bill["why"]),
            (&json!(1), &json!("5.15"), &json!("late-reading"))
        );
    }
}
