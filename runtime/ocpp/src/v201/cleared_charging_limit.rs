//! ClearedChargingLimit (OCPP 2.0.1, 1.14).

use amprule_domain::event::{SmartChargingEvent, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::Said;
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("ClearedChargingLimit", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let source = said.text("chargingLimitSource", 20)?;
    let source = said.repairs.wanted("chargingLimitSource", source)?.unwrap_or_else(|| "Other".to_owned());
    // 0 is the station as a whole, as no number is.
    let evse = said.count("evseId")?.filter(|evse| *evse > 0);
    Ok(StationEvent::SmartCharging(SmartChargingEvent::LimitCleared { source, evse }))
}
