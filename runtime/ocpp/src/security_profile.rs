//! A move to another security profile in each version's requests: 2.x writes a slot and puts it first (A05, B09), 1.6 has one key
//! (Improved security for OCPP 1.6-J, SecurityProfile).

use amprule_domain::command::{Command, ProfileChange, Setting, Step, Wanted};
use amprule_domain::variable::Place;

use crate::encode::{Object, Times};
use crate::version::Version;

/// Of a connection: how long the station waits for an answer, s.
const TIMEOUT_S: u32 = 30;
const INTERFACE: &str = "Wired0";

/// What says this step. `None`: the version has no such step, or not with these values.
pub(crate) fn said(version: Version, change: &ProfileChange) -> Option<Command> {
    match version {
        Version::V16 => in_keys(change),
        Version::V201 | Version::V21 => in_slots(version, change),
    }
}

fn in_keys(change: &ProfileChange) -> Option<Command> {
    let ProfileChange { profile, url: None, slot: None, interface: None, lowers: false, step, .. } = change else {
        return None;
    };
    let key = || Place { variable: "SecurityProfile".to_owned(), ..Place::default() };
    match step {
        Step::Look => Some(Command::GetVariables { variables: vec![actual(key())] }),
        Step::Roots => Some(request(
            "GetInstalledCertificateIds",
            object().text("certificateType", "CentralSystemRootCertificate"),
        )),
        Step::Profile => Some(Command::SetVariables { settings: vec![set(key(), profile.to_string())] }),
        Step::Restart => Some(Command::Reset { evse: None, is_immediate: false }),
        Step::Priority | Step::Return => None,
    }
}

fn in_slots(version: Version, change: &ProfileChange) -> Option<Command> {
    let url = change.url.as_deref()?;
    let priority = || Place::of("OCPPCommCtrlr", "NetworkConfigurationPriority");
    match change.step {
        Step::Look => {
            let lowers = change.lowers.then(|| Place::of("SecurityCtrlr", "AllowSecurityProfileDowngrade"));
            let variables = [priority()].into_iter().chain(lowers).map(actual).collect();
            Some(Command::GetVariables { variables })
        }
        Step::Roots => {
            Some(request("GetInstalledCertificateIds", object().raw("certificateType", r#"["CSMSRootCertificate"]"#)))
        }
        Step::Profile => {
            let data = object()
                .text("ocppVersion", if version == Version::V21 { "OCPP21" } else { "OCPP20" })
                .text("ocppTransport", "JSON")
                .text("ocppCsmsUrl", url)
                .raw("messageTimeout", TIMEOUT_S)
                .raw("securityProfile", change.profile)
                .text("ocppInterface", change.interface.as_deref().unwrap_or(INTERFACE));
            let asked = object().raw("configurationSlot", change.slot?).raw("connectionData", data.finish());
            Some(request("SetNetworkProfile", asked))
        }
        Step::Priority => Some(Command::SetVariables { settings: vec![set(priority(), change.priority()?)] }),
        Step::Restart => Some(Command::Reset { evse: None, is_immediate: false }),
        Step::Return => None,
    }
}

fn actual(place: Place) -> Wanted {
    Wanted { place, attribute: None }
}

fn set(place: Place, value: String) -> Setting {
    Setting { of: actual(place), value }
}

/// No times stand in these.
fn object() -> Object {
    Object::new(Times::default())
}

fn request(action: &str, payload: Object) -> Command {
    Command::Request { action: action.to_owned(), payload: payload.finish() }
}
