//! NotifyReport (OCPP 2.0.1, 1.42): variables, and among them what an EVSE can deliver: its own word (component EVSE, variable
//! Power), or what its plug allows (component Connector, variable ConnectorType).

use amprule_domain::event::{ProvisioningEvent, ReportPart, ReportedPower, StationEvent};
use amprule_domain::variable::{Attribute, Variable};
use serde_json::Value;

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, plain, positive};
use crate::strictness::Repairs;
use crate::v201::variables::{attribute_kind, is_secret, place};

pub(crate) const MESSAGE: Message = Message::once("NotifyReport", decode, empty);

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let request_id = said.number("requestId")?;
    let seq_no = said.seq_no()?;
    let last = !said.truth("tbc")?;
    let data = said.objects("reportData")?;
    let power = data.iter().filter_map(power).collect();
    let variables = data.iter().filter_map(variable).collect();
    Ok(StationEvent::Provisioning(ProvisioningEvent::Report(ReportPart { request_id, seq_no, last, power, variables })))
}

/// `None`: it has no name.
fn variable(data: &Value) -> Option<Variable> {
    let place = place(data)?;
    let attributes = data["variableAttribute"].as_array().into_iter().flatten().map(|said| {
        let attribute = Attribute {
            value: plain(&said["value"]).filter(|_| !is_secret(&place)),
            // One without a word can be read and written (VariableAttributeType).
            mutability: Some(plain(&said["mutability"]).unwrap_or_else(|| "ReadWrite".to_owned())),
            ..Attribute::default()
        };
        (attribute_kind(said, "type"), attribute)
    });
    let attributes = attributes.collect();
    let characteristics = Some(data["variableCharacteristics"].clone()).filter(Value::is_object);
    Some(Variable { place, attributes, characteristics })
}

fn power(data: &Value) -> Option<ReportedPower> {
    let evse = positive(&data["component"]["evse"]["id"]).unwrap_or(0);
    match (data["component"]["name"].as_str()?, data["variable"]["name"].as_str()?) {
        ("EVSE", "Power") => limit(&data["variableCharacteristics"]).map(|watts| ReportedPower::Evse { evse, watts }),
        ("Connector", "ConnectorType") => {
            let kind = data["variableAttribute"][0]["value"].as_str()?;
            Some(ReportedPower::Connector { evse, watts: of_connector(kind) })
        }
        _ => None,
    }
}

/// W
fn limit(characteristics: &Value) -> Option<i64> {
    let limit = characteristics["maxLimit"].as_f64()?;
    let factor = if characteristics["unit"] == "kW" { 1000.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    let watts = (limit * factor) as i64;
    // Less than any EVSE delivers is in another unit.
    Some(watts).filter(|watts| *watts >= 1_000)
}

/// W, of what carries alternating current (OCPP 2.0.1, ConnectorEnumType): voltage times current with a tenth to spare.
fn of_connector(kind: &str) -> Option<i64> {
    match kind {
        "cType1" => Some(21_000),
        "cType2" | "sType2" | "sType3" => Some(48_000),
        "s309-1P-16A" | "sBS1361" | "sCEE-7-7" => Some(4_200),
        "s309-1P-32A" => Some(8_200),
        "s309-3P-16A" => Some(12_500),
        "s309-3P-32A" => Some(25_000),
        _ => None,
    }
}
