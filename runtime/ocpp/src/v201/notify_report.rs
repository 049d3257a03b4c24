//! NotifyReport (OCPP 2.0.1, 1.40). What it reports stays in the raw payload, but for what an EVSE can deliver: its own
//! word (component EVSE, variable Power), or what its plug allows (component Connector, variable ConnectorType).

use amprule_domain::event::{ProvisioningEvent, ReportPart, ReportedPower, StationEvent};
use serde::Deserialize;

use crate::loose::{Loose, Many, Part};
use crate::message::{Message, empty};
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifyReport", decode, empty);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotifyReport<'a> {
    #[serde(borrow, default)]
    request_id: Loose<'a>,
    #[serde(borrow, default)]
    seq_no: Loose<'a>,
    #[serde(borrow, default)]
    tbc: Loose<'a>,
    #[serde(borrow, default)]
    report_data: Many<ReportData<'a>>,
}

/// ReportDataType, as far as it tells an EVSE's power (component EVSE, variable Power: its maxLimit).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportData<'a> {
    #[serde(borrow, default)]
    component: Part<'a, Component<'a>>,
    #[serde(borrow, default)]
    variable: Part<'a, Named<'a>>,
    #[serde(borrow, default)]
    variable_attribute: Many<Attribute<'a>>,
    #[serde(borrow, default)]
    variable_characteristics: Part<'a, Characteristics<'a>>,
}

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(borrow, default)]
    value: Loose<'a>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default)]
    name: Loose<'a>,
    #[serde(borrow, default)]
    evse: Part<'a, Evse<'a>>,
}

#[derive(Deserialize)]
struct Evse<'a> {
    #[serde(borrow, default)]
    id: Loose<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Loose<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Characteristics<'a> {
    #[serde(borrow, default)]
    unit: Loose<'a>,
    #[serde(borrow, default)]
    max_limit: Loose<'a>,
}

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: NotifyReport<'_> = read(payload)?;
    let request_id = repairs.whole("requestId", &message.request_id)?;
    let request_id = repairs.needed("requestId", request_id)?;
    let seq_no = repairs.count("seqNo", &message.seq_no)?;
    let seq_no = repairs.wanted("seqNo", seq_no)?.unwrap_or(0);
    let last = !repairs.truth("tbc", &message.tbc)?;
    let power = message.report_data.items.iter().filter_map(power).collect();
    Ok(StationEvent::Provisioning(ProvisioningEvent::Report(ReportPart { request_id, seq_no, last, power })))
}

fn power(data: &ReportData<'_>) -> Option<ReportedPower> {
    let (Part::Object(component), Part::Object(variable)) = (&data.component, &data.variable) else { return None };
    let evse = match &component.evse {
        Part::Object(Evse { id: Loose::Whole(id) }) => u32::try_from(*id).ok()?,
        _ => 0,
    };
    match (component.name.word()?, variable.name.word()?) {
        ("EVSE", "Power") => limit(&data.variable_characteristics).map(|watts| ReportedPower::Evse { evse, watts }),
        ("Connector", "ConnectorType") => {
            let kind = data.variable_attribute.items.first()?.value.word()?;
            Some(ReportedPower::Connector { evse, watts: of_connector(kind) })
        }
        _ => None,
    }
}

/// W
fn limit(characteristics: &Part<'_, Characteristics<'_>>) -> Option<i64> {
    let Part::Object(characteristics) = characteristics else { return None };
    #[expect(clippy::cast_precision_loss, reason = "no station delivers 2^53 W")]
    let limit = match &characteristics.max_limit {
        Loose::Whole(limit) => *limit as f64,
        Loose::Real(limit) => *limit,
        _ => return None,
    };
    let factor = if characteristics.unit.word() == Some("kW") { 1000.0 } else { 1.0 };
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
