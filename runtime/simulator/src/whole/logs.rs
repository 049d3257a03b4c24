//! GetLog and GetDiagnostics: a log is put where the server wants it (2.0.1 N01; 1.6 5.10).

use std::sync::Arc;

use serde_json::{Value, json};

use super::Whole;
use super::asked::{Reply, integer, moment, refused, time, word};
use super::errands::Errand;
use super::state::State;
use super::transfer::{self, Failure};

/// An upload that is under way, or the last one.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    number: u64,
    /// `None`: diagnostics of 1.6.
    request: Option<i64>,
    location: String,
    name: String,
    kind: String,
    retries: i64,
    retry_s: Option<i64>,
    is_over: bool,
}

impl Upload {
    fn said(&self, status: &str) -> (&'static str, Value) {
        match self.request {
            Some(request) => ("LogStatusNotification", json!({"status": status, "requestId": request})),
            None => ("DiagnosticsStatusNotification", json!({"status": status})),
        }
    }
}

impl State {
    pub(super) fn get_log(&mut self, asked: &Value) -> Reply {
        let log = &asked["log"];
        let kind = word(asked, "logType");
        if !transfer::is_address(word(log, "remoteLocation")) {
            return Ok(refused(self.version, "Rejected", "InvalidURL"));
        }
        if kind == "DataCollectorLog" || !kind.ends_with("Log") {
            return Ok(refused(self.version, "Rejected", "UnsupportedParam"));
        }
        let running = self.upload.as_ref().filter(|upload| !upload.is_over).cloned();
        if let Some(running) = &running
            && !self.version.is_v16()
        {
            let (action, said) = running.said("AcceptedCanceled");
            self.say(action, said);
        }
        let name = self.start_upload(asked, word(log, "remoteLocation"), kind, integer(asked, "requestId"));
        let status = if running.is_some() { "AcceptedCanceled" } else { "Accepted" };
        Ok(json!({"status": status, "filename": name}))
    }

    /// Without a name there are no diagnostics of that time.
    pub(super) fn get_diagnostics(&mut self, asked: &Value) -> Reply {
        let is_future = moment(asked, "startTime").is_some_and(|from| from > self.now);
        if is_future || !transfer::is_address(word(asked, "location")) {
            return Ok(json!({}));
        }
        let name = self.start_upload(asked, word(asked, "location"), "DiagnosticsLog", None);
        Ok(json!({"fileName": name}))
    }

    fn start_upload(&mut self, asked: &Value, location: &str, kind: &str, request: Option<i64>) -> String {
        let number = self.upload.as_ref().map_or(0, |upload| upload.number) + 1;
        let name = format!("{}-{kind}-{number}.log", self.id);
        self.upload = Some(Upload {
            number,
            request,
            location: location.to_owned(),
            name: name.clone(),
            kind: kind.to_owned(),
            retries: integer(asked, "retries").unwrap_or_default(),
            retry_s: integer(asked, "retryInterval"),
            is_over: false,
        });
        self.errands.push_back(Errand::Upload(number));
        name
    }

    /// False when another upload has taken the place of this one.
    fn upload_is(&mut self, number: u64, status: &str) -> bool {
        let Some(upload) = self.upload.as_mut().filter(|upload| upload.number == number) else { return false };
        upload.is_over = status != "Uploading";
        let (action, said) = upload.said(status);
        self.say(action, said);
        true
    }

    /// What a trigger asks for. 1.6 tells logs and diagnostics apart.
    pub(super) fn say_upload(&mut self, action: &'static str) {
        let running = self.upload.as_ref().filter(|upload| !upload.is_over && upload.said("").0 == action);
        let said = running.map_or(json!({"status": "Idle"}), |upload| upload.said("Uploading").1);
        self.say(action, said);
    }

    /// A few hundred bytes of what has happened.
    fn log(&self, kind: &str) -> String {
        let head = format!("{kind} of {} at {}\n", self.id, time(self.now));
        let recent = self.requests.iter().rev().take(20).map(|(action, _)| format!("received {action}\n"));
        recent.fold(head, |log, line| log + &line)
    }
}

impl Whole {
    /// Puts the log where it is wanted, and tells how that goes.
    pub(super) async fn upload_log(self: Arc<Self>, number: u64) {
        let Some(upload) = self.seen().upload.clone().filter(|upload| upload.number == number) else { return };
        if !self.change(|state| state.upload_is(number, "Uploading")) {
            return;
        }
        let url = transfer::place(&upload.location, &upload.name);
        let mut done = Ok(());
        for attempt in 0..=upload.retries.max(0) {
            if attempt > 0 {
                self.pause_before_retry(upload.retry_s).await;
            }
            let log = self.seen().log(&upload.kind);
            done = transfer::put(&url, log.as_bytes()).await;
            if done.is_ok() {
                break;
            }
        }
        self.pause().await;
        let status = outcome(done, upload.request.is_none());
        self.change(|state| state.upload_is(number, status));
    }
}

fn outcome(done: Result<(), Failure>, is_diagnostics: bool) -> &'static str {
    match done {
        Ok(()) => "Uploaded",
        Err(_) if is_diagnostics => "UploadFailed",
        Err(Failure::Refused(401 | 403)) => "PermissionDenied",
        Err(Failure::Refused(405 | 501)) => "NotSupportedOperation",
        Err(Failure::Refused(400)) => "BadMessage",
        Err(Failure::Refused(_) | Failure::Unreachable) => "UploadFailure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn log(request: i64, kind: &str, location: &str) -> Value {
        json!({"requestId": request, "logType": kind, "log": {"remoteLocation": location}})
    }

    #[test]
    fn a_newer_request_cancels_the_older() {
        let mut play = Play::new(Version::Ocpp21);
        let rows = [
            (log(1, "DiagnosticsLog", "nowhere"), "Rejected"),
            (log(1, "DataCollectorLog", "http://h/"), "Rejected"),
            (log(1, "DiagnosticsLog", "http://h/"), "Accepted"),
            (log(2, "SecurityLog", "http://h/"), "AcceptedCanceled"),
        ];
        for (asked, status) in rows {
            play.check("GetLog", asked, json!({"status": status}));
        }
        assert!(!play.state.upload_is(1, "Uploaded"), "the first one was replaced");
        assert!(play.state.upload_is(2, "Uploaded"));
        let said =
            |status: &str, request: i64| ("LogStatusNotification", json!({"status": status, "requestId": request}));
        play.follows(&[said("AcceptedCanceled", 1), said("Uploaded", 2)]);
        play.check("GetLog", log(3, "SecurityLog", "http://h/"), json!({"status": "Accepted"}));
    }

    #[test]
    fn diagnostics_have_a_name_when_there_are_any() {
        let mut play = Play::new(Version::Ocpp16);
        let asked = json!({"location": "http://h/", "startTime": "2027-01-01T00:00:00Z"});
        assert_eq!(play.ask("GetDiagnostics", asked), json!({}));
        play.check("GetDiagnostics", json!({"location": "http://h/"}), json!({"fileName": "SIM-DiagnosticsLog-1.log"}));
        play.state.upload_is(1, "Uploading");
        play.follows(&[("DiagnosticsStatusNotification", json!({"status": "Uploading"}))]);
    }

    #[test]
    fn a_failure_is_named_after_the_answer_of_the_server() {
        let rows = [(403, "PermissionDenied"), (405, "NotSupportedOperation"), (500, "UploadFailure")];
        for (status, word) in rows {
            assert_eq!(outcome(Err(Failure::Refused(status)), false), word);
            assert_eq!(outcome(Err(Failure::Refused(status)), true), "UploadFailed");
        }
    }
}
