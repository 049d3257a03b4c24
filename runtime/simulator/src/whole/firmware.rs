//! Firmware updates, signed and unsigned (2.0.1 L01, L02; 1.6 4.5, whitepaper L01).

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Fault, Reply, integer, moment, refused, status, text, time, word};
use super::certificates::is_certificate;
use super::clock::{is_to_come, wait_for};
use super::errands::Errand;
use super::state::State;
use super::transfer::Download;
use super::{Whole, transfer};

/// An update that is under way, or the last one.
#[derive(Debug, Clone)]
pub(super) struct Update {
    /// Ours; the server's number may come again.
    number: u64,
    request: Option<i64>,
    location: String,
    fetch_at: Option<Timestamp>,
    install_at: Option<Timestamp>,
    retries: i64,
    retry_s: Option<i64>,
    signature: Option<String>,
    /// The message that tells of it, and whether it has the words of the plain one of 1.6.
    action: &'static str,
    is_plain: bool,
    pub(super) status: &'static str,
}

impl Update {
    /// Nothing may interrupt it any more.
    pub(super) fn is_installing(&self) -> bool {
        matches!(self.status, "Installing" | "InstallRebooting" | "SignatureVerified")
    }

    fn is_over(&self) -> bool {
        let failed = self.status.ends_with("Failed") || self.status == "InvalidSignature";
        failed || self.status == "Installed"
    }

    fn said(&self, status: &str) -> Value {
        match self.request {
            Some(request) if !self.is_plain => json!({"status": status, "requestId": request}),
            _ => json!({"status": status}),
        }
    }
}

impl State {
    pub(super) fn update_firmware(&mut self, action: &str, asked: &Value) -> Reply {
        let is_plain = self.version.is_v16() && action == "UpdateFirmware";
        if is_plain && self.habits.signed_only {
            return Err(Fault::NotSupported("only signed firmware is taken".to_owned()));
        }
        let answer = self.try_update(asked, is_plain);
        // The plain one of 1.6 says nothing.
        Ok(if is_plain { json!({}) } else { answer })
    }

    fn try_update(&mut self, asked: &Value, is_plain: bool) -> Value {
        let firmware = if is_plain { asked } else { &asked["firmware"] };
        let certificate = text(firmware, "signingCertificate");
        if certificate.is_some_and(|pem| !is_certificate(pem)) {
            let event = json!({"type": "InvalidFirmwareSigningCertificate", "timestamp": time(self.now)});
            self.say("SecurityEventNotification", event);
            return refused(self.version, "InvalidCertificate", "InvalidCertificate");
        }
        if !transfer::is_address(word(firmware, "location")) {
            return refused(self.version, "Rejected", "InvalidURL");
        }
        let before = self.update.as_ref().filter(|update| !update.is_over());
        if before.is_some_and(Update::is_installing) {
            return refused(self.version, "Rejected", "FwUpdateInProgress");
        }
        let cancels = before.is_some();
        let number = self.update.as_ref().map_or(0, |update| update.number) + 1;
        self.update = Some(Update {
            number,
            request: integer(asked, "requestId"),
            location: word(firmware, "location").to_owned(),
            fetch_at: moment(firmware, if is_plain { "retrieveDate" } else { "retrieveDateTime" }),
            install_at: moment(firmware, "installDateTime"),
            retries: integer(asked, "retries").unwrap_or_default(),
            retry_s: integer(asked, "retryInterval"),
            signature: text(firmware, "signature").map(str::to_owned),
            action: if self.version.is_v16() && !is_plain {
                "SignedFirmwareStatusNotification"
            } else {
                "FirmwareStatusNotification"
            },
            is_plain,
            status: "Accepted",
        });
        self.errands.push_back(Errand::Update(number));
        status(if cancels { "AcceptedCanceled" } else { "Accepted" })
    }

