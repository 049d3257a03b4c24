//! A letter as it goes over the wire.

use amprule_domain::Timestamp;
use amprule_domain::outbox::OutboxRow;
use amprule_domain::{CommandId, SessionId, StationId};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use crate::gap::Gap;
use crate::hook::Hook;
use crate::line::Outgoing;

const AGENT: &str = concat!("amprule/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: Bytes,
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    r#type: &'a str,
    timestamp: Timestamp,
    place: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    station: Option<&'a StationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<CommandId>,
    data: Option<Value>,
}

impl Message {
    pub(crate) fn event(source: &str, row: &OutboxRow, data: Option<Value>) -> Self {
        let event = &row.event;
        // A database that was restored from a copy gives places again; the moment keeps such events apart.
        let id = format!("evt_{source}_{}_{}", row.place, event.at.as_millisecond());
        Self::seal(&Envelope {
            id: &id,
            r#type: event.kind.as_str(),
            timestamp: event.at,
            place: row.place,
            station: Some(&event.station),
            session: event.session,
            bill: event.bill,
            command: event.command,
            data,
        })
    }

    pub(crate) fn missed(source: &str, gap: Gap) -> Self {
        let Gap { from, to, noticed } = gap;
        Self::seal(&Envelope {
            id: &format!("evt_{source}_missed_{from}_{to}"),
            r#type: "outbox.missed",
            timestamp: noticed,
            place: to,
            station: None,
            session: None,
            bill: None,
            command: None,
            data: Some(json!({ "from": from, "to": to })),
        })
    }

    fn seal(envelope: &Envelope<'_>) -> Self {
        let body = serde_json::to_vec(envelope).expect("an envelope is plain data");
        Self { id: envelope.id.to_owned(), body: body.into() }
    }

    /// With headers as the specification names them; what is signed is what is sent, byte by byte.
    pub(crate) fn request(&self, hook: &Hook, attempt: u32, now: Timestamp) -> Outgoing {
        let timestamp = now.as_second().to_string();
        let signatures: Vec<String> =
            hook.secrets.iter().map(|secret| secret.sign(&self.id, &timestamp, &self.body)).collect();
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = hook.address.target.clone();
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HOST, hook.address.authority.clone());
        put(headers, "webhook-id", &self.id);
        put(headers, "webhook-timestamp", &timestamp);
        put(headers, "webhook-signature", &signatures.join(" "));
        put(headers, "webhook-attempt", &attempt.to_string());
        request
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(name, value.parse().expect("ids, numbers and base64 are printable ASCII"));
}
