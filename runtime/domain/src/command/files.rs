//! Files that go from us to stations and from stations to us: firmware and logs. The address in either is one of ours.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Command, CommandAnswer, Exchange, ExchangeState, Verdict};
use crate::event::{DiagnosticsEvent, FirmwareEvent, StationEvent};
use crate::holding::{Change, Kind, Like, body};

/// New firmware, and when (OCPP 2.0.1, L01 and L02; 1.6, 6.19 and the security whitepaper, L01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// The file, as its operator calls it.
    pub file: String,
    /// Where the station fetches it.
    pub location: String,
    pub retrieve_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_at: Option<Timestamp>,
    /// How often the station itself tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// The request's number, which is the job's name.
    pub number: u32,
    /// How often we order it once more where the station could not fetch it.
    #[serde(default)]
    pub again: u32,
    /// After so long, doubled each time.
    #[serde(default)]
    pub again_after_s: u32,
    /// The job that it is ordered after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
}

/// Who vouches for a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// PEM, X.509.
    pub certificate: String,
    /// Base64.
    pub signature: String,
}

/// A log, of a while (OCPP 2.0.1, N01; 1.6, 6.7 and the security whitepaper, N01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogWanted {
    pub kind: LogKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval_s: Option<u32>,
    /// Where the station brings it, once.
    pub location: String,
    /// The request's number, which is the job's name.
    pub number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    Diagnostics,
    Security,
}

impl Update {
    /// The same once more, after [`Self::again_after_s`]. `None`: it was tried often enough.
    #[must_use]
    pub fn once_more(&self) -> Option<Self> {
        let again = self.again.checked_sub(1)?;
        let again_after_s = self.again_after_s.saturating_mul(2).min(Self::PAUSE_MAX_S);
        Some(Self { again, again_after_s, after: Some(self.number), ..self.clone() })
    }

    /// No pause is longer.
    pub const PAUSE_MAX_S: u32 = 86_400;
}

impl Update {
    /// What may help where it was refused with this word: a station that takes signed files alone says to an unsigned one that it
    /// does not support it (security whitepaper for OCPP 1.6, L01).
    pub(super) fn advice(&self, answer: &CommandAnswer) -> Option<String> {
        let words = ["NotSupported", "NotImplemented"];
        let does_not = words.iter().any(|word| answer.status.trim().eq_ignore_ascii_case(word));
        (does_not && self.signed.is_none()).then(|| {
            format!(
                "the station may take signed firmware only, and {file} is not signed; store its signature (PUT \
                 /api/v1/firmware/{file}/signature) and order it again",
                file = self.file
            )
        })
    }
}

impl Exchange {
    /// What the station's answer to this means, with what the answer does not say: 1.6 has no numbers for these jobs.
    #[must_use]
    pub fn meant(&self, event: StationEvent) -> StationEvent {
        let about = About::of(self).map(|About { number, body, .. }| (Some(number.into()), body));
        match (about, event) {
            (Some((request, of)), StationEvent::Firmware(FirmwareEvent::Asked { what, status, .. })) => {
                StationEvent::Firmware(FirmwareEvent::Asked { request, what, status, of })
            }
            (Some((request, of)), StationEvent::Diagnostics(DiagnosticsEvent::LogAsked { what, status, .. })) => {
                StationEvent::Diagnostics(DiagnosticsEvent::LogAsked { request, what, status, of })
            }
            (_, event) => event,
        }
    }

    /// A job is known from when it is ordered on, and so is one that never came about.
    pub(crate) fn job(&self) -> Vec<Change> {
        let Some(About { kind, number, body: about, after }) = About::of(self) else { return Vec::new() };
        let (key, ended_at) = (number.to_string(), self.ended_at);
        let advance = |body| vec![Change::Advance { kind, key: Some(key.clone()), body }];
        match self.state {
            ExchangeState::Queued if self.tries == 0 => {
                let mut ordered = about;
                ordered["state"] = json!("ordered");
                let followed = after.map(|after| Change::MergeAll {
                    kind,
                    like: Like::default().key(after.to_string()),
                    body: json!({ "next": key }),
                });
                let put = Change::Put { kind, key: key.clone(), body: ordered };
                [put].into_iter().chain(followed).collect()
            }
            ExchangeState::GivenUp => advance(json!({ "state": "given-up", "why": self.why, "endedAt": ended_at })),
            // The station may go about it all the same, and says so then.
            ExchangeState::TimedOut => advance(json!({ "state": "asked", "why": self.why })),
            ExchangeState::Answered => match &self.answer {
                Some(answer) if answer.verdict == Verdict::Refused => {
                    let state =
                        json!({ "state": "refused", "answer": answer.status, "why": self.why, "endedAt": ended_at });
                    advance(state)
                }
                // What it took is in what its answer means.
                _ => Vec::new(),
            },
            ExchangeState::Queued | ExchangeState::Sent => Vec::new(),
        }
    }
}

/// What is known of a job from its command alone.
struct About {
    kind: Kind,
    number: u32,
    body: Value,
    /// The job that it follows.
    after: Option<u32>,
}

impl About {
    fn of(exchange: &Exchange) -> Option<Self> {
        let (kind, number, after, mut members) = match &exchange.command {
            Command::Firmware(Update { file, number, again, after, .. }) => {
                let members = json!({ "file": file, "again": again, "after": after.map(|after| after.to_string()) });
                (Kind::FirmwareJob, *number, *after, members)
            }
            Command::Log(LogWanted { kind, number, .. }) => (Kind::LogJob, *number, None, json!({ "kind": kind })),
            _ => return None,
        };
        members["command"] = json!(exchange.id.to_string());
        members["orderedAt"] = json!(exchange.queued_at);
        Some(Self { kind, number, body: body(members), after })
    }
}
