//! ISO 15118 Plug & Charge over OCPP 1.6 (an application note of the OCA): messages of 2.0.1 about vehicles' certificates, each a JSON
//! text in a DataTransfer. A request that 1.6 has no words for goes this way, and its answer is read as 2.0.1's.

use amprule_domain::command::{Command, CommandAnswer, Trigger};
use amprule_domain::data_transfer::PLUG_AND_CHARGE;
use amprule_domain::event::{SecurityEvent, StationEvent};
use amprule_domain::security::{OF_VEHICLES, STATION, VEHICLES};
use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::encode::{Object, Times};
use crate::request;
use crate::shapes::{self, CommandFault, Part, Side};
use crate::version::Version;

pub(crate) const DATA_TRANSFER: &str = "DataTransfer";

const CERTIFICATE_SIGNED: &str = "CertificateSigned";
const DELETE: &str = "DeleteCertificate";
const INSTALL: &str = "InstallCertificate";
const LIST: &str = "GetInstalledCertificateIds";
const TRIGGER: &str = "TriggerMessage";

/// The one message that is asked for this way.
const SIGN: &str = "SignV2GCertificate";

const ACTIONS: [&str; 5] = [CERTIFICATE_SIGNED, DELETE, INSTALL, LIST, TRIGGER];

/// Roots that 1.6 itself knows (Improved security for OCPP 1.6-J, CertificateUseEnumType).
const OWN_ROOTS: [&str; 2] = ["CentralSystemRootCertificate", "ManufacturerRootCertificate"];
const ROOTS: [&str; 2] = ["V2GRootCertificate", "MORootCertificate"];
const LISTED: [&str; 3] = ["V2GRootCertificate", "MORootCertificate", "V2GCertificateChain"];

/// Characters of a station's own words that are told.
const WORDS_MAX: usize = 255;

/// A request of ours as 2.0.1 has it, but that DeleteCertificate may name the kind of certificate besides.
#[derive(Debug)]
pub(crate) struct Carried {
    action: &'static str,
    payload: String,
}

impl Carried {
    /// `None`: 1.6 has words of its own for it, or none at all.
    pub(crate) fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Trigger { message: Trigger::SignV2gCertificate, .. } => {
                let payload = json!({ "requestedMessage": SIGN }).to_string();
                Some(Self { action: TRIGGER, payload })
            }
            Command::CertificateSigned { chain, usage: Some(usage), .. } if usage == VEHICLES => {
                let payload = json!({ "certificateChain": chain, "certificateType": usage }).to_string();
                Some(Self { action: CERTIFICATE_SIGNED, payload })
            }
            Command::Request { action, payload } => {
                let action = ACTIONS.into_iter().find(|known| known == action)?;
                let asked: Value = serde_json::from_str(payload).ok()?;
                is_of_vehicles(action, &asked).then(|| Self { action, payload: payload.clone() })
            }
            _ => None,
        }
    }

    /// Against the shape that 2.0.1 has for it.
    ///
    /// # Errors
    /// The first fault, with its place in the payload.
    pub(crate) fn check(&self) -> Result<(), CommandFault> {
        let mut asked: Value = serde_json::from_str(&self.payload).unwrap_or_default();
        check_kinds(self.action, &asked["certificateType"])?;
        if self.action == DELETE {
            remove(&mut asked, "certificateType");
        }
        shapes::check(Version::V201, self.action, &asked.to_string()).map(|_| ())
    }

    /// The payload of the DataTransfer.
    pub(crate) fn wrapped(&self, times: Times) -> String {
        let transfer = Object::new(times).text("vendorId", PLUG_AND_CHARGE).text("messageId", self.action);
        transfer.text("data", &self.data()).finish()
    }

    /// Simpler than in 2.0.1: it is about one kind of certificate, which need not be named.
    fn data(&self) -> String {
        match self.action {
            TRIGGER => "{}".to_owned(),
            CERTIFICATE_SIGNED | DELETE => {
                let mut asked: Value = serde_json::from_str(&self.payload).unwrap_or_default();
                remove(&mut asked, "certificateType");
                asked.to_string()
            }
            _ => self.payload.clone(),
        }
    }
}

/// By the kind of certificate that is meant.
fn is_of_vehicles(action: &str, asked: &Value) -> bool {
    let kind = &asked["certificateType"];
    match action {
        TRIGGER => asked["requestedMessage"] == SIGN,
        CERTIFICATE_SIGNED => !kind.is_null() && kind != STATION,
        // 1.6 lists one kind at a time.
        LIST => !kind.as_str().is_some_and(|kind| OWN_ROOTS.contains(&kind)),
        _ => kind.as_str().is_some_and(|kind| !OWN_ROOTS.contains(&kind)),
    }
}

