//! Certificates of the station and of those it trusts (2.0.1 A02, M03 to M05; 1.6 whitepaper).

use serde_json::{Value, json};

use super::asked::{Reply, integer, list, refused, status, text, time, word};
use super::der_reader::{Parts, chain};
use super::digest::sha256;
use super::state::State;

/// A request for a certificate, as a station makes one. Nobody holds the key any more.
const REQUEST: &str = include_str!("certificates/request.pem");

/// What the station asks a certificate for, and what it then becomes.
const USES: [(&str, &str); 4] = [
    ("ChargingStationCertificate", "ChargingStationCertificate"),
    ("V2GCertificate", "V2GCertificateChain"),
    ("V2G20Certificate", "V2GCertificateChain"),
    ("", "ChargePointCertificate"),
];

#[derive(Debug, Default)]
pub(super) struct Certificates {
    pub(super) installed: Vec<Installed>,
    /// Uses that a certificate was asked for, and under which number (2.1).
    pending: Vec<(String, i64)>,
    asked: i64,
}

#[derive(Debug)]
pub(super) struct Installed {
    /// As it was installed; those of the station itself have a name of their own.
    pub(super) kind: String,
    pub(super) pem: String,
    /// The certificate first, then those that signed it.
    hashes: Vec<Value>,
}

impl Certificates {
    pub(super) fn has(&self, kind: &str) -> bool {
        self.installed.iter().any(|one| one.kind == kind)
    }
}

impl State {
    pub(super) fn install_certificate(&mut self, asked: &Value) -> Reply {
        let (kind, pem) = (word(asked, "certificateType"), word(asked, "certificate"));
        let is_v16 = self.version.is_v16();
        let is_kind = match kind {
            "CentralSystemRootCertificate" => is_v16,
            "V2GRootCertificate" | "MORootCertificate" | "CSMSRootCertificate" => !is_v16,
            "OEMRootCertificate" => self.version.is_v21(),
            "ManufacturerRootCertificate" => true,
            _ => false,
        };
        Ok(match is_kind {
            true => self.take_root(kind, pem),
            false => refused(self.version, "Rejected", "UnsupportedParam"),
        })
    }

    pub(super) fn take_root(&mut self, kind: &str, pem: &str) -> Value {
        let Some(parts) = chain(pem).filter(|parts| parts.len() == 1) else {
            return refused(self.version, "Rejected", "InvalidCertificate");
        };
        let most = if self.version.is_v16() {
            self.keys.most("CertificateStoreMaxLength")
        } else {
            self.model.most("SecurityCtrlr", "CertificateEntries")
        };
        let hashes = hashes(&parts);
        self.certificates.installed.retain(|one| one.kind != kind || one.hashes != hashes);
        if self.certificates.installed.len() >= most {
            return refused(self.version, "Failed", "OutOfStorage");
        }
        self.keep(kind, pem, hashes);
        status("Accepted")
    }

    fn keep(&mut self, kind: &str, pem: &str, hashes: Vec<Value>) {
        self.certificates.installed.push(Installed { kind: kind.to_owned(), pem: pem.to_owned(), hashes });
        self.model.put("SecurityCtrlr", "CertificateEntries", self.certificates.installed.len());
    }

    pub(super) fn get_certificate_ids(&self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        let kinds = list(asked, "certificateType");
        let is_asked = |kind: &str| match text(asked, "certificateType") {
            Some(one) => one == kind,
            None => kinds.is_empty() || kinds.iter().any(|one| one == kind),
        };
        // Its own certificate for the connection is not among them.
        let is_listed = |one: &&Installed| is_asked(&one.kind) && !is_own(&one.kind);
        let found: Vec<&Installed> = self.certificates.installed.iter().filter(is_listed).collect();
        if found.is_empty() {
            return Ok(status("NotFound"));
        }
        if is_v16 {
            let hashes: Vec<&Value> = found.iter().map(|one| &one.hashes[0]).collect();
            return Ok(json!({"status": "Accepted", "certificateHashData": hashes}));
        }
        Ok(listed(found))
    }

    pub(super) fn delete_certificate(&mut self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        Ok(self.delete(asked, |kind| !is_v16 || !is_of_vehicles(kind)))
    }

