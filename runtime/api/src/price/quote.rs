//! `POST /api/v1/quotes`

use std::sync::Arc;

use amprule_domain::charging::Imagined;
use amprule_domain::decision::Decision;
use amprule_domain::ports::About;
use amprule_domain::pricing::Price;
use amprule_domain::{Decimal, Energy, Occasion, Timestamp};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::offer::no_price;
use super::{Here, token_facts};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::session::money::{LineView, PricedByView, TaxTotalView};
use crate::wire::Change;

/// 31 days.
const LONGEST_S: i64 = 31 * 86_400;
const MOST_WH: i64 = 100_000_000;
const MOST_W: i64 = 10_000_000;

/// A session that has not begun. Two of energy, power and duration are needed; the power may be that of the connector.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuoteBody {
    /// The station's id.
    station: String,
    /// From 1; 1 when not given.
    #[schema(minimum = 1)]
    evse: Option<u32>,
    /// From 1; 1 when not given.
    #[schema(minimum = 1)]
    connector: Option<u32>,
    /// The token of whom it is for. Without it: nobody in particular.
    token: Option<String>,
    /// The token's type (OCPP 2.0.1, IdTokenEnumType); `ISO14443` when not given.
    token_type: Option<String>,
    /// When it begins; now when not given.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Wh, 0 to 100,000,000.
    #[schema(minimum = 0, maximum = 100_000_000, example = 20_000)]
    energy_wh: Option<i64>,
    /// How long energy flows, seconds; 0 to 31 days.
    #[schema(minimum = 0, maximum = 2_678_400)]
    charging_s: Option<i64>,
    /// W, 1 to 10,000,000.
    #[schema(minimum = 1, maximum = 10_000_000)]
    power_w: Option<i64>,
    /// How long the car stays when it has enough, seconds; 0 to 31 days. 0 when not given.
    #[schema(minimum = 0, maximum = 2_678_400)]
    idle_s: Option<i64>,
}

/// What it would cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuoteView {
    #[schema(example = "EUR")]
    currency: String,
    #[schema(example = "12.34")]
    total: String,
    /// Whether the lines have their taxes in them: `including-tax`, or `excluding-tax`, where they come on top.
    #[schema(example = "including-tax")]
    amounts: &'static str,
    taxes: Vec<TaxTotalView>,
    lines: Vec<LineView>,
    priced_by: PricedByView,
    modified_by: Vec<PricedByView>,
    /// Modifiers that failed and are missing in it.
    left_out: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = f64)]
    energy_wh: Energy,
    charging_s: i64,
    idle_s: i64,
}

