//! Firmware (OCPP 2.0.1, block L): updates as jobs, from the request to the last word of the station.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::holding::{Change, Kind, Like, body};
use crate::noted::Noted;
use crate::secrets::without_secrets;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FirmwareEvent {
    /// The station was asked, and said this word (UpdateFirmwareStatusEnumType). Nothing: 1.6 has no word for it.
    Asked {
        request: Option<i64>,
        what: Value,
        status: String,
        /// What else is known of the job, where a command of ours began it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        of: Value,
    },
    /// It says how far it is (FirmwareStatusEnumType; PublishFirmwareStatusEnumType of a local controller). Without a number
    /// it means the latest.
    Status { request: Option<i64>, status: String, more: Value },
    /// A local controller does not serve the file of this checksum any more.
    Unpublished { checksum: String },
}

/// A station's job of any kind: asked for, then told of step by step.
pub(crate) struct Job<'a> {
    pub(crate) kind: Kind,
    /// The event that tells of it.
    pub(crate) tells: &'static str,
    pub(crate) request: Option<i64>,
    pub(crate) now: Timestamp,
    /// Words after which nothing comes.
    pub(crate) ends: &'a [&'static str],
}

/// After these nothing comes; the others are steps.
const ENDS: [&str; 8] = [
    "DownloadFailed",
    "InstallVerificationFailed",
    "InstallationFailed",
    "Installed",
    "InvalidChecksum",
    "InvalidSignature",
    "PublishFailed",
    "Published",
];

/// It has booted with other firmware than before: what was to be installed is, whether it says so or not.
pub(crate) fn replaced(version: &str, now: Timestamp) -> Change {
    let like = Like::default().one_of("state", vec![json!("asked"), json!("running")]);
    let body = json!({ "state": "booted", "bootedAt": now, "bootedWith": version });
    Change::MergeAll { kind: Kind::FirmwareJob, like, body }
}

pub(crate) fn noted(event: &FirmwareEvent, now: Timestamp) -> Noted {
    let job = |request| Job { kind: Kind::FirmwareJob, tells: "station.firmware", request, now, ends: &ENDS };
    match event {
        FirmwareEvent::Asked { request, what, status, of } => job(*request).asked(what, status, of),
        FirmwareEvent::Status { request, status, more } => job(*request).told(status, more),
        FirmwareEvent::Unpublished { checksum } => unpublished(checksum, now),
    }
}

fn unpublished(checksum: &str, now: Timestamp) -> Noted {
    let written = [checksum.to_owned(), checksum.to_ascii_lowercase(), checksum.to_ascii_uppercase()];
    let like = Like::default().with("status", "Published");
    let like = like.one_of("request.checksum", written.map(Value::from).to_vec());
    let body = json!({ "status": "Unpublished", "steps": { "Unpublished": now } });
    let tell = json!({ "checksum": checksum, "status": "Unpublished" });
    Noted::change(Change::MergeAll { kind: Kind::FirmwareJob, like, body }).tell("station.firmware", tell)
}

impl Job<'_> {
    pub(crate) fn asked(self, what: &Value, answer: &str, of: &Value) -> Noted {
        let is_taken = answer.is_empty() || answer.to_ascii_lowercase().starts_with("accepted");
        let state = if is_taken { "asked" } else { "refused" };
        let key = self.request.map_or_else(|| self.now.as_millisecond().to_string(), |request| request.to_string());
        let mut holding = body(json!({
            "state": state, "askedAt": self.now, "request": without_secrets(what), "steps": {},
            "answer": (!answer.is_empty()).then_some(answer),
            "endedAt": (!is_taken).then_some(self.now),
        }));
        if let (Value::Object(holding), Value::Object(of)) = (&mut holding, of) {
            holding.extend(of.clone());
        }
        // The one before is given up for it (AcceptedCanceled).
        let cancels = answer.eq_ignore_ascii_case("AcceptedCanceled");
        let before = cancels.then(|| Change::MergeAll {
            kind: self.kind,
            like: Like::default().one_of("state", vec![json!("asked"), json!("running")]),
            body: json!({ "state": "ended", "status": "AcceptedCanceled", "endedAt": self.now }),
        });
        let put = Change::Put { kind: self.kind, key: key.clone(), body: holding };
        let noted = Noted { changes: before.into_iter().chain([put]).collect(), tells: Vec::new() };
        noted.tell(self.tells, json!({ "job": key, "state": state }))
    }

    /// `Idle` is a word about the station: it has no job.
    pub(crate) fn told(self, status: &str, more: &Value) -> Noted {
        let tell = body(json!({ "job": self.request.map(|request| request.to_string()), "status": status }));
        if status.eq_ignore_ascii_case("Idle") {
            return Noted::default().tell(self.tells, tell);
        }
        let is_end = self.ends.contains(&status);
        let state = if is_end { "ended" } else { "running" };
        let mut step = Map::new();
        step.insert(status.chars().take(50).collect(), json!(self.now));
        let mut news =
            json!({ "state": state, "status": status, "steps": step, "endedAt": is_end.then_some(self.now) });
        if let (Value::Object(news), Value::Object(more)) = (&mut news, more) {
            news.extend(more.clone());
        }
        // Some say -1 where they know no number.
        let key = self.request.filter(|request| *request >= 0).map(|request| request.to_string());
        Noted::change(Change::Advance { kind: self.kind, key, body: news }).tell(self.tells, tell)
    }
}