    /// One of a kind that may be meant.
    pub(super) fn delete(&mut self, asked: &Value, may_be: impl Fn(&str) -> bool) -> Value {
        let wanted = &asked["certificateHashData"];
        let is_it = |hash: &Value| {
            let same = |member: &str| word(hash, member).eq_ignore_ascii_case(word(wanted, member));
            let number = |hash: &Value| word(hash, "serialNumber").trim_start_matches('0').to_lowercase();
            let keys = ["hashAlgorithm", "issuerNameHash", "issuerKeyHash"].into_iter().all(same);
            keys && number(hash) == number(wanted)
        };
        let found = self.certificates.installed.iter().position(|one| may_be(&one.kind) && is_it(&one.hashes[0]));
        let word = match found {
            None => "NotFound",
            // M04.FR.06: what it is connected with stays.
            Some(at) if is_own(&self.certificates.installed[at].kind) => "Failed",
            Some(at) => {
                self.certificates.installed.remove(at);
                self.model.put("SecurityCtrlr", "CertificateEntries", self.certificates.installed.len());
                "Accepted"
            }
        };
        status(word)
    }

    /// Asks the server to sign. `None`: 1.6, and 2.x for both uses at once.
    pub(super) fn say_sign(&mut self, usage: Option<&str>) {
        self.certificates.asked += 1;
        let number = self.certificates.asked;
        let mut payload = json!({"csr": REQUEST.trim()});
        if let Some(usage) = usage {
            payload["certificateType"] = json!(usage);
        }
        if self.version.is_v21() {
            payload["requestId"] = json!(number);
        }
        self.certificates.pending.push((usage.unwrap_or_default().to_owned(), number));
        match usage {
            Some(_) if self.version.is_v16() => self.say_carried("SignCertificate", &payload),
            _ => self.say("SignCertificate", payload),
        }
    }

    pub(super) fn certificate_signed(&mut self, asked: &Value) -> Reply {
        Ok(self.take_signed(asked, text(asked, "certificateType").unwrap_or_default()))
    }

    pub(super) fn take_signed(&mut self, asked: &Value, usage: &str) -> Value {
        let pem = word(asked, "certificateChain");
        let number = integer(asked, "requestId");
        let is_it = |(pending, id): &(String, i64)| {
            let of_use =
                pending == usage || number.is_none() && usage == "ChargingStationCertificate" && pending.is_empty();
            number.map_or(of_use, |number| number == *id)
        };
        // Without a request there is no key that it could belong to.
        let pending = self.certificates.pending.iter().position(is_it);
        let most = if self.version.is_v16() {
            self.keys.most("CertificateSignedMaxChainSize")
        } else {
            self.model.integer("SecurityCtrlr", "MaxCertificateChainSize").unwrap_or(i64::MAX) as usize
        };
        let parts = chain(pem).filter(|_| pem.len() <= most);
        let (Some(at), Some(parts)) = (pending, parts) else {
            let is_v16 = self.version.is_v16();
            let kind = if is_v16 { "InvalidChargePointCertificate" } else { "InvalidChargingStationCertificate" };
            let event = json!({"type": kind, "timestamp": time(self.now)});
            self.say("SecurityEventNotification", event);
            return refused(self.version, "Rejected", "InvalidCertificate");
        };
        self.certificates.pending.remove(at);
        let becomes =
            USES.iter().find(|(name, _)| *name == usage).map_or("ChargingStationCertificate", |(_, kind)| kind);
        let becomes = if usage.is_empty() && !self.version.is_v16() { "ChargingStationCertificate" } else { becomes };
        self.certificates.installed.retain(|one| one.kind != becomes);
        self.keep(becomes, pem, hashes(&parts));
        status("Accepted")
    }
}

/// As 2.0.1 lists them: each with those that it is signed by.
pub(super) fn listed(found: Vec<&Installed>) -> Value {
    if found.is_empty() {
        return status("NotFound");
    }
    let said = |one: &Installed| {
        let mut said = json!({"certificateType": one.kind, "certificateHashData": one.hashes[0]});
        if let children @ [_, ..] = &one.hashes[1..] {
            said["childCertificateHashData"] = json!(children);
        }
        said
    };
    let chains: Vec<Value> = found.into_iter().map(said).collect();
    json!({"status": "Accepted", "certificateHashDataChain": chains})
}

