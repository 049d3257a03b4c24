//! A request and its answer.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::House;

pub(crate) struct Asked {
    method: String,
    path: String,
    authorization: Option<String>,
    content_type: Option<String>,
    body: String,
}

impl Asked {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let authorization = Some(format!("Bearer {}", House::TOKEN));
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, authorization, content_type: None, body: String::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }

    pub(crate) fn put(path: &str, body: &str) -> Self {
        Self::new("PUT", path).content_type("application/json").body(body)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).content_type("application/json").body(&body.to_string())
    }

    pub(crate) fn authorization(self, value: Option<&str>) -> Self {
        Self { authorization: value.map(str::to_owned), ..self }
    }

    pub(crate) fn content_type(self, name: &str) -> Self {
        Self { content_type: Some(name.to_owned()), ..self }
    }

    pub(crate) fn body(self, text: &str) -> Self {
        Self { body: text.to_owned(), ..self }
    }

    pub(crate) fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(&*self.method).uri(&*self.path);
        for (name, value) in [("authorization", self.authorization), ("content-type", self.content_type)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request.body(self.body.into()).expect("a request")
    }
}

pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Null when the answer is not JSON.
    pub(crate) body: Value,
    headers: HeaderMap,
}

impl Answered {
    /// Of an event stream only the head is read.
    pub(crate) async fn read(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let endless = head.headers.get("content-type").is_some_and(|name| name == "text/event-stream");
        let text = match endless {
            true => String::new(),
            false => String::from_utf8(to_bytes(body, usize::MAX).await.expect("a body").into()).expect("text"),
        };
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status: head.status, text, body, headers: head.headers }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// A member of the error.
    pub(crate) fn error(&self, name: &str) -> String {
        self.body["error"][name].as_str().unwrap_or_default().to_owned()
    }
}
