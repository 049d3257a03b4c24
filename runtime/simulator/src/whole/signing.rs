//! Meters that sign (OCPP 2.0.1, SignedMeterValueType; "Signed Meter Values in OCPP" for 1.6). The signature is made up, the text is as
//! awkward as real ones: blanks, quotes, brackets and letters that no server may touch.

use serde_json::{Value, json};

use super::asked::time;
use super::digest::sha256;
use super::state::State;

const MEASURAND: &str = "Energy.Active.Import.Register";

impl State {
    /// The next text of the meter; it is remembered, to be compared with what became of it. `None`: it does not sign.
    fn sign(&mut self, register_wh: i64) -> Option<String> {
        let bytes = self.habits.signs?;
        let (page, read_at) = (self.signed.len() + 1, time(self.now));
        let mut readings = String::new();
        while readings.len() < bytes {
            readings.push_str("{\"TM\":\"2026-07-01T10:00:00,000+0200 S\", \"RV\":0.50,\"RU\":\"kWh\"} ,");
        }
        let kwh = register_wh as f64 / 1000.0;
        let data = format!(
            "{{\"FV\" : \"1.0\",\"GI\":\"Zähler \\\"{}\\\" 電 }}\",\"PG\":\"T{page}\",\"RD\":[{readings}{{\"TM\":\"{read_at}\",\"RV\":{kwh:.3},\"RU\":\"kWh\"}} ]}}",
            self.id
        );
        let text = format!("OCMF|{data}|{{\"SD\":\"{}\"}} ", sha256(data.as_bytes()));
        self.signed.push(text.clone());
        Some(text)
    }

    /// What is told by the event is signed too (2.x). The key comes with the first.
    pub(super) fn sign_event(&mut self, register_wh: i64, is_first: bool, sampled: &mut Value) {
        let Some(text) = self.sign(register_wh) else { return };
        sampled["sampledValue"][0]["signedMeterValue"] = signed(&text, is_first);
    }

    /// What was signed stands alone: no other message of 1.6 has room for it.
    fn signed_sample(&mut self, register_wh: i64, context: &str, is_first: bool) -> Option<Value> {
        let value = signed(&self.sign(register_wh)?, is_first).to_string();
        let sample = json!({
            "value": value, "format": "SignedData", "context": context, "measurand": MEASURAND, "unit": "Wh",
        });
        Some(json!({"timestamp": time(self.now), "sampledValue": [sample]}))
    }

    /// StartTransaction has no room for it: it follows (1.6).
    pub(super) fn say_signed_start(&mut self, at: usize) {
        let start_wh = self.transactions[at].start_wh;
        let Some(begin) = self.signed_sample(start_wh, "Transaction.Begin", true) else { return };
        let running = &mut self.transactions[at];
        running.signed_start = Some(begin.clone());
        let number = running.id.parse::<i64>().unwrap_or_default();
        let payload = json!({"connectorId": running.evse, "transactionId": number, "meterValue": [begin]});
        self.say("MeterValues", payload);
    }

    /// The end has both: the first once more, and the last (1.6).
    pub(super) fn signed_both(&mut self, at: usize) -> Option<Vec<Value>> {
        let end = self.signed_sample(self.register(at), "Transaction.End", false)?;
        Some(self.transactions[at].signed_start.clone().into_iter().chain([end]).collect())
    }
}

/// Members that have nothing to say are empty.
fn signed(text: &str, has_key: bool) -> Value {
    let key = if has_key { "b2NhOmJhc2UxNjphc24xOjMwNTk=" } else { "" };
    json!({"signedMeterData": text, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": key})
}

#[cfg(test)]
mod tests {
    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn a_meter_signs_where_it_is_asked_to() {
        for version in [Version::Ocpp16, Version::Ocpp201] {
            let mut play = Play::new(version);
            play.charges(1);
            let silent = play.state.signed.len();
            play.state.habits.signs = Some(9_000);
            play.state.end_all(None, "Local", "Local");
            let (_, said) = play.said().pop().expect("an end");
            let told = match version {
                Version::Ocpp16 => {
                    let wrapped = said["transactionData"][0]["sampledValue"][0]["value"].as_str().expect("a text");
                    serde_json::from_str(wrapped).expect("JSON")
                }
                _ => said["meterValue"][0]["sampledValue"][0]["signedMeterValue"].clone(),
            };
            assert_eq!((silent, play.state.signed.len()), (0, 1), "{said}");
            assert_eq!(told["signedMeterData"], play.state.signed[0], "{said}");
            assert!(play.state.signed[0].len() > 9_000);
        }
    }
}
