//! A client of the management API.

use std::time::Duration;

use serde_json::Value;

use crate::events::Events;

#[derive(Debug, Clone)]
pub struct Management {
    base: String,
    token: String,
    agent: ureq::Agent,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// `Null` when the body was not JSON.
    pub body: Value,
    pub text: String,
}

impl Response {
    /// The body of an answer that had to be good.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "status {}: {}", self.status, self.text);
        self.body
    }
}

impl Management {
    pub fn new(base: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { base: base.to_owned(), token: token.to_owned(), agent: config.into() }
    }

    /// The same API as seen by somebody else.
    pub fn with_token(&self, token: &str) -> Self {
        Self::new(&self.base, token)
    }

    pub fn get(&self, path: &str) -> Response {
        let request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        read(path, request.call())
    }

    pub fn put(&self, path: &str, body: &Value) -> Response {
        let request = self.agent.put(self.url(path)).header("authorization", self.bearer());
        read(path, request.send_json(body))
    }

    pub fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        read(path, request.send_json(body))
    }

    /// Bytes as they are, to a place that takes them.
    pub fn put_bytes(&self, path: &str, bytes: &[u8]) -> Response {
        let request = self.agent.put(self.url(path)).header("authorization", self.bearer());
        read(path, request.header("content-type", "application/octet-stream").send(bytes))
    }

    pub fn delete(&self, path: &str) -> Response {
        let request = self.agent.delete(self.url(path)).header("authorization", self.bearer());
        read(path, request.call())
    }

    /// Every item of a list, page after page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let after = next.map(|next| format!("{joint}after={next}")).unwrap_or_default();
            let page = self.get(&format!("{path}{after}")).ok();
            items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            match page["next"].as_str() {
                Some(more) => next = Some(more.to_owned()),
                None => return items,
            }
        }
    }

    /// The sessions of a station, oldest first.
    pub fn sessions(&self, station: &str) -> Vec<Value> {
        let mut sessions = self.all(&format!("/api/v1/sessions?station={station}"));
        sessions.sort_by_key(|session| session["startedAt"].as_str().map(str::to_owned));
        sessions
    }

    /// Accepts tokens, so that stations may charge with them.
    pub fn accept(&self, tokens: &[&str]) {
        for token in tokens {
            let body = serde_json::json!({"type": "ISO14443", "status": "accepted"});
            self.put(&format!("/api/v1/tokens/{token}"), &body).ok();
        }
    }

    pub fn events(&self) -> Events {
        Events::of(self)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn read(path: &str, result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Response {
    let mut response = result.unwrap_or_else(|error| panic!("{path}: no answer from the API: {error}"));
    let text = response.body_mut().read_to_string().expect("read an answer of the API");
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Response { status: response.status().as_u16(), body, text }
}
