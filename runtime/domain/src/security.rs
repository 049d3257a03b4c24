//! Security (OCPP 2.0.1, blocks A and M): what a station says of its own safety, and which certificates it holds.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::{Command, Exchange, Trigger};
use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;
use crate::proof::{CertificateId, StatusRequest};
use crate::reply::Reply;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SecurityEvent {
    /// SecurityEventNotification.
    Happened { what: String, at: Option<Timestamp>, details: Option<String> },
    /// It wants this request to be signed (SignCertificate), below this root where it names one (2.1, A02.FR.27).
    SigningRequest {
        csr: String,
        usage: Option<String>,
        request: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<Value>,
    },
    /// It was asked which certificates of these kinds it holds (none given: of all), and told them.
    Certificates { kinds: Vec<String>, certificates: Vec<Certificate> },
    /// One of this hash is not there any more.
    Deleted { hash: Value },
    /// It has come with this one.
    Shown(ClientCertificate),
    /// It wants to know whether a certificate is still good (OCSP).
    StatusWanted { certificate: CertificateId },
    /// 2.1: whether these are.
    ChainStatusWanted { certificates: Vec<StatusRequest> },
    /// It wants a contract certificate for a car (ISO 15118).
    ContractWanted { request: Value },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// GetCertificateIdUseEnumType: `CSMSRootCertificate`, `V2GCertificateChain`, …
    pub kind: String,
    /// CertificateHashDataType, as it came.
    pub hash: Value,
    /// Of those that it is signed by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Value>,
}

/// A certificate that a station has shown in its handshake, and its authority has signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCertificate {
    /// The subject's common name.
    pub name: String,
    /// In hexadecimal digits.
    pub serial: String,
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
}

impl ClientCertificate {
    /// As it is kept where the station has shown it.
    fn told(&self) -> Value {
        json!({ "serialNumber": self.serial, "validFrom": self.valid_from, "expiresAt": self.expires_at })
    }

    /// The one that this tells of.
    pub fn is(&self, in_use: &Value) -> bool {
        let told = self.told();
        ["serialNumber", "validFrom", "expiresAt"].iter().all(|member| told[member] == in_use[member])
    }
}

/// The station's own, towards us and towards vehicles, as CertificateSigningUseEnumType has them. What is known of each is one
/// row under its name.
pub const STATION: &str = "ChargingStationCertificate";
pub const VEHICLES: &str = "V2GCertificate";
/// The same by ISO 15118-20 (2.1).
pub const VEHICLES_20: &str = "V2G20Certificate";

/// Certificates of vehicles' side that a station lists: what vehicles believe it by, and it believes them by.
pub const OF_VEHICLES: [&str; 4] =
    ["V2GRootCertificate", "MORootCertificate", "V2GCertificateChain", "OEMRootCertificate"];

/// What a station lists (GetCertificateIdUseEnumType; CertificateUseEnumType of 1.6): its own for the connection is not among
/// them.
const LISTED: [&str; 7] = [
    "CSMSRootCertificate",
    "CentralSystemRootCertificate",
    "ManufacturerRootCertificate",
    "MORootCertificate",
    "OEMRootCertificate",
    "V2GCertificateChain",
    "V2GRootCertificate",
];

/// So long after the last of its kind an event is one of them.
const TOGETHER: SignedDuration = SignedDuration::from_mins(10);

/// Events that the standard holds to be critical (OCPP 2.0.1 and 2.1 part 2 appendix 1; the security whitepaper for 1.6, whose words
/// are others).
const CRITICAL: [&str; 18] = [
    "DiscardedRenewedClientCertificate",
    "FirmwareUpdated",
    "InvalidCentralSystemCertificate",
    "InvalidChargePointCertificate",
    "InvalidChargingStationCertificate",
    "InvalidCsmsCertificate",
    "InvalidFirmwareSignature",
    "InvalidFirmwareSigningCertificate",
    "InvalidTLSCipherSuite",
    "InvalidTLSVersion",
    "MaintenanceLoginAccepted",
    "MaintenanceLoginFailed",
    "MemoryExhaustion",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "TamperDetectionActivated",
];

