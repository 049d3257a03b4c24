//! `GET /api/v1/offers`

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::offer::{self, Fit, Issuer, Offer, Offered, Proof, Proven, Written};
use amprule_domain::{Occasion, Timestamp};
use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Here, token_facts};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Params;

/// Languages in which an offer is put into words.
const LANGUAGES: [&str; 5] = ["de", "en", "es", "fr", "nl"];

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfferAsked {
    /// The station's id.
    station: String,
    /// From 1; 1 when not given.
    #[param(minimum = 1)]
    evse: Option<u32>,
    /// From 1; 1 when not given.
    #[param(minimum = 1)]
    connector: Option<u32>,
    /// The token of whom it is offered to. Without it: to nobody in particular, as on a sign.
    token: Option<String>,
    /// The token's type (OCPP 2.0.1, IdTokenEnumType); `ISO14443` when not given.
    token_type: Option<String>,
    /// Sessions that begin from here on; now when not given.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// For so many hours; 1 to 744, 168 when not given.
    #[param(minimum = 1, maximum = 744)]
    hours: Option<i64>,
    /// Whose tariff it is in OCPI: country and party, `DE*ABC`. Without it there are no OCPI documents.
    party: Option<String>,
}

/// What is charged at a place, as the tariff says it, and how that stands to the tariff's own code.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferView {
    unit: String,
    version: String,
    hash: String,
    /// Units that change the bill afterwards. Where there are any, the offer is not the price: ask for a quote.
    modifiers: Vec<String>,
    /// Tariffs that price there at other hours of the time that was asked about. Where there are any, ask about fewer hours.
    others: Vec<String>,
    /// `exact`: every bill is as offered. `upper-bound`: no bill is more. `not-expressible`: do not show it as a price.
    #[schema(value_type = String, example = "exact")]
    fits: Fit,
    /// Why there is no offer; null where there is one.
    #[schema(required)]
    why: Option<String>,
    /// Currency, elements with component, price, unit, taxes and conditions, minimum and cap. Null where there is none.
    #[schema(required, value_type = Option<Object>)]
    offer: Option<Offer>,
    /// How many sessions were priced both ways, and those that differ most.
    #[schema(required, value_type = Option<Object>)]
    proof: Option<Proof>,
    /// For drivers, by language, in the order of EU 2023/1804, Art. 5: per kWh, per minute, per session, others.
    texts: BTreeMap<String, String>,
    /// As a tariff of OCPP 2.1 (TariffType).
    #[schema(required)]
    ocpp21: Option<WrittenView>,
    /// As a Tariff of OCPI 2.2.1.
    #[schema(required)]
    ocpi221: Option<WrittenView>,
    /// As a Tariff of OCPI 2.3.0.
    #[schema(required)]
    ocpi230: Option<WrittenView>,
}

/// An offer in another protocol's words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrittenView {
    /// Null where it cannot be said.
    #[schema(required, value_type = Option<Object>)]
    document: Value,
    /// How its price stands to the bill: `exact`, `upper-bound` or `not-expressible`.
    #[schema(value_type = String, example = "exact")]
    fits: Fit,
    /// Where it differs, in words.
    notes: Vec<String>,
}

