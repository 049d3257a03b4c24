//! Provisioning (OCPP 2.0.1, block B): boots, heartbeats, and what a station reports of itself.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::charging::{Happened, Station, Step, sessions_after_boot};
use crate::cost;
use crate::effect::Effect;
use crate::firmware;
use crate::holding::{Change, Kind, body};
use crate::moment::Moment;
use crate::noted::Noted;
use crate::plain;
use crate::reply::Reply;
use crate::reported::{Identity, Report};
use crate::variable::{self, Variable};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ProvisioningEvent {
    Boot(Boot),
    Heartbeat,
    /// A part of a device model report (2.x NotifyReport).
    Report(ReportPart),
    /// What it answered of some variables when it was asked for them, or told to change them.
    Variables(Vec<Variable>),
    /// It has taken a new password, and some variables perhaps.
    PasswordTaken(NewPassword, Vec<Variable>),
}

/// A password that a station will show from now on. It is in memory only, and stands in no text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    #[serde(skip)]
    pub text: String,
    /// It is an AuthorizationKey of 1.6: hexadecimal digits, which stand for the bytes that are shown.
    pub is_key: bool,
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPassword").field("is_key", &self.is_key).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Boot {
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub reason: Option<String>,
}

impl Boot {
    /// As it may be shown: a station's texts are others' texts. Who built it is known from `before` where a boot does not say.
    fn shown(&self, before: &Self) -> Self {
        let shown = |text: &String| plain::shown(text).into_owned();
        let said_or = |said: &String, before: &String| if said.is_empty() { before.clone() } else { shown(said) };
        Self {
            vendor: said_or(&self.vendor, &before.vendor),
            model: said_or(&self.model, &before.model),
            serial: self.serial.as_ref().map(shown),
            firmware: self.firmware.as_ref().map(shown),
            reason: self.reason.as_ref().map(shown),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportPart {
    pub request_id: i64,
    pub seq_no: u32,
    pub last: bool,
    /// What it says of the power of EVSEs. 0 stands for all of them.
    #[serde(default)]
    pub power: Vec<ReportedPower>,
    #[serde(default)]
    pub variables: Vec<Variable>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReportedPower {
    /// What the EVSE says that it can deliver, W.
    Evse { evse: u32, watts: i64 },
    /// What a connector of it can carry, W. `None`: its kind sets no bound.
    Connector { evse: u32, watts: Option<i64> },
}

pub(crate) fn apply(station: &Station, event: &ProvisioningEvent, moment: &Moment<'_>) -> Step {
    match event {
        ProvisioningEvent::Boot(boot) => booted(station, boot, moment),
        ProvisioningEvent::Heartbeat => Step::reply(Reply::Heartbeat { now: moment.now }),
        ProvisioningEvent::Report(part) => reported(station, part, event, moment),
        ProvisioningEvent::Variables(_) | ProvisioningEvent::PasswordTaken(..) => {
            noted(event, moment.now).answered(station, moment, Reply::Empty)
        }
    }
}

/// Whatever ran before a boot has ended, unless the station says that it goes on.
fn booted(station: &Station, boot: &Boot, moment: &Moment<'_>) -> Step {
    let (status, protocol) = (station.record.provisioning, Some(moment.protocol.to_owned()));
    let before = &station.reported.identity.boot;
    let is_another = |firmware: &&String| before.firmware.as_ref().is_some_and(|before| before != *firmware);
    let replaced = boot.firmware.as_ref().filter(is_another);
    let replaced = replaced.map(|version| firmware::replaced(version, moment.now));
    let anew = (moment.protocol == "ocpp2.1").then(cost::tried_anew);
    let changed = replaced.into_iter().chain(anew).map(|change| Effect::Holding {
        station: station.record.id.clone(),
        at: moment.now,
        change: Box::new(change),
    });
    let report = Report::Identity(Identity { boot: boot.shown(before), booted_at: Some(moment.now), protocol });
    Step {
        effects: [written(station, &report)].into_iter().chain(changed).collect(),
        reported: Some(report),
        sessions: sessions_after_boot(station, moment.now),
        happened: vec![Happened::Booted],
        ..Step::reply(Reply::Boot { status, interval_s: moment.heartbeat_s, now: moment.now })
    }
}

/// What becomes of the device model.
pub(crate) fn noted(event: &ProvisioningEvent, now: Timestamp) -> Noted {
    match event {
        ProvisioningEvent::Boot(_) | ProvisioningEvent::Heartbeat => Noted::default(),
        ProvisioningEvent::Variables(variables) | ProvisioningEvent::PasswordTaken(_, variables) => {
            Noted { changes: variables.iter().map(variable::told).collect(), tells: Vec::new() }
        }
        ProvisioningEvent::Report(part) => {
            let mut pages = serde_json::Map::new();
            pages.insert(part.seq_no.to_string(), json!(part.variables.len()));
            let last = part.last.then_some(part.seq_no);
            let report = body(json!({ "pages": pages, "last": last, "endedAt": part.last.then_some(now) }));
            let key = part.request_id.to_string();
            // A number that is used again begins anew.
            let report = match part.seq_no {
                0 => Change::Put { kind: Kind::Report, key, body: report },
                _ => Change::Merge { kind: Kind::Report, key, body: report },
            };
            let changes = part.variables.iter().map(variable::told).chain([report]).collect();
            let done = json!({ "request": part.request_id });
            Noted { changes, tells: part.last.then_some(("station.report", done)).into_iter().collect() }
        }
    }
}

fn reported(station: &Station, part: &ReportPart, event: &ProvisioningEvent, moment: &Moment<'_>) -> Step {
    let reported = station.reported.powers.with(&part.power).map(Report::Powers);
    let mut step = noted(event, moment.now).answered(station, moment, Reply::Empty);
    step.effects.extend(reported.as_ref().map(|report| written(station, report)));
    Step { reported, ..step }
}

fn written(station: &Station, report: &Report) -> Effect {
    Effect::Reported { station: station.record.id.clone(), report: Box::new(report.clone()) }
}