/// What 1.6 has messages for in DataTransfer only.
pub(super) fn is_of_vehicles(kind: &str) -> bool {
    matches!(kind, "V2GRootCertificate" | "MORootCertificate" | "V2GCertificateChain")
}

pub(super) fn is_certificate(pem: &str) -> bool {
    chain(pem).is_some()
}

fn is_own(kind: &str) -> bool {
    matches!(kind, "ChargingStationCertificate" | "ChargePointCertificate")
}

/// The names of a certificate and of its issuers in OCPP. The last one is taken to be signed by itself.
fn hashes(chain: &[Parts]) -> Vec<Value> {
    let name = |(at, one): (usize, &Parts)| {
        let issuer = chain.get(at + 1).filter(|next| next.subject == one.issuer).unwrap_or(one);
        json!({
            "hashAlgorithm": "SHA256", "issuerNameHash": sha256(&one.issuer), "issuerKeyHash": sha256(&issuer.key),
            "serialNumber": one.serial,
        })
    };
    chain.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    const ROOT: &str = include_str!("certificates/root.pem");

    fn hash() -> Value {
        json!({
            "hashAlgorithm": "SHA256",
            "issuerNameHash": "2b3eb1e0eabb47da3c7514088748481f0b8ba3db66208f0c6d6be81ca3e0f23b",
            "issuerKeyHash": "936625c3a99b2d425f6e717a13e082cafc1473d7f64a929b8a0cd480ac2a89c7",
            "serialNumber": "1234",
        })
    }

    #[test]
    fn roots_are_installed_listed_and_deleted_by_their_hash() {
        let rows = [(Version::Ocpp16, "CentralSystemRootCertificate"), (Version::Ocpp21, "CSMSRootCertificate")];
        for (version, kind) in rows {
            let mut play = Play::new(version);
            let install = |kind: &str, pem: &str| json!({"certificateType": kind, "certificate": pem});
            play.check("InstallCertificate", install("TeaRoot", ROOT), json!({"status": "Rejected"}));
            let broken = ROOT.replace("MIIB", "MIIC");
            play.check("InstallCertificate", install(kind, &broken), json!({"status": "Rejected"}));
            for _ in 0..2 {
                play.check("InstallCertificate", install(kind, ROOT), json!({"status": "Accepted"}));
            }
            let (asked, expected) = if version.is_v16() {
                (json!({"certificateType": kind}), json!({"status": "Accepted", "certificateHashData": [hash()]}))
            } else {
                let chain = json!([{"certificateType": kind, "certificateHashData": hash()}]);
                (json!({"certificateType": [kind]}), json!({"status": "Accepted", "certificateHashDataChain": chain}))
            };
            play.check("GetInstalledCertificateIds", asked.clone(), expected);
            for status in ["Accepted", "NotFound"] {
                play.check("DeleteCertificate", json!({"certificateHashData": hash()}), json!({"status": status}));
            }
            play.check("GetInstalledCertificateIds", asked, json!({"status": "NotFound"}));
        }
    }

    #[test]
    fn what_was_not_asked_for_is_not_taken() {
        for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
            let mut play = Play::new(version);
            let signed = json!({"certificateChain": ROOT});
            play.check("CertificateSigned", signed.clone(), json!({"status": "Rejected"}));
            play.follows(&[("SecurityEventNotification", json!({}))]);
            let usage = if version.is_v16() { "SignChargePointCertificate" } else { "SignChargingStationCertificate" };
            let action = if version.is_v16() { "ExtendedTriggerMessage" } else { "TriggerMessage" };
            play.check(action, json!({"requestedMessage": usage}), json!({"status": "Accepted"}));
            let said = play.said();
            assert_eq!((said[0].0, said.len()), ("SignCertificate", 1));
            let mut signed = signed;
            if !version.is_v16() {
                signed["certificateType"] = json!("ChargingStationCertificate");
            }
            play.check("CertificateSigned", signed.clone(), json!({"status": "Accepted"}));
            play.check("CertificateSigned", signed, json!({"status": "Rejected"}));
            play.check("DeleteCertificate", json!({"certificateHashData": hash()}), json!({"status": "Failed"}));
        }
    }
}