    /// False when another update has taken the place of this one.
    fn firmware_is(&mut self, number: u64, status: &'static str) -> bool {
        let Some(update) = self.update.as_mut().filter(|update| update.number == number) else { return false };
        let is_unknown = update.is_plain
            && !matches!(
                status,
                "Downloading" | "Downloaded" | "DownloadFailed" | "Installing" | "InstallationFailed" | "Installed"
            );
        update.status = status;
        if !is_unknown {
            let (action, said) = (update.action, update.said(status));
            self.say(action, said);
        }
        true
    }

    fn next_download_breaks(&mut self) -> bool {
        self.downloads += 1;
        self.downloads <= self.habits.breaks_off
    }

    /// What a trigger asks for: what is known, or that there is nothing.
    pub(super) fn say_firmware(&mut self) {
        let (action, said) = match &self.update {
            Some(update) if !update.is_over() && update.status != "Accepted" => {
                (update.action, update.said(update.status))
            }
            Some(update) => (update.action, json!({"status": "Idle"})),
            None => ("FirmwareStatusNotification", json!({"status": "Idle"})),
        };
        self.say(action, said);
    }

    /// The station has booted with what was installed.
    pub(super) fn firmware_runs(&mut self) {
        let installing = self.update.as_ref().filter(|update| update.status == "InstallRebooting");
        let Some((number, is_plain)) = installing.map(|update| (update.number, update.is_plain)) else { return };
        self.firmware_is(number, "Installed");
        if !is_plain {
            self.say("SecurityEventNotification", json!({"type": "FirmwareUpdated", "timestamp": time(self.now)}));
        }
    }

    /// The new firmware is there, and the station boots with it.
    fn install_firmware(&mut self, number: u64) {
        if self.firmware_is(number, "InstallRebooting") {
            let version = format!("1.{number}");
            self.model.put("ChargingStation", "FirmwareVersion", version);
            self.reboot("FirmwareUpdate");
        }
    }
}

impl Whole {
    /// Fetches, checks, waits and installs, and tells each step.
    pub(super) async fn fetch_firmware(self: Arc<Self>, number: u64) {
        let Some(update) = self.seen().update.clone().filter(|update| update.number == number) else { return };
        let tell = |status| self.change(|state| state.firmware_is(number, status));
        if let Some(at) = update.fetch_at.filter(|at| is_to_come(*at)) {
            if !tell("DownloadScheduled") {
                return;
            }
            wait_for(at).await;
        }
        if !tell("Downloading") {
            return;
        }
        let (mut is_there, mut download) = (false, Download::default());
        for attempt in 0..=update.retries.max(0) {
            if attempt > 0 {
                self.pause_before_retry(update.retry_s).await;
            }
            let breaks = self.change(State::next_download_breaks);
            is_there = transfer::get(&update.location, &mut download, breaks).await.is_ok();
            if is_there {
                break;
            }
        }
        if is_there {
            self.change(|state| state.fetched = Some(download));
        }
        self.pause().await;
        if !tell(if is_there { "Downloaded" } else { "DownloadFailed" }) || !is_there {
            return;
        }
        self.pause().await;
        if self.verify(number, &update) {
            self.install(number, &update).await;
        }
    }

    fn verify(&self, number: u64, update: &Update) -> bool {
        let Some(signature) = &update.signature else { return true };
        let is_valid = is_signature(signature);
        self.change(|state| {
            let goes_on = state.firmware_is(number, if is_valid { "SignatureVerified" } else { "InvalidSignature" });
            if goes_on && !is_valid {
                let event = json!({"type": "InvalidFirmwareSignature", "timestamp": time(state.now)});
                state.say("SecurityEventNotification", event);
            }
            goes_on && is_valid
        })
    }