pub(crate) fn noted(event: &SecurityEvent, now: Timestamp) -> Noted {
    match event {
        SecurityEvent::Happened { what, at, details } => {
            let is_critical = CRITICAL.iter().any(|known| known.eq_ignore_ascii_case(what));
            let said = body(
                json!({ "event": what, "critical": is_critical, "saidAt": at, "details": details, "receivedAt": now }),
            );
            Noted::change(again(what, details.as_deref(), &said, now)).tell("station.security-event", said)
        }
        SecurityEvent::SigningRequest { csr, usage, request, root } => {
            let asked = body(json!({ "csr": csr, "usage": usage, "request": request, "root": root }));
            Noted::default().tell("station.signing-request", asked)
        }
        SecurityEvent::Certificates { kinds, certificates } => {
            let like = match &**kinds {
                [] => Like::default().one_of("kind", LISTED.iter().map(|kind| json!(kind)).collect()),
                kinds => Like::default().one_of("kind", kinds.iter().map(|kind| json!(kind)).collect()),
            };
            let gone = Change::Gone { kind: Kind::Certificate, like };
            let is_one = |certificate: &&Certificate| certificate.hash["serialNumber"].is_string();
            let told = certificates.iter().filter(is_one).map(|certificate| Change::Put {
                kind: Kind::Certificate,
                key: key(&certificate.kind, &certificate.hash),
                body: json!(certificate),
            });
            Noted { changes: [gone].into_iter().chain(told).collect(), tells: Vec::new() }
        }
        SecurityEvent::Deleted { hash } => {
            let like = Like::default().with("hash.serialNumber", hash["serialNumber"].clone());
            let like = like.with("hash.issuerKeyHash", hash["issuerKeyHash"].clone());
            Noted::change(Change::Gone { kind: Kind::Certificate, like })
        }
        SecurityEvent::Shown(shown) => {
            let mut in_use = shown.told();
            in_use["shownAt"] = json!(now);
            let body = json!({ "kind": STATION, "inUse": in_use });
            Noted::change(Change::Merge { kind: Kind::Certificate, key: STATION.to_owned(), body })
                .tell("station.certificate-shown", in_use)
        }
        SecurityEvent::StatusWanted { .. }
        | SecurityEvent::ChainStatusWanted { .. }
        | SecurityEvent::ContractWanted { .. } => Noted::default(),
    }
}

/// The same event with the same words, told again within a while, is one entry that counts: a station whose clock is wrong, or whose
/// network is, tells it with every try.
fn again(what: &str, details: Option<&str>, said: &Value, now: Timestamp) -> Change {
    let same = Like::default().with("event", what).with("details", details.map_or(Value::Null, Value::from));
    Change::Again {
        kind: Kind::SecurityEvent,
        key: format!("{} {what}", now.as_microsecond()),
        body: said.clone(),
        same,
        since: now.checked_sub(TOGETHER).unwrap_or(Timestamp::MIN),
        last: body(json!({ "lastSaidAt": said["saidAt"], "lastReceivedAt": now })),
    }
}

/// A request is taken at once; its certificate follows (A02.FR.05). What others are asked for is answered by the engine.
pub(crate) fn answer(event: &SecurityEvent) -> Reply {
    match event {
        SecurityEvent::SigningRequest { .. } => Reply::word("Accepted"),
        _ => Reply::Empty,
    }
}

/// What becomes of the station's own certificates with a command of ours: one was signed and taken, or another was asked for.
pub(crate) fn exchanged(exchange: &Exchange) -> Option<Change> {
    let (key, body) = match &exchange.command {
        Command::CertificateSigned { usage, signed: Some(signed), .. } if exchange.was_accepted() => {
            let told = json!({
                "serialNumber": signed.serial, "validFrom": signed.valid_from, "expiresAt": signed.expires_at,
                "takenAt": exchange.ended_at,
            });
            let kind = usage.as_deref().unwrap_or(STATION);
            // Where none is named it is for both sides.
            (kind, json!({ "kind": kind, "signed": told, "forBoth": usage.is_none().then_some(true) }))
        }
        Command::Trigger { message, .. } if exchange.tries == 0 && exchange.is_open() => {
            let kind = match message {
                Trigger::SignCertificate | Trigger::SignCombinedCertificate => STATION,
                Trigger::SignV2gCertificate => VEHICLES,
                Trigger::SignV2g20Certificate => VEHICLES_20,
                _ => return None,
            };
            (kind, json!({ "kind": kind, "askedAt": exchange.queued_at }))
        }
        _ => return None,
    };
    Some(Change::Merge { kind: Kind::Certificate, key: key.to_owned(), body })
}

/// The hash of a certificate that is to be deleted, where the request does not name its kind.
pub fn deletes(command: &Command) -> Option<Value> {
    let Command::Request { action, payload } = command else { return None };
    let asked: Value = serde_json::from_str(payload).ok().filter(|_| action == "DeleteCertificate")?;
    (asked["certificateHashData"].is_object() && asked["certificateType"].is_null())
        .then(|| asked["certificateHashData"].clone())
}

/// The request to delete a certificate of this hash and kind.
pub fn deleting(kind: &str, hash: &Value) -> Command {
    let payload = json!({ "certificateHashData": hash, "certificateType": kind }).to_string();
    Command::Request { action: "DeleteCertificate".to_owned(), payload }
}

/// Under which a certificate of this kind is held.
pub fn key(kind: &str, hash: &Value) -> String {
    let text = |member: &str| hash[member].as_str().unwrap_or_default().to_owned();
    format!("{kind} {} {}", text("issuerKeyHash"), text("serialNumber"))
}