/// What is offered at a place. The tariff that prices there says what it charges, and up to some thousand sessions are priced both ways.
#[utoipa::path(
    get,
    path = "/api/v1/offers",
    tag = "prices",
    params(OfferAsked),
    responses(
        (status = 200, body = OfferView),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`, or `no-price`: no unit prices there"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the parameter"),
    ),
)]
pub(crate) async fn get_offer(
    State(api): State<Arc<Api>>,
    Params(asked): Params<OfferAsked>,
) -> Answer<Json<OfferView>> {
    let now = api.control.now();
    let from = asked.from.unwrap_or(now);
    let hours = asked.hours.unwrap_or(168);
    if !(1..=744).contains(&hours) {
        return Err(Problem::unreadable("bad-parameter", format!("`hours` is {hours}; it must be 1 to 744")));
    }
    let party = asked.party.as_deref().map(party).transpose()?;
    let here = Here::find(&api, &asked.station).await?;
    let token = match &asked.token {
        Some(token) => Some(token_facts(&api, token, asked.token_type.clone()).await?),
        None => None,
    };
    let group = token.as_ref().and_then(|token| token.group.clone());
    let to = from.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
    let question = here.guest(asked.evse, asked.connector, token).offer(from, to, now);
    let at = Occasion::of(&here.record, group.as_deref(), from);
    let offered = api.hooks.offer(at, question).await.ok_or_else(no_price)?;
    Ok(Json(view(offered, party, now)))
}

pub(super) fn no_price() -> Problem {
    Problem::missing("no-price", "no unit prices sessions there, and there is no static tariff")
}

fn party(text: &str) -> Answer<(&str, &str)> {
    let parts = text.split_once(['*', '-']);
    let fits = |part: &str, len| part.len() == len && part.bytes().all(|letter| letter.is_ascii_alphanumeric());
    let found = parts.filter(|(country, party)| fits(country, 2) && fits(party, 3));
    found.ok_or_else(|| Problem::unreadable("bad-parameter", "`party` is country and party of OCPI: DE*ABC"))
}

fn view(offered: Offered, party: Option<(&str, &str)>, now: Timestamp) -> OfferView {
    let Offered { unit, version, hash, since, modifiers, others, proven } = offered;
    let empty = |why| OfferView {
        unit: unit.clone(),
        version: version.clone(),
        hash: hash.clone(),
        modifiers: modifiers.clone(),
        others: others.clone(),
        fits: Fit::NotExpressible,
        why: Some(why),
        offer: None,
        proof: None,
        texts: BTreeMap::new(),
        ocpp21: None,
        ocpi221: None,
        ocpi230: None,
    };
    let Proven { offer, proof } = match proven {
        Ok(proven) => proven,
        Err(why) => return empty(why),
    };
    let (id, last_updated) = (offer::tariff_id(&unit, &offer), since.unwrap_or(now));
    let issuer = |(country_code, party_id)| Issuer { id: &id, country_code, party_id, last_updated, tariff_type: None };
    let changed = if modifiers.is_empty() && others.is_empty() { None } else { Some(changed(&modifiers, &others)) };
    let fits = if changed.is_none() { proof.fits } else { Fit::NotExpressible };
    let written = |written: Written| written_view(written, fits, changed.clone().unwrap_or_else(|| proof.to_string()));
    let ocpi = |write: fn(&Offer, Issuer<'_>) -> Written| party.map(|party| written(write(&offer, issuer(party))));
    OfferView {
        fits,
        texts: LANGUAGES.map(|language| (language.to_owned(), offer::text(&offer, language))).into(),
        ocpp21: Some(written(offer::ocpp21(&offer, issuer(("", ""))))),
        ocpi221: ocpi(offer::ocpi221),
        ocpi230: ocpi(offer::ocpi230),
        why: None,
        proof: Some(proof.clone()),
        offer: Some(offer.clone()),
        ..empty(String::new())
    }
}

/// Why the offer is not the price, whatever the tariff says.
fn changed(modifiers: &[String], others: &[String]) -> String {
    let modified = modifiers.iter().map(|unit| format!("{unit} changes the bill afterwards; ask for a quote"));
    let elsewhen = others.iter().map(|unit| format!("{unit} prices there at other hours; ask about fewer"));
    modified.chain(elsewhen).collect::<Vec<_>>().join("; ")
}

/// A document is worth no more than the offer that it is made of.
fn written_view(written: Written, offer: Fit, why: String) -> WrittenView {
    let Written { document, fits, mut notes } = written;
    if offer != Fit::Exact {
        notes.push(why);
    }
    WrittenView { document, fits: fits.max(offer), notes }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn an_offer_is_shown_in_the_words_of_all_who_ask() {
        let house = House::new();
        house.put("/api/v1/stations/cs-1", json!({})).await;
        let body = house.get("/api/v1/offers?station=cs-1&party=DE*ABC").await.body;
        assert_eq!((&body["fits"], &body["proof"]["compared"]), (&json!("exact"), &json!(7)));
        assert_eq!(body["offer"]["elements"][0], json!({"component": "energy", "price": "0.5"}));
        assert!(body["texts"]["de"].as_str().is_some_and(|text| text.contains("0,50")), "{}", body["texts"]);
        let id = body["ocpp21"]["document"]["tariffId"].as_str().unwrap_or_default();
        assert!(id.starts_with("half-") && id.len() == "half-".len() + 12, "{id}");
        assert_eq!(body["ocpi221"]["document"]["id"], id);
        assert_eq!(body["ocpi221"]["document"]["party_id"], "ABC");
        assert_eq!(body["ocpi230"]["fits"], "exact");
        assert_eq!(house.get("/api/v1/offers?station=cs-1").await.body["ocpi221"], json!(null));
    }

    #[tokio::test]
    async fn an_offer_that_others_change_is_no_price() {
        let house = House::new();
        house.put("/api/v1/stations/cs-1", json!({})).await;
        house.put("/api/v1/tokens/CARD", json!({"group": "members"})).await;
        let body = house.get("/api/v1/offers?station=cs-1&token=card").await.body;
        assert_eq!((&body["fits"], &body["ocpp21"]["fits"]), (&json!("not-expressible"), &json!("not-expressible")));
        assert_eq!(body["modifiers"], json!(["members"]));
    }

    #[tokio::test]
    async fn what_cannot_be_asked_is_named() {
        let house = House::new();
        house.put("/api/v1/stations/cs-1", json!({})).await;
        house.put("/api/v1/stations/free", json!({})).await;
        for (query, status, word) in [
            ("station=cs-1&hours=0", 400, "1 to 744"),
            ("station=cs-1&party=Germany", 400, "DE*ABC"),
            ("station=cs-1&evs=2", 400, "did you mean `evse`?"),
            ("station=cs-9", 404, "cs-9 is not known"),
            ("station=free", 404, "no unit prices"),
        ] {
            let answer = house.get(&format!("/api/v1/offers?{query}")).await;
            assert_eq!(answer.status.as_u16(), status, "{query}: {}", answer.text);
            assert!(answer.error("message").contains(word), "{query}: {}", answer.error("message"));
        }
    }
}
