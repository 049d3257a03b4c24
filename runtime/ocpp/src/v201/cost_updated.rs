//! CostUpdated (OCPP 2.0.1, 1.15; I02): what a transaction costs by now. The final cost stands in the answer to its end.

use amprule_domain::command::{Command, PriceCommand};

use crate::encode::{Object, Times};
use crate::request::Request;

pub(crate) const REQUEST: Request = Request::typed("CostUpdated", encode);

fn encode(command: &Command, times: Times) -> Option<String> {
    let Command::Price(PriceCommand::Cost(shown)) = command else { return None };
    let cost = Object::new(times).raw("totalCost", shown.total);
    Some(cost.text("transactionId", shown.transaction.as_str()).finish())
}
