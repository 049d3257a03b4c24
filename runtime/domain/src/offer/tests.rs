//! Offers in JSON, as units say them, and sessions, as tables of `(minutes, Wh, state)`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Issuer, Offer};
use crate::Energy;
use crate::event::ChargingState;
use crate::timeline::Period;

mod conversion;
mod grid;
mod price;
mod reports;
mod text;
mod validate;

const CHARGING: ChargingState = ChargingState::Charging;
const SUSPENDED: ChargingState = ChargingState::Suspended;
const IDLE: ChargingState = ChargingState::Idle;

type Stretch = (i64, i64, ChargingState);

/// In euros, unless it says otherwise.
fn offer(mut offer: Value) -> Offer {
    offer.as_object_mut().expect("an object").entry("currency").or_insert_with(|| json!("EUR"));
    serde_json::from_value(offer).expect("an offer")
}

fn periods(start: &str, stretches: &[Stretch]) -> Vec<Period> {
    let mut at: Timestamp = start.parse().expect("a time");
    let period = |(minutes, wh, state): &Stretch| {
        let started_at = at;
        at = Timestamp::from_second(at.as_second() + minutes * 60).expect("a time");
        Period { started_at, ended_at: at, energy: Energy::from_wh(*wh), state: *state }
    };
    stretches.iter().map(period).collect()
}

/// In Berlin.
fn priced(offer: &Offer, start: &str, stretches: &[Stretch]) -> Result<Decimal, String> {
    offer.price(&TimeZone::get("Europe/Berlin").expect("a bundled zone"), &periods(start, stretches))
}

fn check(elements: Value, start: &str, stretches: &[Stretch], expect: &str) {
    check_offer(json!({"elements": elements}), start, stretches, expect);
}

fn check_offer(of: Value, start: &str, stretches: &[Stretch], expect: &str) {
    let found = priced(&offer(of.clone()), start, stretches).expect("a price");
    assert_eq!(found.to_string(), expect, "{of} at {start}: {stretches:?}");
}

fn issuer() -> Issuer<'static> {
    let last_updated = Timestamp::from_second(1_800_000_000).expect("a time");
    Issuer { id: "night-rate", country_code: "DE", party_id: "AMP", last_updated, tariff_type: None }
}
