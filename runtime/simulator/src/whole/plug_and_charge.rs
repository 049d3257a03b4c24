//! Plug & Charge of 1.6: messages of 2.0.1 about vehicles' certificates, each a JSON text in a DataTransfer (an application note of
//! the OCA).

use serde_json::{Value, json};

use super::asked::{list, status, word};
use super::certificates::{is_of_vehicles, listed};
use super::state::State;

pub(super) const VENDOR: &str = "org.openchargealliance.iso15118pnc";
const SIGNED: &str = "V2GCertificate";

impl State {
    pub(super) fn plug_and_charge(&mut self, asked: &Value) -> Value {
        if !self.keys.is("ISO15118PnCEnabled") {
            return status("UnknownVendorId");
        }
        let Ok(data @ Value::Object(_)) = serde_json::from_str::<Value>(word(asked, "data")) else {
            return status("Rejected");
        };
        let answer = match word(asked, "messageId") {
            "CertificateSigned" => self.take_signed(&data, SIGNED),
            "DeleteCertificate" => self.delete(&data, is_of_vehicles),
            "GetInstalledCertificateIds" => self.list_of_vehicles(&data),
            "InstallCertificate" => match word(&data, "certificateType") {
                kind @ ("V2GRootCertificate" | "MORootCertificate") => self.take_root(kind, word(&data, "certificate")),
                _ => status("Rejected"),
            },
            "TriggerMessage" => {
                self.say_sign(Some(SIGNED));
                status("Accepted")
            }
            _ => return status("UnknownMessageId"),
        };
        json!({"status": "Accepted", "data": answer.to_string()})
    }

    fn list_of_vehicles(&self, asked: &Value) -> Value {
        let kinds = list(asked, "certificateType");
        let is_asked = |kind: &str| is_of_vehicles(kind) && (kinds.is_empty() || kinds.iter().any(|one| one == kind));
        listed(self.certificates.installed.iter().filter(|one| is_asked(&one.kind)).collect())
    }

    pub(super) fn say_carried(&mut self, action: &str, payload: &Value) {
        let transfer = json!({"vendorId": VENDOR, "messageId": action, "data": payload.to_string()});
        self.say("DataTransfer", transfer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    const ROOT: &str = include_str!("certificates/root.pem");

    fn transfer(action: &str, data: &Value) -> Value {
        json!({"vendorId": VENDOR, "messageId": action, "data": data.to_string()})
    }

    /// What is said in the DataTransfer's answer.
    fn answer(play: &mut Play, action: &str, data: &Value) -> Value {
        let answer = play.ask("DataTransfer", transfer(action, data));
        assert_eq!(answer["status"], "Accepted", "{answer}");
        serde_json::from_str(answer["data"].as_str().expect("a text")).expect("JSON")
    }

    #[test]
    fn vehicles_certificates_are_apart_from_those_of_the_connection() {
        let mut play = Play::new(Version::Ocpp16);
        let own = json!({"certificateType": "CentralSystemRootCertificate", "certificate": ROOT});
        play.check("InstallCertificate", own, json!({"status": "Accepted"}));
        let root = json!({"certificateType": "V2GRootCertificate", "certificate": ROOT});
        assert_eq!(answer(&mut play, "InstallCertificate", &root)["status"], "Accepted");
        let listed = answer(&mut play, "GetInstalledCertificateIds", &json!({}));
        let chain = &listed["certificateHashDataChain"];
        assert_eq!(
            (chain.as_array().map(Vec::len), &chain[0]["certificateType"]),
            (Some(1), &json!("V2GRootCertificate"))
        );
        let hash = json!({"certificateHashData": chain[0]["certificateHashData"]});
        for word in ["Accepted", "NotFound"] {
            assert_eq!(answer(&mut play, "DeleteCertificate", &hash)["status"], word);
        }
        play.check("DeleteCertificate", hash, json!({"status": "Accepted"}));
    }

    #[test]
    fn a_certificate_is_asked_for_and_taken_and_who_is_switched_off_knows_nothing() {
        let mut play = Play::new(Version::Ocpp16);
        let signed = json!({"certificateChain": ROOT});
        assert_eq!(answer(&mut play, "CertificateSigned", &signed)["status"], "Rejected", "nobody has asked for it");
        play.said();
        assert_eq!(answer(&mut play, "TriggerMessage", &json!({}))["status"], "Accepted");
        let said = play.follows(&[("DataTransfer", json!({"vendorId": VENDOR, "messageId": "SignCertificate"}))]);
        assert!(said[0].1["data"].as_str().is_some_and(|data| data.contains("V2GCertificate")));
        for word in ["Accepted", "Rejected"] {
            assert_eq!(answer(&mut play, "CertificateSigned", &signed)["status"], word);
        }
        play.check("DataTransfer", transfer("Sing", &json!({})), json!({"status": "UnknownMessageId"}));
        play.state.keys.put("ISO15118PnCEnabled", "false");
        play.check("DataTransfer", transfer("TriggerMessage", &json!({})), json!({"status": "UnknownVendorId"}));
    }
}
