//! PublishFirmware and UnpublishFirmware, as a local controller does them (2.0.1 L03, L04).

use std::sync::Arc;

use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, refused, status, word};
use super::errands::Errand;
use super::state::State;
use super::transfer::Download;
use super::{Whole, transfer};

/// Firmware that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Published {
    request: i64,
    location: String,
    checksum: String,
    retries: i64,
    retry_s: Option<i64>,
    status: &'static str,
}

impl State {
    pub(super) fn publish_firmware(&mut self, asked: &Value) -> Reply {
        let request = integer(asked, "requestId").unwrap_or_default();
        if !transfer::is_address(word(asked, "location")) {
            return Ok(refused(self.version, "Rejected", "InvalidURL"));
        }
        self.published.retain(|one| one.request != request);
        self.published.push(Published {
            request,
            location: word(asked, "location").to_owned(),
            checksum: word(asked, "checksum").to_owned(),
            retries: integer(asked, "retries").unwrap_or_default(),
            retry_s: integer(asked, "retryInterval"),
            status: "Idle",
        });
        self.errands.push_back(Errand::Publish(request));
        Ok(accepted())
    }

    fn publishing_is(&mut self, request: i64, status: &'static str) {
        let Some(one) = self.published.iter_mut().find(|one| one.request == request) else { return };
        one.status = status;
        let mut said = json!({"status": status, "requestId": request});
        if status == "Published" {
            said["location"] = json!([format!("http://{}.local/{}", self.id.to_lowercase(), one.checksum)]);
        }
        self.say("PublishFirmwareStatusNotification", said);
    }

    /// What a trigger asks for.
    pub(super) fn say_publishing(&mut self) {
        match self.published.last().map(|one| (one.request, one.status)) {
            Some((request, status)) if status != "Idle" => self.publishing_is(request, status),
            _ => self.say("PublishFirmwareStatusNotification", json!({"status": "Idle"})),
        }
    }

    pub(super) fn unpublish_firmware(&mut self, asked: &Value) -> Reply {
        let checksum = word(asked, "checksum");
        let found = self.published.iter().position(|one| one.checksum.eq_ignore_ascii_case(checksum));
        let word = match found.map(|at| (at, self.published[at].status)) {
            Some((at, "Published")) => {
                self.published.remove(at);
                "Unpublished"
            }
            Some((_, "Idle" | "Downloading")) => "DownloadOngoing",
            _ => "NoFirmware",
        };
        Ok(status(word))
    }
}

impl Whole {
    pub(super) async fn publish(self: Arc<Self>, request: i64) {
        let found = self.seen().published.iter().find(|one| one.request == request).cloned();
        let Some(one) = found else { return };
        let tell = |status| self.change(|state| state.publishing_is(request, status));
        tell("Downloading");
        let mut is_there = false;
        for attempt in 0..=one.retries.max(0) {
            if attempt > 0 {
                self.pause_before_retry(one.retry_s).await;
            }
            is_there = transfer::get(&one.location, &mut Download::default(), false).await.is_ok();
            if is_there {
                break;
            }
        }
        self.pause().await;
        if !is_there {
            tell("DownloadFailed");
            return;
        }
        tell("Downloaded");
        self.pause().await;
        if !is_checksum(&one.checksum) {
            tell("InvalidChecksum");
            return;
        }
        tell("ChecksumVerified");
        self.pause().await;
        tell("Published");
    }
}

/// MD5 in hexadecimal; the file itself is not looked at.
fn is_checksum(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn firmware_is_withdrawn_once_it_is_published() {
        let mut play = Play::new(Version::Ocpp201);
        let checksum = "0123456789abcdef0123456789abcdef";
        let asked = json!({"requestId": 5, "location": "https://h/f", "checksum": checksum});
        let withdraw = json!({"checksum": checksum});
        play.check("UnpublishFirmware", withdraw.clone(), json!({"status": "NoFirmware"}));
        play.check("PublishFirmware", asked, json!({"status": "Accepted"}));
        play.check("UnpublishFirmware", withdraw.clone(), json!({"status": "DownloadOngoing"}));
        play.state.publishing_is(5, "Published");
        let location = format!("http://sim.local/{checksum}");
        let said = json!({"status": "Published", "requestId": 5, "location": [location]});
        play.follows(&[("PublishFirmwareStatusNotification", said)]);
        play.check("UnpublishFirmware", withdraw, json!({"status": "Unpublished"}));
        assert!(!is_checksum("short") && is_checksum(checksum));
    }
}
