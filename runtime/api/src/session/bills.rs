//! `GET /api/v1/sessions/{id}/bills`

use std::sync::Arc;

use amprule_domain::bill::Bill;
use amprule_domain::{Energy, Timestamp};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::{LineView, PricedByView, TaxTotalView};
use super::{parse_id, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// A bill never changes; the latest one counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BillView {
    /// From 1 upwards.
    version: u32,
    /// The version that this one takes the place of.
    #[schema(required)]
    supersedes: Option<u32>,
    /// Null for one that was issued before this was kept.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    issued_at: Option<Timestamp>,
    /// Why it was issued: the marks that came with a correction, or what a person did and why. Empty for the first.
    #[schema(example = "late-reading")]
    why: String,
    #[schema(value_type = f64)]
    energy_wh: Energy,
    /// What the vehicle gave back.
    #[schema(value_type = f64)]
    exported_wh: Energy,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(example = "EUR")]
    currency: String,
    /// Below zero it is owed to the driver.
    #[schema(example = "12.34")]
    total: String,
    /// Whether the lines have their taxes in them: `including-tax`, or `excluding-tax`, where they come on top.
    #[schema(example = "including-tax")]
    amounts: &'static str,
    /// Empty where no line names a tax.
    taxes: Vec<TaxTotalView>,
    lines: Vec<LineView>,
    priced_by: PricedByView,
    /// When the next version took its place; null for the one that counts.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    replaced_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bills {
    /// Oldest first.
    bills: Vec<BillView>,
}

/// All versions of a session's bill. Bills are never overwritten: a correction is another one, with its reason.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}/bills",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID.")),
    responses((status = 200, body = Bills), (status = 404, body = ErrorBody, description = "`unknown-session`")),
)]
pub(crate) async fn list_bills(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<Bills>> {
    let session = api.store.session(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    let bills = api.store.bills(&session).await?;
    let next = bills.iter().skip(1).map(|next| next.issued_at).chain([None]).collect::<Vec<_>>();
    Ok(Json(Bills { bills: bills.into_iter().zip(next).map(|(bill, next)| view(bill, next)).collect() }))
}

/// One version, for those who are told of it.
pub(crate) fn view(bill: Bill, replaced_at: Option<Timestamp>) -> BillView {
    let Bill { session: _, version, issued_at, why, energy, exported, ended_at, price } = bill;
    BillView {
        version,
        supersedes: version.checked_sub(1).filter(|before| *before > 0),
        issued_at,
        why,
        energy_wh: energy,
        exported_wh: exported,
        ended_at,
        currency: price.currency.to_string(),
        total: price.total.to_string(),
        priced_by: PricedByView::from(&*price.priced_by),
        amounts: price.amounts.as_str(),
        taxes: price.taxes.iter().map(TaxTotalView::from).collect(),
        lines: price.lines.into_iter().map(LineView::from).collect(),
        replaced_at,
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::bill::Bill;
    use amprule_domain::effect::Effect;
    use serde_json::json;

    use crate::testing::{House, priced, session};

    #[tokio::test]
    async fn all_versions_of_a_bill_are_listed_with_their_reasons() {
        let house = House::new();
        let mut session = priced(session(7, "cs-1"));
        let first = Bill { version: 1, ..Bill::of(&session).expect("it is billed") };
        session.bill = 2;
        let why = "voided by ann: test drive".to_owned();
        let second = Bill { issued_at: Some(session.started_at), why, ..Bill::of(&session).expect("it is billed") };
        let id = session.id;
        house.keep([
            Effect::Session(std::sync::Arc::new(session)),
            Effect::Bill(Box::new(first)),
            Effect::Bill(Box::new(second)),
        ]);
        let body = house.get(&format!("/api/v1/sessions/{id}/bills")).await.body;
        let seen = |at: usize| {
            let bill = &body["bills"][at];
            json!([
                bill["version"],
                bill["supersedes"],
                bill["total"],
                bill["why"],
                bill["issuedAt"],
                bill["replacedAt"]
            ])
        };
        assert_eq!(seen(0), json!([1, null, "5.15", "", null, "2026-07-01T08:00:00Z"]));
        assert_eq!(seen(1), json!([2, 1, "5.15", "voided by ann: test drive", "2026-07-01T08:00:00Z", null]));
    }

    #[tokio::test]
    async fn a_bill_that_was_never_kept_by_itself_is_the_sessions_own() {
        let house = House::new();
        let session = priced(session(7, "cs-1"));
        let id = session.id;
        house.keep([Effect::Session(std::sync::Arc::new(session))]);
        let body = house.get(&format!("/api/v1/sessions/{id}/bills")).await.body;
        assert_eq!((&body["bills"][0]["version"], &body["bills"][0]["total"]), (&json!(1), &json!("5.15")));
    }
}