/// Prices a session that has not begun, by the units that would price it: the tariff of the place and its modifiers, with the
/// purpose `quote`. A tariff that a policy would choose at the start is not known yet. Nothing is written down.
#[utoipa::path(
    post,
    path = "/api/v1/quotes",
    tag = "prices",
    request_body = QuoteBody,
    responses(
        (status = 200, body = QuoteView),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`, or `no-price`: no unit prices there"),
        (status = 409, body = ErrorBody, description = "`no-answer`: the unit that prices there says why"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn quote(State(api): State<Arc<Api>>, Change(body): Change<QuoteBody>) -> Answer<Json<QuoteView>> {
    let now = api.control.now();
    let here = Here::find(&api, &body.station).await?;
    let token = match &body.token {
        Some(token) => Some(token_facts(&api, token, body.token_type.clone()).await?),
        None => None,
    };
    let group = token.as_ref().and_then(|token| token.group.clone());
    let guest = here.guest(body.evse, body.connector, token);
    let session = imagined(&body, guest.power(), now)?;
    let pin = api.hooks.pin(&Occasion::of(&here.record, group.as_deref(), session.from), None);
    let boundaries = pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
    let question = guest.quote(session, boundaries, now);
    let about = About { station: here.record.id.clone(), session: None };
    let answer = api.hooks.price(pin.as_deref(), question, about).await;
    match answer.price {
        Some(price) => Ok(Json(view(price, session))),
        None => Err(answer.decisions.iter().find_map(silent).unwrap_or_else(no_price)),
    }
}

/// A unit that prices there has no answer.
fn silent(decision: &Decision) -> Option<Problem> {
    let fault = decision.fault.as_ref()?;
    let message = format!("{} has no price for it: {fault}", decision.unit);
    Some(Problem::new(StatusCode::CONFLICT, "no-answer", message))
}

/// What is not given follows from the rest.
fn imagined(body: &QuoteBody, known_w: Option<i64>, now: Timestamp) -> Answer<Imagined> {
    let within = |member: &str, given: Option<i64>, least: i64, most: i64| match given {
        Some(value) if !(least..=most).contains(&value) => {
            Err(Problem::invalid(format!("/{member}"), format!("{value} is not within {least} to {most}")))
        }
        given => Ok(given),
    };
    let energy_wh = within("energyWh", body.energy_wh, 0, MOST_WH)?;
    let charging_s = within("chargingS", body.charging_s, 0, LONGEST_S)?;
    let power_w = within("powerW", body.power_w, 1, MOST_W)?;
    let idle_s = within("idleS", body.idle_s, 0, LONGEST_S)?.unwrap_or(0);
    let (energy_wh, charging_s) = match (energy_wh, charging_s, power_w.or(known_w)) {
        (Some(wh), Some(seconds), _) => (wh, seconds),
        (Some(wh), None, Some(watts)) => {
            let seconds = (wh.unsigned_abs() * 3_600).div_ceil(watts.unsigned_abs());
            (wh, i64::try_from(seconds).unwrap_or(i64::MAX))
        }
        (None, Some(seconds), Some(watts)) => (watts.saturating_mul(seconds) / 3_600, seconds),
        (Some(_), None, None) | (None, Some(_), None) => {
            let why = "nobody has said what this connector delivers; give powerW, or energyWh and chargingS";
            return Err(Problem::invalid("/powerW", why));
        }
        (None, None, _) => return Err(Problem::invalid("/energyWh", "give energyWh, chargingS or both")),
    };
    if charging_s > LONGEST_S {
        return Err(Problem::invalid("/energyWh", "so much energy would take longer than 31 days"));
    }
    let from = body.from.unwrap_or(now);
    Ok(Imagined { from, energy: Energy::from_wh(energy_wh), charging_s, idle_s })
}

fn view(price: Price, session: Imagined) -> QuoteView {
    let total: Decimal = price.total;
    QuoteView {
        currency: price.currency.to_string(),
        total: total.to_string(),
        amounts: price.amounts.as_str(),
        taxes: price.taxes.iter().map(TaxTotalView::from).collect(),
        priced_by: PricedByView::from(&*price.priced_by),
        modified_by: price.modified_by.iter().map(|by| PricedByView::from(&**by)).collect(),
        left_out: price.left_out,
        lines: price.lines.into_iter().map(LineView::from).collect(),
        from: session.from,
        energy_wh: session.energy,
        charging_s: session.charging_s,
        idle_s: session.idle_s,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House};

    const QUOTES: &str = "/api/v1/quotes";

    #[tokio::test]
    async fn what_is_not_given_follows_from_the_rest() {
        let house = House::new();
        house.put("/api/v1/stations/cs-1", json!({"powerWMax": {"2": 22_000}})).await;
        for (body, energy_wh, charging_s, total) in [
            (json!({"energyWh": 20_000, "powerW": 10_000}), 20_000, 7_200, "10.00"),
            (json!({"energyWh": 20_000, "chargingS": 60}), 20_000, 60, "10.00"),
            (json!({"chargingS": 3_600, "powerW": 11_000}), 11_000, 3_600, "5.50"),
            (json!({"evse": 2, "chargingS": 3_600}), 22_000, 3_600, "11.00"),
            (json!({"energyWh": 0, "chargingS": 0, "idleS": 600}), 0, 0, "0.00"),
        ] {
            let mut asked = body.clone();
            asked["station"] = json!("cs-1");
            let answer = house.send(Asked::post(QUOTES, &asked)).await;
            assert_eq!(answer.status.as_u16(), 200, "{body}: {}", answer.text);
            let found = (answer.body["energyWh"].as_i64(), answer.body["chargingS"].as_i64());
            assert_eq!(found, (Some(energy_wh), Some(charging_s)), "{body}");
            assert_eq!((&answer.body["total"], &answer.body["currency"]), (&json!(total), &json!("EUR")), "{body}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_priced_is_refused_with_the_reason() {
        let house = House::new();
        house.put("/api/v1/stations/cs-1", json!({})).await;
        house.put("/api/v1/stations/free", json!({})).await;
        for (body, status, word) in [
            (json!({"station": "cs-1"}), 422, "give energyWh, chargingS or both"),
            (json!({"station": "cs-1", "energyWh": 1_000}), 422, "nobody has said what this connector delivers"),
            (json!({"station": "cs-1", "energyWh": -1, "chargingS": 1}), 422, "not within 0 to 100000000"),
            (json!({"station": "cs-1", "energyWh": 100_000_000, "powerW": 1}), 422, "longer than 31 days"),
            (json!({"station": "cs-1", "energyWh": 1, "chargingS": 1, "idleS": 99_999_999}), 422, "not within"),
            (json!({"station": "cs-1", "energywh": 1}), 422, "did you mean `energyWh`?"),
            (json!({"station": "cs-9", "energyWh": 1, "chargingS": 1}), 404, "cs-9 is not known"),
            (json!({"station": "free", "energyWh": 1, "chargingS": 1}), 404, "no unit prices sessions there"),
        ] {
            let answer = house.send(Asked::post(QUOTES, &body)).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text);
            assert!(answer.error("message").contains(word), "{body}: {}", answer.error("message"));
        }
    }
}
