//! NotifyReport (OCPP 2.0.1, 1.40). What it reports stays in the raw payload.

use amprule_domain::event::{ReportPart, StationEvent};
use serde::Deserialize;

use crate::loose::Loose;
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
}

pub(crate) fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let message: NotifyReport<'_> = read(payload)?;
    let request_id = repairs.whole("requestId", &message.request_id)?;
    let request_id = repairs.needed("requestId", request_id)?;
    let seq_no = repairs.count("seqNo", &message.seq_no)?;
    let seq_no = repairs.wanted("seqNo", seq_no)?.unwrap_or(0);
    Ok(StationEvent::Report(ReportPart { request_id, seq_no, last: !repairs.truth("tbc", &message.tbc)? }))
}
