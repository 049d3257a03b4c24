//! NotifyReport (OCPP 2.0.1, 1.40). What it reports stays in the raw payload, but for what an EVSE can deliver.

use amprule_domain::event::{ReportPart, StationEvent};
use serde::Deserialize;

use crate::loose::{Loose, Many, Part};
use crate::payload::{Trouble, read};
use crate::strictness::Repairs;

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
    variable_characteristics: Part<'a, Characteristics<'a>>,
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

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: NotifyReport<'_> = read(payload)?;
    let request_id = repairs.whole("requestId", &message.request_id)?;
    let request_id = repairs.needed("requestId", request_id)?;
    let seq_no = repairs.count("seqNo", &message.seq_no)?;
    let seq_no = repairs.wanted("seqNo", seq_no)?.unwrap_or(0);
    let last = !repairs.truth("tbc", &message.tbc)?;
    let power_w = message.report_data.items.iter().filter_map(power).collect();
    Ok(StationEvent::Report(ReportPart { request_id, seq_no, last, power_w }))
}

/// The EVSE, 0 where it stands for all, and W.
fn power(data: &ReportData<'_>) -> Option<(u32, i64)> {
    let (Part::Object(component), Part::Object(variable), Part::Object(characteristics)) =
        (&data.component, &data.variable, &data.variable_characteristics)
    else {
        return None;
    };
    let is_power = component.name.word() == Some("EVSE") && variable.name.word() == Some("Power");
    let evse = match &component.evse {
        Part::Object(Evse { id: Loose::Whole(id) }) => u32::try_from(*id).ok()?,
        _ => 0,
    };
    #[expect(clippy::cast_precision_loss, reason = "no station delivers 2^53 W")]
    let limit = match &characteristics.max_limit {
        Loose::Whole(limit) => *limit as f64,
        Loose::Real(limit) => *limit,
        _ => return None,
    };
    let factor = if characteristics.unit.word() == Some("kW") { 1000.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    let watts = (limit * factor) as i64;
    is_power.then_some((evse, watts)).filter(|(_, watts)| *watts > 0)
}
