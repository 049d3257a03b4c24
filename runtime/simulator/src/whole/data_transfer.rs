//! DataTransfer (2.0.1 P01): a vendor of our own, and costs as 1.6 stations show them.

use serde_json::{Value, json};

use super::asked::{Reply, decimal, status, word};
use super::state::State;
use super::transactions::transaction_id;

const OURS: &str = "com.amprule.simulator";
/// OCA's way to show prices before 2.1.
const COSTS: &str = "org.openchargealliance.costmsg";

impl State {
    pub(super) fn data_transfer(&mut self, asked: &Value) -> Reply {
        let message = word(asked, "messageId");
        Ok(match (word(asked, "vendorId"), message) {
            (OURS, "Echo") => match asked.get("data") {
                Some(data) => json!({"status": "Accepted", "data": data}),
                None => status("Accepted"),
            },
            (COSTS, "SetUserPrice") => status("Accepted"),
            (COSTS, "RunningCost" | "FinalCost") => {
                status(if self.shows_cost(asked) { "Accepted" } else { "Rejected" })
            }
            (OURS | COSTS, _) => status("UnknownMessageId"),
            _ => status("UnknownVendorId"),
        })
    }

    /// The data is JSON in a text.
    fn shows_cost(&mut self, asked: &Value) -> bool {
        let data: Value = serde_json::from_str(word(asked, "data")).unwrap_or_default();
        let Some(cost) = decimal(&data, "cost") else { return false };
        let id = transaction_id(&data);
        self.costs.retain(|(known, _)| *known != id);
        self.costs.push((id, cost));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn vendors_and_messages_are_told_apart() {
        let mut play = Play::new(Version::Ocpp16);
        let cost = json!({"transactionId": 5, "cost": 1.25}).to_string();
        let rows = [
            (json!({"vendorId": "com.example"}), json!({"status": "UnknownVendorId"})),
            (json!({"vendorId": OURS, "messageId": "Sing"}), json!({"status": "UnknownMessageId"})),
            (json!({"vendorId": OURS, "messageId": "Echo", "data": "a"}), json!({"status": "Accepted", "data": "a"})),
            (json!({"vendorId": COSTS, "messageId": "RunningCost", "data": "?"}), json!({"status": "Rejected"})),
            (json!({"vendorId": COSTS, "messageId": "RunningCost", "data": cost}), json!({"status": "Accepted"})),
        ];
        for (asked, answer) in rows {
            play.check("DataTransfer", asked, answer);
        }
        assert_eq!(play.state.costs, [("5".to_owned(), 1.25)]);
    }
}
