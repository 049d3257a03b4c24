//! DataTransfer (2.0.1 P01): a vendor of our own, and costs as 1.6 stations show them.

use serde_json::{Value, json};

use super::asked::{Reply, decimal, status, word};
use super::plug_and_charge;
use super::state::State;
use super::transactions::transaction_id;

const OURS: &str = "com.amprule.simulator";
/// OCA's way to show prices before 2.1.
const COSTS: &str = "org.openchargealliance.costmsg";

/// What has to be there: each message, and its members.
const MEMBERS: [(&str, &[&str]); 3] = [
    ("RunningCost", &["transactionId", "timestamp", "meterValue", "cost", "state", "chargingPrice"]),
    ("FinalCost", &["transactionId", "cost", "priceText"]),
    ("SetUserPrice", &["idToken", "priceText"]),
];

impl State {
    pub(super) fn data_transfer(&mut self, asked: &Value) -> Reply {
        let message = word(asked, "messageId");
        let shows_costs = self.keys.is("CustomDisplayCostAndPrice");
        Ok(match word(asked, "vendorId") {
            OURS if message == "Echo" => match asked.get("data") {
                Some(data) => json!({"status": "Accepted", "data": data}),
                None => status("Accepted"),
            },
            OURS => status("UnknownMessageId"),
            plug_and_charge::VENDOR if self.version.is_v16() => self.plug_and_charge(asked),
            COSTS if shows_costs => match MEMBERS.iter().find(|(known, _)| *known == message) {
                Some((_, members)) if self.shows(asked, members) => status("Accepted"),
                Some(_) => status("Rejected"),
                None => status("UnknownMessageId"),
            },
            _ => status("UnknownVendorId"),
        })
    }

    /// The data is JSON in a text.
    fn shows(&mut self, asked: &Value, members: &[&str]) -> bool {
        let data: Value = serde_json::from_str(word(asked, "data")).unwrap_or_default();
        if !members.iter().all(|member| data.get(member).is_some()) {
            return false;
        }
        let Some(cost) = decimal(&data, "cost") else { return true };
        // The number is a number, and the register one of whole Wh.
        let is_whole = data["transactionId"].is_i64() && data.get("meterValue").is_none_or(Value::is_i64);
        if is_whole {
            let id = transaction_id(&data);
            self.costs.retain(|(known, _)| *known != id);
            self.costs.push((id, cost));
        }
        is_whole
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
        let final_cost = |cost: Value| {
            let data = json!({"transactionId": 5, "cost": cost, "priceText": "1.25"}).to_string();
            json!({"vendorId": COSTS, "messageId": "FinalCost", "data": data})
        };
        play.check("DataTransfer", final_cost(json!(1.25)), json!({"status": "UnknownVendorId"}));
        play.state.keys.put("CustomDisplayCostAndPrice", "true");
        let rows = [
            (json!({"vendorId": "com.example"}), json!({"status": "UnknownVendorId"})),
            (json!({"vendorId": OURS, "messageId": "Sing"}), json!({"status": "UnknownMessageId"})),
            (json!({"vendorId": OURS, "messageId": "Echo", "data": "a"}), json!({"status": "Accepted", "data": "a"})),
            (json!({"vendorId": COSTS, "messageId": "RunningCost", "data": "?"}), json!({"status": "Rejected"})),
            (json!({"vendorId": COSTS, "messageId": "Sing"}), json!({"status": "UnknownMessageId"})),
            (final_cost(json!(1.25)), json!({"status": "Accepted"})),
        ];
        for (asked, answer) in rows {
            play.check("DataTransfer", asked, answer);
        }
        assert_eq!(play.state.costs, [("5".to_owned(), 1.25)]);
    }
}
