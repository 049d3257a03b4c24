//! Tariffs and costs (2.0.1 I02; 2.1 I07 to I11).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, decimal, integer, list, refused, status, word};
use super::state::State;
use super::transactions::transaction_id;

/// Where a tariff has its prices.
const ELEMENTS: [&str; 6] = ["energy", "chargingTime", "idleTime", "fixedFee", "reservationTime", "reservationFixed"];

impl State {
    pub(super) fn cost_updated(&mut self, asked: &Value) -> Reply {
        let (id, cost) = (transaction_id(asked), decimal(asked, "totalCost").unwrap_or_default());
        self.costs.retain(|(known, _)| *known != id);
        self.costs.push((id, cost));
        Ok(json!({}))
    }

    pub(super) fn set_default_tariff(&mut self, asked: &Value) -> Reply {
        let (evse, tariff) = (integer(asked, "evseId").unwrap_or(-1), &asked["tariff"]);
        if evse != 0 && self.evse(evse).is_none() {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        if let Err((word, reason)) = self.check_tariff(tariff) {
            return Ok(refused(self.version, word, reason));
        }
        let is_twin = |known: &Value| known["tariffId"] == tariff["tariffId"] && known != tariff;
        if self.tariffs.values().chain(self.driver_tariffs.values()).any(is_twin) {
            return Ok(refused(self.version, "DuplicateTariffId", "InvalidValue"));
        }
        let evses = if evse == 0 { self.ids() } else { vec![evse] };
        for evse in evses {
            self.tariffs.insert(evse, tariff.clone());
        }
        Ok(accepted())
    }

    fn check_tariff(&self, tariff: &Value) -> Result<(), (&'static str, &'static str)> {
        let of = "TariffCostCtrlr";
        if !self.model.is(of, "Enabled#Tariff") {
            return Err(("Rejected", "NotEnabled"));
        }
        if word(tariff, "currency") != self.model.value(of, "Currency") {
            return Err(("Rejected", "InvalidValue"));
        }
        let prices = || ELEMENTS.iter().flat_map(|element| list(&tariff[*element], "prices"));
        let most = self.model.integer(of, "MaxElements#Tariff").unwrap_or(i64::MAX);
        if prices().count() as i64 > most {
            return Err(("TooManyElements", "TooManyElements"));
        }
        let has_conditions = prices().any(|price| price.get("conditions").is_some());
        if has_conditions && !self.model.is(of, "ConditionsSupported#Tariff") {
            return Err(("ConditionNotSupported", "UnsupportedParam"));
        }
        Ok(())
    }

    pub(super) fn get_tariffs(&self, asked: &Value) -> Reply {
        let evse = integer(asked, "evseId").unwrap_or(-1);
        if evse != 0 && self.evse(evse).is_none() {
            return Ok(refused(self.version, "Rejected", "UnknownEvse"));
        }
        let mut assignments: Vec<Value> = Vec::new();
        for (at, tariff) in self.tariffs.iter().filter(|(at, _)| evse == 0 || **at == evse) {
            let known = assignments.iter_mut().find(|one| one["tariffId"] == tariff["tariffId"]);
            match known.and_then(|one| one["evseIds"].as_array_mut()) {
                Some(evses) => evses.push(json!(at)),
                None => assignments.push(assigned(tariff, "DefaultTariff", "evseIds", json!(at))),
            }
        }
        for (token, tariff) in &self.driver_tariffs {
            assignments.push(assigned(tariff, "DriverTariff", "idTokens", json!(token)));
        }
        if assignments.is_empty() {
            return Ok(status("NoTariff"));
        }
        Ok(json!({"status": "Accepted", "tariffAssignments": assignments}))
    }

    pub(super) fn clear_tariffs(&mut self, asked: &Value) -> Reply {
        let evse = integer(asked, "evseId");
        let ids: Vec<String> = list(asked, "tariffIds").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if ids.is_empty() {
            let mut gone: Vec<Value> = Vec::new();
            self.tariffs.retain(|at, tariff| {
                let is_gone = evse.is_none_or(|evse| evse == 0 || evse == *at);
                if is_gone && !gone.contains(&tariff["tariffId"]) {
                    gone.push(tariff["tariffId"].clone());
                }
                !is_gone
            });
            let said = |id: Value| json!({"tariffId": id, "status": "Accepted"});
            let results: Vec<Value> = gone.into_iter().map(said).collect();
            let results = if results.is_empty() { vec![status("NoTariff")] } else { results };
            return Ok(json!({"clearTariffsResult": results}));
        }
        let results: Vec<Value> = ids.iter().map(|id| self.clear_tariff(id, evse)).collect();
        Ok(json!({"clearTariffsResult": results}))
    }

    /// A running transaction keeps its tariff.
    fn clear_tariff(&mut self, id: &str, evse: Option<i64>) -> Value {
        let count = self.tariffs.len() + self.driver_tariffs.len();
        let is_there = |at: i64| evse.is_none_or(|evse| evse == 0 || evse == at);
        self.tariffs.retain(|at, tariff| word(tariff, "tariffId") != id || !is_there(*at));
        self.driver_tariffs.retain(|_, tariff| word(tariff, "tariffId") != id);
        let is_gone = self.tariffs.len() + self.driver_tariffs.len() < count;
        json!({"tariffId": id, "status": if is_gone { "Accepted" } else { "NoTariff" }})
    }

    pub(super) fn change_transaction_tariff(&mut self, asked: &Value) -> Reply {
        let (id, tariff) = (transaction_id(asked), &asked["tariff"]);
        let Some(at) = self.transactions.iter().position(|running| running.id == id) else {
            return Ok(refused(self.version, "TxNotFound", "TxNotFound"));
        };
        if word(tariff, "currency") != self.model.value("TariffCostCtrlr", "Currency") {
            return Ok(refused(self.version, "NoCurrencyChange", "InvalidValue"));
        }
        if let Err((word, reason)) = self.check_tariff(tariff) {
            return Ok(refused(self.version, word, reason));
        }
        let mut event = self.event(at, "Updated", "TariffChanged", "Other");
        event["transactionInfo"]["tariffId"] = tariff["tariffId"].clone();
        self.say("TransactionEvent", event);
        Ok(accepted())
    }
}

fn assigned(tariff: &Value, kind: &str, member: &str, whom: Value) -> Value {
    let mut said = json!({"tariffId": tariff["tariffId"], "tariffKind": kind, member: [whom]});
    if let Some(from) = tariff.get("validFrom") {
        said["validFrom"] = from.clone();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn tariff(id: &str, currency: &str, prices: usize) -> Value {
        let prices: Vec<Value> = (0..prices).map(|price| json!({"priceKwh": price})).collect();
        json!({"tariffId": id, "currency": currency, "energy": {"prices": prices}})
    }

    fn set(evse: i64, tariff: Value) -> Value {
        json!({"evseId": evse, "tariff": tariff})
    }

    #[test]
    fn a_default_tariff_is_for_one_evse_or_each() {
        let mut play = Play::new(Version::Ocpp21);
        play.check("GetTariffs", json!({"evseId": 0}), json!({"status": "NoTariff"}));
        let rows = [
            (set(0, tariff("A", "EUR", 1)), "Accepted"),
            (set(1, tariff("B", "EUR", 1)), "Accepted"),
            (set(1, tariff("A", "EUR", 2)), "DuplicateTariffId"),
            (set(1, tariff("C", "EUR", 9)), "TooManyElements"),
            (set(1, tariff("C", "USD", 1)), "Rejected"),
            (set(3, tariff("C", "EUR", 1)), "Rejected"),
        ];
        for (asked, status) in rows {
            play.check("SetDefaultTariff", asked, json!({"status": status}));
        }
        let assignment =
            |id: &str, evse: i64| json!({"tariffId": id, "tariffKind": "DefaultTariff", "evseIds": [evse]});
        let both = json!({"status": "Accepted", "tariffAssignments": [assignment("B", 1), assignment("A", 2)]});
        play.check("GetTariffs", json!({"evseId": 0}), both);
        let result = |id: &str, status: &str| json!({"tariffId": id, "status": status});
        let cleared = json!({"clearTariffsResult": [result("A", "Accepted"), result("Z", "NoTariff")]});
        play.check("ClearTariffs", json!({"tariffIds": ["A", "Z"]}), cleared);
        play.check("ClearTariffs", json!({}), json!({"clearTariffsResult": [result("B", "Accepted")]}));
        play.check("ClearTariffs", json!({}), json!({"clearTariffsResult": [{"status": "NoTariff"}]}));
    }

    #[test]
    fn a_running_transaction_changes_its_tariff_but_not_its_currency() {
        let mut play = Play::new(Version::Ocpp21);
        let change = |tariff: Value| json!({"transactionId": "tx-1", "tariff": tariff});
        play.check("ChangeTransactionTariff", change(tariff("A", "EUR", 1)), json!({"status": "TxNotFound"}));
        play.charges(1);
        play.check("ChangeTransactionTariff", change(tariff("A", "USD", 1)), json!({"status": "NoCurrencyChange"}));
        play.check("ChangeTransactionTariff", change(tariff("A", "EUR", 1)), json!({"status": "Accepted"}));
        let info = json!({"transactionId": "tx-1", "tariffId": "A"});
        play.follows(&[(
            "TransactionEvent",
            json!({"eventType": "Updated", "triggerReason": "TariffChanged", "seqNo": 1, "transactionInfo": info}),
        )]);
        play.check("CostUpdated", json!({"transactionId": "tx-1", "totalCost": 3.5}), json!({}));
        assert_eq!(play.state.costs, [("tx-1".to_owned(), 3.5)]);
    }
}
