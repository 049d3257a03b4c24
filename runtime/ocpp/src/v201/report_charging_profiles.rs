//! ReportChargingProfiles (OCPP 2.0.1, 1.46).

use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::{Value, json};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, int};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("ReportChargingProfiles", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request = said.number("requestId")?;
    let evse = said.evse()?;
    let source = said.text("chargingLimitSource", 20)?;
    let profiles = said.objects("chargingProfile")?.into_iter().map(with_its_number).collect();
    let is_last = !said.truth("tbc")?;
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Reported { request, evse, source, profiles, is_last }))
}

/// By which it is known; some write it as text.
fn with_its_number(mut profile: Value) -> Value {
    if let Some(id) = int(&profile["id"]) {
        profile["id"] = json!(id);
    }
    profile
}
