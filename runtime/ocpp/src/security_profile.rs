//! A move to another security profile, or to another system, in each version's requests: 2.x writes a slot and puts it first (A05, B09,
//! B10), 1.6 has one key for the profile (Improved security for OCPP 1.6-J, SecurityProfile) and no way elsewhere.

use amprule_domain::command::{Command, ProfileChange, Setting, Step, Wanted};
use amprule_domain::variable::Place;

use crate::encode::{Object, Times};
use crate::version::Version;

/// Of a connection: how long the station waits for an answer, s.
const TIMEOUT_S: u32 = 30;
const INTERFACE: &str = "Wired0";
/// Where there is an access point to go through.
const MOBILE: &str = "Wireless0";
/// Whatever it has (2.1).
const ANY: &str = "Any";

/// What says this step. `None`: the version has no such step, or not with these values.
pub(crate) fn said(version: Version, change: &ProfileChange) -> Option<Command> {
    match version {
        Version::V16 => in_keys(change),
        Version::V201 | Version::V21 => in_slots(version, change),
    }
}

fn in_keys(change: &ProfileChange) -> Option<Command> {
    let ProfileChange {
        profile, url: None, slot: None, interface: None, lowers: false, gone_after_s: None, step, ..
    } = change
    else {
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
        Step::Queue | Step::Priority | Step::Return | Step::Active => None,
    }
}

fn in_slots(version: Version, change: &ProfileChange) -> Option<Command> {
    let url = change.url.as_deref()?;
    let priority = || Place::of("OCPPCommCtrlr", "NetworkConfigurationPriority");
    let active = || Place::of("OCPPCommCtrlr", "ActiveNetworkProfile");
    match change.step {
        Step::Look => {
            let lowers = change.lowers.then(|| Place::of("SecurityCtrlr", "AllowSecurityProfileDowngrade"));
            let active = change.leaves().then(active);
            let variables = [priority()].into_iter().chain(active).chain(lowers).map(actual).collect();
            Some(Command::GetVariables { variables })
        }
        Step::Queue => Some(request("GetTransactionStatus", object())),
        Step::Active => Some(Command::GetVariables { variables: vec![actual(active())] }),
        Step::Roots => {
            Some(request("GetInstalledCertificateIds", object().raw("certificateType", r#"["CSMSRootCertificate"]"#)))
        }
        Step::Profile => {
            // What is spoken elsewhere is agreed upon there (2.1).
            let spoken = match version {
                Version::V21 if change.leaves() => None,
                Version::V21 => Some("OCPP21"),
                _ => Some("OCPP20"),
            };
            let data = object()
                .maybe(spoken, |data, spoken| data.text("ocppVersion", spoken))
                .text("ocppTransport", "JSON")
                .text("ocppCsmsUrl", url)
                .raw("messageTimeout", TIMEOUT_S)
                .raw("securityProfile", change.profile)
                .text("ocppInterface", change.interface.as_deref().unwrap_or_else(|| interface(version, change)))
                .maybe(change.identity.as_deref(), |data, identity| data.text("identity", identity))
                .maybe(change.password.as_deref(), |data, password| data.text("basicAuthPassword", password))
                .maybe(change.apn.as_ref(), |data, apn| data.raw("apn", apn))
                .maybe(change.vpn.as_ref(), |data, vpn| data.raw("vpn", vpn));
            let asked = object().raw("configurationSlot", change.slot?).raw("connectionData", data.finish());
            Some(request("SetNetworkProfile", asked))
        }
        Step::Priority => Some(Command::SetVariables { settings: vec![set(priority(), change.priority()?)] }),
        Step::Restart => Some(Command::Reset { evse: None, is_immediate: false }),
        Step::Return => None,
    }
}

/// Where none is named.
const fn interface(version: Version, change: &ProfileChange) -> &'static str {
    match version {
        _ if change.apn.is_some() => MOBILE,
        Version::V21 if change.leaves() => ANY,
        _ => INTERFACE,
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