fn check_kinds(action: &str, kind: &Value) -> Result<(), CommandFault> {
    let own = OWN_ROOTS.join(" and ");
    let (known, besides): (&[&str], _) = match action {
        INSTALL => (&ROOTS, format!("; {own} are those of the connection")),
        LIST => (&LISTED, format!("; {own} are listed one kind at a time, which is a text then")),
        DELETE => (&OF_VEHICLES, String::new()),
        CERTIFICATE_SIGNED => (&[VEHICLES], "; for the connection it is left out".to_owned()),
        _ => return Ok(()),
    };
    let is_strange = |kind: &Value| kind.as_str().is_some_and(|kind| !known.contains(&kind));
    let fault = |path: String| {
        let message = format!("in ocpp1.6 must be one of {}, for vehicles{besides}", known.join(", "));
        Err(CommandFault::Invalid { path, message })
    };
    match kind {
        Value::Array(kinds) => {
            kinds.iter().position(is_strange).map_or(Ok(()), |at| fault(format!("/certificateType/{at}")))
        }
        kind if is_strange(kind) => fault("/certificateType".to_owned()),
        _ => Ok(()),
    }
}

fn remove(object: &mut Value, member: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(member);
    }
}

/// A DataTransfer of ours that carries one of them: what was asked, in 2.0.1.
struct Asked {
    action: &'static str,
    payload: Value,
}

impl Asked {
    /// `None`: it is about something else.
    fn read(transfer: &Value) -> Option<Self> {
        let is_ours = transfer["vendorId"].as_str().is_some_and(|vendor| vendor.eq_ignore_ascii_case(PLUG_AND_CHARGE));
        let action = ACTIONS.into_iter().find(|action| is_ours && transfer["messageId"] == *action)?;
        Some(Self { action, payload: carried(&transfer["data"]).unwrap_or_else(|| json!({})) })
    }

    /// The station's answer to the action.
    ///
    /// # Errors
    /// It gives none: its word for the DataTransfer, and what that means.
    fn answer(&self, answered: &Value) -> Result<Value, (String, Option<String>)> {
        let word = answered["status"].as_str().unwrap_or_default().trim();
        let (said, action) = (carried(&answered["data"]), self.action);
        let means = |why: String| Err((word.to_owned(), Some(why)));
        match (word.to_ascii_lowercase().as_str(), said) {
            ("accepted", Some(said)) => Ok(said),
            // Its message is all that there is to say.
            ("accepted", None) if action == TRIGGER => Ok(json!({ "status": word })),
            ("accepted", None) => {
                let why = "the station took the message and does not say what came of it: the `data` of its answer is no JSON object";
                Err(("FormatViolation".to_owned(), Some(why.to_owned())))
            }
            ("unknownvendorid", _) => means(format!(
                "the station knows no Plug & Charge over OCPP 1.6 (DataTransfer, {PLUG_AND_CHARGE}), or it is switched off: its key \
                 ISO15118PnCEnabled says which, with some ISO15118CertificateManagementEnabled"
            )),
            ("unknownmessageid", _) => {
                means(format!("the station knows no {action} in a DataTransfer of {PLUG_AND_CHARGE}"))
            }
            (_, Some(said)) if !request::says(&said, "Accepted") => Ok(said),
            _ => {
                let words: String = answered["data"].as_str().unwrap_or_default().chars().take(WORDS_MAX).collect();
                Err((word.to_owned(), Some(words).filter(|words| !words.is_empty())))
            }
        }
    }
}

/// Text that is an object, as it is to be; some leave it an object, and some write the text as a text once more.
pub(crate) fn carried(data: &Value) -> Option<Value> {
    let mut data = data.clone();
    for _ in 0..2 {
        let Value::String(text) = &data else { break };
        data = serde_json::from_str(text).ok()?;
    }
    data.is_object().then_some(data)
}

/// A station's answer to a DataTransfer that carries an action, as the answer to the action. `None`: it carries none.
pub(crate) fn answer(asked: &str, answered: &str) -> Option<CommandAnswer> {
    let asked = Asked::read(&serde_json::from_str(asked).ok()?)?;
    let outer = Dialect::V16.check(Side::Server, Part::Response, DATA_TRANSFER, answered).err();
    let answered: Value = serde_json::from_str(answered).unwrap_or_default();
    let answer = match asked.answer(&answered) {
        Ok(said) => {
            let answer = Dialect::V201.answer(asked.action, "", Ok(&said.to_string()));
            CommandAnswer { odd: answer.odd.map(|odd| format!("/data{odd}")), ..answer }
        }
        Err((word, why)) => request::refused(&word, why),
    };
    Some(CommandAnswer { odd: outer.map(|fault| fault.to_string()).or(answer.odd), ..answer })
}

/// What it means.
pub(crate) fn outcome(asked: &Value, answered: &Value) -> Option<StationEvent> {
    let asked = Asked::read(asked)?;
    let answer = asked.answer(answered).ok()?;
    let event = Dialect::V201.outcome(asked.action, &asked.payload.to_string(), &answer.to_string())?;
    Some(match event {
        // All of vehicles' side, and what the station tells besides.
        StationEvent::Security(SecurityEvent::Certificates { kinds, certificates }) if kinds.is_empty() => {
            let told = certificates.iter().map(|certificate| certificate.kind.clone());
            let kinds = OF_VEHICLES.into_iter().map(str::to_owned).chain(told).collect();
            StationEvent::Security(SecurityEvent::Certificates { kinds, certificates })
        }
        event => event,
    })
}
