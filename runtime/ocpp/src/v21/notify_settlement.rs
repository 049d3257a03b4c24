//! NotifySettlement (OCPP 2.1, block C): a payment at the station's own terminal.

use amprule_domain::TransactionId;
use amprule_domain::event::{CostEvent, Settled, Settlement, StationEvent};

use crate::message::{Message, empty};
use crate::payload::Trouble;
use crate::said::{Said, plain};
use crate::strictness::Repairs;

pub(crate) const MESSAGE: Message = Message::once("NotifySettlement", decode, empty);

/// PaymentStatusEnumType.
const STATUSES: [&str; 4] = ["Settled", "Canceled", "Rejected", "Failed"];

fn decode(payload: &str, repairs: &mut Repairs) -> Result<StationEvent, Trouble> {
    let mut said = Said::read(payload, repairs)?;
    let transaction = said.text("transactionId", 36)?.map(TransactionId::new);
    let reference = said.text("pspRef", 255)?;
    let reference = said.repairs.needed("pspRef", reference)?;
    let settlement = Settlement {
        reference,
        status: said.word("status", &STATUSES)?,
        amount: plain(&said.value("settlementAmount")).and_then(|amount| amount.trim().parse().ok()),
        settled_at: said.time("settlementTime")?,
        receipt_id: said.text("receiptId", 50)?,
        receipt_url: said.text("receiptUrl", 2_000)?,
    };
    let said = said.into_value();
    Ok(StationEvent::Cost(CostEvent::Settled(Box::new(Settled { transaction, settlement, said }))))
}
