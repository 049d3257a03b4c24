//! Bodies: bounded, JSON, and strict.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use super::hint::explain;
use crate::Api;
use crate::problem::{Answer, Problem};

/// A record's members as an operator gives them; `T` denies unknown ones.
pub(crate) struct Change<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Change<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        parse(&read(request, api).await?).map(Self)
    }
}

/// A JSON object as text, passed on as it came. No body at all means `{}`.
pub(crate) struct Payload(pub String);

impl FromRequest<Arc<Api>> for Payload {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        let text = read(request, api).await?;
        if text.trim().is_empty() {
            return Ok(Self("{}".to_owned()));
        }
        parse::<IgnoredAny>(&text)?;
        if !text.trim_start().starts_with('{') {
            return Err(Problem::invalid("", "the payload of a request is a JSON object"));
        }
        Ok(Self(text))
    }
}

/// For members where leaving out and `null` differ: left out is `None`, `null` is `Some(None)`.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

async fn read(request: Request, api: &Api) -> Answer<String> {
    check_type(&request)?;
    let limit = api.settings.body_limit;
    let bytes = to_bytes(request.into_body(), limit).await.map_err(|error| too_large_or_broken(&error, limit))?;
    String::from_utf8(bytes.into()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::unreadable("malformed-json", format!("the body is not UTF-8: byte {at} cannot be read"))
    })
}

/// A body without a type is taken for JSON.
fn check_type(request: &Request) -> Answer<()> {
    let Some(given) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let given = String::from_utf8_lossy(given.as_bytes()).into_owned();
    let name = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if name == "application/json" || (name.starts_with("application/") && name.ends_with("+json")) {
        return Ok(());
    }
    let message = format!("the body is {given}; send JSON with the header `Content-Type: application/json`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", message))
}

fn too_large_or_broken(error: &axum::Error, limit: usize) -> Problem {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    if causes.any(|cause| cause.to_string().contains("length limit exceeded")) {
        let message = format!("the body is longer than {limit} bytes");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", message);
    }
    Problem::unreadable("broken-body", "the body ended before it was complete")
}

fn parse<T: DeserializeOwned>(text: &str) -> Answer<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = pointer(error.path());
        explain_json(error.inner(), path)
    })?;
    deserializer.end().map_err(|error| explain_json(&error, String::new()))?;
    Ok(value)
}

fn explain_json(error: &serde_json::Error, path: String) -> Problem {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.classify() == Category::Data {
        return Problem::invalid(path, format!("{} ({place})", explain(what)));
    }
    Problem::unreadable("malformed-json", format!("the body is not JSON: {what} ({place})"))
}

/// RFC 6901.
fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn a_body_that_cannot_be_taken_is_explained() {
        let house = House::new();
        let cases = [
            ("{\"location\": }", 400, "malformed-json", "line 1, column 14", None),
            ("{\"location\":\n\"x\"", 400, "malformed-json", "line 2, column 3", None),
            ("{} {}", 400, "malformed-json", "trailing characters", None),
            ("[]", 422, "invalid", "expected", Some("")),
            ("{\"timezone\":\"UTC\"}", 422, "invalid", "did you mean `timeZone`?", Some("/timezone")),
            ("{\"securityProfile\":\"two\"}", 422, "invalid", "expected u8", Some("/securityProfile")),
            ("{\"provisioning\":\"acepted\"}", 422, "invalid", "did you mean `accepted`?", Some("/provisioning")),
        ];
        for (body, status, code, message, path) in cases {
            let answer = house.send(Asked::put("/api/v1/stations/cs-1", "").body(body)).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (status, code), "{body}");
            assert!(answer.error("message").contains(message), "{body}: {}", answer.error("message"));
            assert_eq!(answer.body["error"]["path"].as_str(), path, "{body}");
        }
    }

    #[tokio::test]
    async fn other_types_and_long_bodies_are_refused() {
        let house = House::with(|settings| settings.body_limit = 100);
        let form =
            Asked::put("/api/v1/stations/cs-1", "").content_type("application/x-www-form-urlencoded").body("a=b");
        let answer = house.send(form).await;
        assert_eq!(answer.status.as_u16(), 415);
        assert!(answer.error("message").contains("Content-Type: application/json"));
        let long = format!("{{\"location\":\"{}\"}}", "x".repeat(100));
        let answer = house.send(Asked::put("/api/v1/stations/cs-1", "").body(&long)).await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (413, "body-too-large"));
        let answer =
            house.send(Asked::put("/api/v1/stations/cs-1", "").content_type("application/json; charset=utf-8")).await;
        assert_eq!(answer.status.as_u16(), 400, "an empty body is not a record");
    }
}