    async fn install(&self, number: u64, update: &Update) {
        let is_busy = || !self.seen().transactions.is_empty();
        if update.install_at.is_some_and(is_to_come) || is_busy() {
            if !self.change(|state| state.firmware_is(number, "InstallScheduled")) {
                return;
            }
            if let Some(at) = update.install_at {
                wait_for(at).await;
            }
            // L01.FR.06: transactions end first.
            while is_busy() {
                self.pause().await;
            }
        }
        self.pause().await;
        if self.change(|state| state.firmware_is(number, "Installing")) {
            self.pause().await;
            self.change(|state| state.install_firmware(number));
        }
    }
}

/// It cannot be checked without the file and its key: whatever is Base64 counts, but for the word `invalid`.
fn is_signature(signature: &str) -> bool {
    use base64::Engine as _;
    let is_base64 =
        base64::engine::general_purpose::STANDARD.decode(signature.trim()).is_ok_and(|bytes| !bytes.is_empty());
    is_base64 && !signature.eq_ignore_ascii_case("invalid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn update(request: i64, location: &str) -> Value {
        let firmware = json!({"location": location, "retrieveDateTime": "2026-01-01T00:00:00Z"});
        json!({"requestId": request, "firmware": firmware})
    }

    #[test]
    fn one_update_is_under_way_at_a_time() {
        let mut play = Play::new(Version::Ocpp201);
        let signed = |certificate: &str| {
            let mut asked = update(1, "https://h/f");
            asked["firmware"]["signingCertificate"] = json!(certificate);
            asked
        };
        let rows = [
            (update(1, "nowhere"), "Rejected"),
            (signed("no certificate"), "InvalidCertificate"),
            (update(1, "https://h/f"), "Accepted"),
            (update(2, "https://h/f"), "AcceptedCanceled"),
        ];
        for (asked, status) in rows {
            play.check("UpdateFirmware", asked, json!({"status": status}));
        }
        play.state.firmware_is(2, "Installing");
        play.check("UpdateFirmware", update(3, "https://h/f"), json!({"status": "Rejected"}));
        assert!(!play.state.firmware_is(1, "Downloaded"), "the first one was replaced");
    }

    #[test]
    fn each_version_has_its_message_and_its_words() {
        let signed = json!({"requestId": 7, "firmware": {"location": "https://h/f", "retrieveDateTime": "2026-01-01T00:00:00Z"}});
        let plain = json!({"location": "https://h/f", "retrieveDate": "2026-01-01T00:00:00Z"});
        let rows = [
            (Version::Ocpp16, "UpdateFirmware", plain, "FirmwareStatusNotification", false),
            (Version::Ocpp16, "SignedUpdateFirmware", signed.clone(), "SignedFirmwareStatusNotification", true),
            (Version::Ocpp21, "UpdateFirmware", signed, "FirmwareStatusNotification", true),
        ];
        for (version, action, asked, says, is_rich) in rows {
            let mut play = Play::new(version);
            play.ask(action, asked);
            play.state.firmware_is(1, "Downloading");
            play.state.firmware_is(1, "InstallScheduled");
            let said = play.said();
            assert_eq!((said[0].0, said.len()), (says, if is_rich { 2 } else { 1 }));
            assert_eq!(said[0].1.get("requestId").is_some(), is_rich);
        }
    }

    #[test]
    fn what_is_installed_boots_before_it_is_reported() {
        let mut play = Play::new(Version::Ocpp201);
        play.ask("UpdateFirmware", update(7, "https://h/f"));
        play.state.firmware_is(1, "Installing");
        play.state.install_firmware(1);
        let boot =
            ("BootNotification", json!({"reason": "FirmwareUpdate", "chargingStation": {"firmwareVersion": "1.1"}}));
        let step = |status: &str| ("FirmwareStatusNotification", json!({"status": status, "requestId": 7}));
        let said = play.follows(&[step("Installing"), step("InstallRebooting"), ("(reopens)", json!({})), boot]);
        play.hear("BootNotification", &said[3].1, json!({"status": "Accepted", "interval": 60}));
        assert!(play.said().contains(&("FirmwareStatusNotification", json!({"status": "Installed", "requestId": 7}))));
    }
}
