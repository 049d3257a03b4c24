//! NotifyChargingLimit (OCPP 2.0.1, 1.37).

use amprule_domain::event::{SmartChargingEvent, StationEvent};
use serde_json::json;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, plain};
use crate::strictness::{Odd, Repairs};

pub(crate) const MESSAGE: Message = Message::once("NotifyChargingLimit", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let evse = said.count("evseId")?.filter(|evse| *evse > 0);
    let limit = said.value("chargingLimit");
    let source = match plain(&limit["chargingLimitSource"]) {
        Some(source) => source,
        None => said.repairs.note(Odd::Missing, "chargingLimit.chargingLimitSource").map(|()| "Other".to_owned())?,
    };
    let schedules = said.objects("chargingSchedule")?;
    let limit = json!({ "chargingLimit": limit, "chargingSchedule": schedules });
    Ok(StationEvent::SmartCharging(SmartChargingEvent::Limited { source, evse, limit }))
}
