//! `GET /api/v1/sessions/{id}/signed-values`

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::doors::{Page, StoredSigned};
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::session::Session;
use amprule_domain::variable::{ACTUAL, Place as VariablePlace};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{parse_id, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// What a meter has signed, as it came: not a blank is added or taken away.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedValueView {
    /// As the station dated it. Null when its time was missing or impossible.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// In the station's own word; `Sample.Periodic` where it said nothing.
    #[schema(example = "Transaction.Begin")]
    context: String,
    #[schema(required, example = "Energy.Active.Import.Register")]
    measurand: Option<String>,
    signed_meter_data: String,
    #[schema(required, example = "OCMF")]
    encoding_method: Option<String>,
    #[schema(required)]
    signing_method: Option<String>,
    /// That came with this value.
    #[schema(required)]
    public_key: Option<String>,
    /// The text in which a station of 1.6 sent the others, where it says more than they do.
    #[schema(required)]
    envelope: Option<String>,
    /// True: there were others between the one before and this one, for which there was no room.
    is_behind_gap: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedValues {
    /// The meter's: the one that came last with a value of this session, else the one that the station's device model
    /// (`FiscalMetering`, `PublicKey`) or its key `MeterPublicKey` has now.
    #[schema(required)]
    public_key: Option<String>,
    /// In the order of their times, the first and the latest: at most 100, and 2 MiB.
    signed_values: Vec<SignedValueView>,
}

/// What the meter has signed of a session, for whoever wants to verify it; energy and price never come of it.
#[utoipa::path(
    get,
    path = "/api/v1/sessions/{id}/signed-values",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID.")),
    responses((status = 200, body = SignedValues), (status = 404, body = ErrorBody, description = "`unknown-session`")),
)]
pub(crate) async fn list_signed(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<SignedValues>> {
    let session = api.store.session(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    let signed_values: Vec<_> = api.store.signed(session.no).await?.into_iter().map(SignedValueView::from).collect();
    let told = signed_values.iter().rev().find_map(|signed| signed.public_key.clone());
    let public_key = match told {
        None => known_key(&api, &session).await?,
        told => told,
    };
    Ok(Json(SignedValues { public_key, signed_values }))
}

/// Of the connector's meter, the EVSE's, or the station's only one.
async fn known_key(api: &Api, session: &Session) -> Answer<Option<String>> {
    let of = |connector| VariablePlace {
        evse: Some(session.evse),
        connector,
        ..VariablePlace::of("FiscalMetering", "PublicKey")
    };
    let key = |name: String| VariablePlace { variable: name, ..VariablePlace::default() };
    let places = [
        key(format!("MeterPublicKey{}", session.evse)),
        key(format!("MeterPublicKey[{}]", session.evse)),
        of(Some(session.connector)),
        of(None),
        VariablePlace::of("FiscalMetering", "PublicKey"),
        key("MeterPublicKey".to_owned()),
    ];
    let find = Some("publickey".to_owned());
    let filter = HoldingFilter { kind: Kind::Variable, station: Some(session.station.clone()), find };
    let held = api.store.holdings(&filter, &Page { after: None, limit: 100 }).await?.items;
    let value = |place: &VariablePlace| {
        let (_, holding) = held.iter().find(|(_, holding)| holding.key == place.key())?;
        holding.body["attributes"][ACTUAL]["value"].as_str().filter(|key| !key.is_empty())
    };
    Ok(places.iter().find_map(value).map(str::to_owned))
}

impl From<StoredSigned> for SignedValueView {
    fn from(stored: StoredSigned) -> Self {
        let StoredSigned { received_at, is_behind_gap, value } = stored;
        Self {
            at: value.at,
            received_at,
            context: value.context.map_or_else(|| "Sample.Periodic".to_owned(), String::from),
            measurand: value.measurand.map(String::from),
            signed_meter_data: value.data.into(),
            encoding_method: value.encoding_method.map(String::from),
            signing_method: value.signing_method.map(String::from),
            public_key: value.public_key.map(String::from),
            envelope: value.envelope.map(String::from),
            is_behind_gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use amprule_domain::effect::{Effect, SignedRow};
    use amprule_domain::holding::{Change, Kind};
    use amprule_domain::signed::SignedValue;
    use amprule_domain::variable::Place;
    use serde_json::{Value, json};

    use crate::testing::samples::at;
    use crate::testing::{House, session};

    fn signed(value: SignedValue) -> Effect {
        Effect::Signed(SignedRow { session: session(7, "cs-1").no, received_at: at("08:01"), values: vec![value] })
    }

    fn variable(place: &Place, value: &str) -> Effect {
        let body = json!({"place": place, "attributes": {"Actual": {"value": value}}});
        let change = Box::new(Change::Put { kind: Kind::Variable, key: place.key(), body });
        Effect::Holding { station: "cs-1".into(), at: at("08:00"), change }
    }

    #[tokio::test]
    async fn what_was_signed_is_shown_as_it_came() {
        let house = House::new();
        let session = session(7, "cs-1");
        let id = session.id;
        let text = "OCMF|{\"RD\": [ {\"RV\":1.50,\"ä\":\"}\\\"\"} ]}|{\"SD\":\"30\"} ";
        let value = SignedValue { at: Some(at("08:00")), ..SignedValue::of_text(text) };
        let end =
            SignedValue { context: Some("Transaction.End".into()), public_key: Some("KEY".into()), ..value.clone() };
        house.keep([Effect::Session(Arc::new(session)), signed(value), signed(end)]);
        let shown = house.get(&format!("/api/v1/sessions/{id}/signed-values")).await.body;
        let expect = json!({
            "at": "2026-07-01T08:00:00Z", "receivedAt": "2026-07-01T08:01:00Z", "context": "Sample.Periodic",
            "measurand": null, "signedMeterData": text, "encodingMethod": null, "signingMethod": null,
            "publicKey": null, "envelope": null, "isBehindGap": false,
        });
        assert_eq!(shown["signedValues"][0], expect);
        assert_eq!(
            (&shown["signedValues"][1]["context"], &shown["publicKey"]),
            (&json!("Transaction.End"), &json!("KEY"))
        );
    }

    #[tokio::test]
    async fn a_key_that_comes_with_no_value_is_the_one_that_the_station_has_told() {
        let fiscal = Place::of("FiscalMetering", "PublicKey");
        let key = |name: &str| Place { variable: name.to_owned(), ..Place::default() };
        let evse = session(7, "cs-1").evse;
        let cases = [
            (vec![], Value::Null),
            (vec![(key(&format!("MeterPublicKey{evse}")), "A"), (key("MeterPublicKey9"), "B")], json!("A")),
            (vec![(key("meterpublickey"), "A")], json!("A")),
            (vec![(fiscal.clone(), "A"), (Place { evse: Some(evse), ..fiscal.clone() }, "B")], json!("B")),
            (vec![(Place { evse: Some(9), ..fiscal.clone() }, "B"), (fiscal, "")], Value::Null),
        ];
        for (variables, expect) in cases {
            let house = House::new();
            let session = session(7, "cs-1");
            let id = session.id;
            house.keep([Effect::Session(Arc::new(session)), signed(SignedValue::of_text("AA"))]);
            house.keep(variables.iter().map(|(place, value)| variable(place, value)));
            let shown = house.get(&format!("/api/v1/sessions/{id}/signed-values")).await.body;
            assert_eq!(shown["publicKey"], expect, "{variables:?}");
        }
    }

    #[tokio::test]
    async fn a_session_that_nobody_knows_has_none() {
        let answer = House::new().get("/api/v1/sessions/x/signed-values").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-session"));
    }
}
