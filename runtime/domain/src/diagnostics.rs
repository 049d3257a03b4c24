//! Diagnostics (OCPP 2.0.1, block N): logs, monitors, what they report, and what a station knows of a customer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::firmware::Job;
use crate::holding::{Change, Kind, Like, UNTOLD, body};
use crate::noted::Noted;
use crate::reply::Reply;
use crate::variable::{Place, value_of};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DiagnosticsEvent {
    /// The station was asked to upload a log, and said this word (LogStatusEnumType). Nothing: 1.6 has no word for it.
    LogAsked {
        request: Option<i64>,
        what: Value,
        status: String,
        /// What else is known of the job, where a command of ours began it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        of: Value,
    },
    /// It says how far it is (UploadLogStatusEnumType; 1.6 DiagnosticsStatus).
    LogStatus {
        request: Option<i64>,
        status: String,
    },
    /// Variables that changed, or went where a monitor watches (NotifyEvent).
    Events(Vec<VariableEvent>),
    /// Monitors that were set, by the station's answer.
    MonitorsSet(Vec<Monitor>),
    MonitorsCleared(Vec<i64>),
    /// All that were set by us are gone (SetMonitoringBase to another than All), and those that it came with where only the hard-wired
    /// ones stay.
    MonitorsReset {
        and_preconfigured: bool,
    },
    /// It was asked for its monitors, and tells them; or has none.
    MonitorsInquired {
        request: i64,
        is_all: bool,
        has_some: bool,
    },
    MonitorsReported {
        request: i64,
        monitors: Vec<Monitor>,
        is_last: bool,
    },
    /// A page of what it knows of a customer.
    Customer {
        request: i64,
        seq_no: u32,
        data: String,
        is_last: bool,
    },
    CustomerAsked {
        request: i64,
        what: Value,
        status: String,
    },
    /// 2.1: values of a variable that come at intervals.
    StreamOpened {
        id: i64,
        stream: Value,
    },
    StreamClosed {
        id: i64,
    },
    /// It was asked for its streams: these are open, and no others.
    StreamsTold(Vec<(i64, Value)>),
    /// It comes at other intervals from now on.
    StreamAdjusted {
        id: i64,
        params: Value,
    },
    /// Values of a stream, the newest last, and how many wait to be sent.
    Streamed {
        id: i64,
        values: Vec<StreamedValue>,
        pending: i64,
        /// The variable that its monitor watches, where that is known.
        place: Option<Place>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamedValue {
    /// `None`: the message did not say since when it counts.
    pub at: Option<Timestamp>,
    pub value: String,
}

/// EventDataType.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableEvent {
    pub place: Place,
    /// The variable's value.
    pub value: String,
    /// `Alerting`, `Delta` or `Periodic`.
    pub trigger: String,
    /// The value is in its bounds again.
    pub is_cleared: bool,
    pub monitor: Option<i64>,
    /// 0 (danger) to 9 (debug), where the event itself says it (2.1).
    pub severity: Option<i64>,
    pub at: Option<Timestamp>,
    /// As it came.
    pub event: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitor {
    pub id: i64,
    pub place: Place,
    /// Type, value, severity and so on, as they came.
    pub monitor: Value,
    /// EventNotificationEnumType, where that is known: what we have set is custom, and 2.1 tells it.
    #[serde(default)]
    pub kind: Option<String>,
}

impl Monitor {
    pub const CUSTOM: &str = "CustomMonitor";
    const PRECONFIGURED: &str = "PreconfiguredMonitor";
}

/// After these nothing comes.
const ENDS: [&str; 7] = [
    "AcceptedCanceled",
    "BadMessage",
    "NotSupportedOperation",
    "PermissionDenied",
    "UploadFailed",
    "UploadFailure",
    "Uploaded",
];

pub(crate) fn noted(event: &DiagnosticsEvent, now: Timestamp) -> Noted {
    let log = |request| Job { kind: Kind::LogJob, tells: "station.log", request, now, ends: &ENDS };
    match event {
        DiagnosticsEvent::LogAsked { request, what, status, of } => log(*request).asked(what, status, of),
        DiagnosticsEvent::LogStatus { request, status } => log(*request).told(status, &Value::Null),
        DiagnosticsEvent::Events(events) => alerts(events, now),
        DiagnosticsEvent::MonitorsSet(monitors) => {
            Noted { changes: monitors.iter().flat_map(put).collect(), tells: Vec::new() }
        }
        DiagnosticsEvent::MonitorsCleared(ids) => {
            let of = |id: &i64| {
                let gone = Change::gone(Kind::Monitor, id.to_string());
                [gone, over(Like::default().with("monitor", *id), now)]
            };
            Noted { changes: ids.iter().flat_map(of).collect(), tells: Vec::new() }
        }
        DiagnosticsEvent::MonitorsReset { and_preconfigured } => {
            let kinds = [Monitor::CUSTOM, Monitor::PRECONFIGURED];
            let kinds: Vec<Value> =
                kinds[..1 + usize::from(*and_preconfigured)].iter().map(|kind| json!(kind)).collect();
            let gone = Change::Gone { kind: Kind::Monitor, like: Like::default().one_of("kind", kinds.clone()) };
            let over = over(Like::default().one_of("event.eventNotificationType", kinds), now);
            Noted { changes: vec![gone, over], tells: Vec::new() }
        }
        DiagnosticsEvent::MonitorsInquired { is_all: true, has_some: false, .. } => {
            Noted::change(Change::Gone { kind: Kind::Monitor, like: Like::default() })
        }
        DiagnosticsEvent::MonitorsInquired { request, is_all: true, has_some: true } => {
            Noted::change(Change::MergeAll {
                kind: Kind::Monitor,
                like: Like::default(),
                body: json!({ UNTOLD: request }),
            })
        }
        DiagnosticsEvent::MonitorsInquired { .. } => Noted::default(),
        DiagnosticsEvent::MonitorsReported { request, monitors, is_last } => {
            let gone = Change::Gone { kind: Kind::Monitor, like: Like::default().with(UNTOLD, *request) };
            Noted { changes: monitors.iter().flat_map(put).chain(is_last.then_some(gone)).collect(), tells: Vec::new() }
        }
        DiagnosticsEvent::CustomerAsked { request, what, status } => {
            let job = Job {
                kind: Kind::CustomerReport,
                tells: "station.customer-report",
                request: Some(*request),
                now,
                ends: &[],
            };
            job.asked(what, status, &Value::Null)
        }
        DiagnosticsEvent::Customer { request, seq_no, data, is_last } => {
            customer(*request, *seq_no, data, *is_last, now)
        }
        DiagnosticsEvent::StreamOpened { id, stream } => Noted::change(Change::Put {
            kind: Kind::Stream,
            key: id.to_string(),
            body: json!({ "openedAt": now, "stream": stream }),
        }),
        DiagnosticsEvent::StreamsTold(streams) => streams_told(streams),
        DiagnosticsEvent::StreamAdjusted { id, params } => Noted::change(Change::MergeAll {
            kind: Kind::Stream,
            like: Like::default().key(id.to_string()),
            body: json!({ "stream": { "params": params } }),
        }),
        DiagnosticsEvent::Streamed { id, values, pending, place } => {
            streamed(*id, values, *pending, place.as_ref(), now)
        }
        DiagnosticsEvent::StreamClosed { id } => Noted::change(Change::gone(Kind::Stream, id.to_string())),
    }
}

pub(crate) fn answer(event: &DiagnosticsEvent) -> Reply {
    match event {
        DiagnosticsEvent::StreamOpened { .. } => Reply::word("Accepted"),
        _ => Reply::Empty,
    }
}

/// A monitor whose kind is not told keeps the one that is known.
fn put(monitor: &Monitor) -> [Change; 2] {
    let mut holding = json!({ "place": monitor.place, "monitor": monitor.monitor, UNTOLD: null });
    if let Some(kind) = &monitor.kind {
        holding["kind"] = json!(kind);
    }
    anew(Kind::Monitor, monitor.id.to_string(), ["place", "monitor"], holding)
}

/// A merge in which nothing is left of what these members were.
fn anew<const N: usize>(kind: Kind, key: String, members: [&str; N], body: Value) -> [Change; 2] {
    let without: serde_json::Map<_, _> = members.into_iter().map(|member| (member.to_owned(), Value::Null)).collect();
    [Change::Merge { kind, key: key.clone(), body: without.into() }, Change::Merge { kind, key, body }]
}

/// Alerts of monitors that are gone: the station does not tell that they are cleared (N07.FR.12).
fn over(like: Like, now: Timestamp) -> Change {
    let body = json!({ "state": "cleared", "clearedAt": now });
    Change::MergeAll { kind: Kind::Alert, like: like.with("state", "active"), body }
}

/// What came of a stream that goes on stays with it.
fn streams_told(streams: &[(i64, Value)]) -> Noted {
    let kind = Kind::Stream;
    let untold = Change::MergeAll { kind, like: Like::default(), body: json!({ UNTOLD: true }) };
    let told = streams.iter().map(|(id, stream)| Change::Merge {
        kind,
        key: id.to_string(),
        body: json!({ "stream": stream, UNTOLD: null }),
    });
    let gone = Change::Gone { kind, like: Like::default().with(UNTOLD, true) };
    Noted { changes: [untold].into_iter().chain(told).chain([gone]).collect(), tells: Vec::new() }
}

/// Values of a message that are kept and told, and bytes of them: the latest.
const STREAMED: usize = 100;
const STREAMED_BYTES: usize = 32_768;

/// They stand with their stream, and the newest is the variable's.
fn streamed(id: i64, values: &[StreamedValue], pending: i64, place: Option<&Place>, now: Timestamp) -> Noted {
    let Some(newest) = values.last() else { return Noted::default() };
    let mut bytes = 0;
    let has_room = |told: &&StreamedValue| {
        bytes += told.value.len();
        bytes <= STREAMED_BYTES
    };
    let kept = values.iter().rev().take(STREAMED).take_while(has_room).count();
    let values = &values[values.len() - kept..];
    let latest = json!({
        "value": newest.value, "valueAt": newest.at.unwrap_or(now), "receivedAt": now, "pending": pending,
        "values": values, "place": place,
    });
    let stream = Change::MergeAll { kind: Kind::Stream, like: Like::default().key(id.to_string()), body: latest };
    let variable = place.map(|place| value_of(place, &newest.value));
    let told = body(json!({ "stream": id, "values": values, "pending": pending, "place": place }));
    let noted = Noted { changes: [stream].into_iter().chain(variable).collect(), tells: Vec::new() };
    noted.tell("station.stream", told)
}

/// Each variable has a new value. All alerts of a message are told together.
fn alerts(events: &[VariableEvent], now: Timestamp) -> Noted {
    let (mut changes, mut news) = (Vec::new(), Vec::new());
    for event in events {
        changes.push(value_of(&event.place, &event.value));
        changes.extend(kind_of_monitor(event));
        if let Some((change, said)) = alert(event, now) {
            changes.extend(change);
            news.push(said);
        }
    }
    let tells = if news.is_empty() { Vec::new() } else { vec![("station.alerts", json!({ "alerts": news }))] };
    Noted { changes, tells }
}

/// Each event tells of what kind its monitor is (EventDataType); a report of 2.0.1 does not.
fn kind_of_monitor(event: &VariableEvent) -> Option<Change> {
    let (id, kind) = (event.monitor?, event.event["eventNotificationType"].as_str()?);
    let like = Like::default().key(id.to_string());
    Some(Change::MergeAll { kind: Kind::Monitor, like, body: json!({ "kind": kind }) })
}

/// It stands until it is cleared: one for each variable and monitor.
fn alert(event: &VariableEvent, now: Timestamp) -> Option<([Change; 2], Value)> {
    let is_alert = event.trigger.eq_ignore_ascii_case("Alerting");
    if !is_alert && !event.is_cleared {
        return None;
    }
    let place = event.place.key();
    let key = event.monitor.map_or_else(|| place.clone(), |monitor| format!("{place} #{monitor}"));
    let state = if event.is_cleared { "cleared" } else { "active" };
    let news = body(json!({
        "state": state, "place": event.place, "value": event.value, "monitor": event.monitor,
        "severity": event.severity, "saidAt": event.at, "event": event.event,
        "since": (!event.is_cleared).then_some(now),
    }));
    let mut change = news.clone();
    change["clearedAt"] = if event.is_cleared { json!(now) } else { Value::Null };
    Some((anew(Kind::Alert, key, ["place", "event"], change), news))
}

/// Pages are kept by their numbers: one that comes twice is one.
fn customer(request: i64, seq_no: u32, data: &str, is_last: bool, now: Timestamp) -> Noted {
    let mut page = serde_json::Map::new();
    page.insert(seq_no.to_string(), json!(data));
    let mut news = json!({ "pages": page });
    if is_last {
        news["state"] = json!("ended");
        news["endedAt"] = json!(now);
        news["last"] = json!(seq_no);
    }
    let noted = Noted::change(Change::Merge { kind: Kind::CustomerReport, key: request.to_string(), body: news });
    noted.tell("station.customer-report", json!({ "job": request.to_string(), "last": is_last }))
}
