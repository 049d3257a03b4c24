//! What the other system answered, and what that means.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::lookup::LookupAnswer;
use amprule_domain::ports::Fit;
use http::header::{CONTENT_ENCODING, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;
use crate::json;

/// Of an answer's body.
const MAX_BYTES: usize = 64 << 10;
/// For a body that says nothing beyond its status, so that the connection can be kept.
const BODY_PATIENCE: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The text of a JSON object.
    Row(Arc<str>),
    Nothing,
}

impl Answer {
    pub(crate) fn heard(&self) -> LookupAnswer {
        match self {
            Self::Nothing => LookupAnswer::Nothing,
            Self::Row(text) => LookupAnswer::Row(json::object(text).expect("it was read before it was kept")),
        }
    }

    /// A row that is not as the unit declares it is no answer.
    pub(crate) fn judged(self, is_fit: &Fit) -> Result<Self, Failure> {
        if let LookupAnswer::Row(row) = self.heard() {
            is_fit(&row)
                .map_err(|why| Failure::odd(format!("it does not answer as plugin.toml declares it: {why}")))?;
        }
        Ok(self)
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Row(text) => text.len(),
        }
    }
}

/// And whether that was all of it, so that another question may follow. `None`: the deadline was over.
pub(crate) async fn read(response: Response<Incoming>, deadline: Instant) -> Option<(Result<Answer, Failure>, bool)> {
    let (head, body) = response.into_parts();
    if head.status == StatusCode::OK && !is_encoded(&head.headers) {
        return match timeout_at(deadline, taken(body)).await.ok()? {
            Ok(bytes) => Some((judge(&bytes), true)),
            Err(failure) => Some((Err(failure), false)),
        };
    }
    let judged = match head.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Answer::Nothing),
        StatusCode::OK => Err(Failure::ill(
            "it answers in a compressed form (content-encoding) though nobody asked for one; switch that off there",
        )),
        status => Err(refusal(status, &head.headers)),
    };
    let until = deadline.min(Instant::now() + BODY_PATIENCE);
    let is_whole = timeout_at(until, taken(body)).await.is_ok_and(|taken| taken.is_ok());
    Some((judged, is_whole))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

async fn taken(mut body: Incoming) -> Result<Vec<u8>, Failure> {
    let too_much = || Failure::ill("it answers more than 64 KiB; a lookup is one object, not a list: look at url");
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return Err(too_much());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let data = frame.into_data().unwrap_or_default();
        if bytes.len() + data.len() > MAX_BYTES {
            return Err(too_much());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn broken(error: &hyper::Error) -> Failure {
    let source = std::error::Error::source(error).map(|source| format!(" ({source})"));
    Failure::ill(format!("its answer broke off: {error}{}", source.unwrap_or_default()))
}

fn judge(bytes: &[u8]) -> Result<Answer, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::ill("what it answers is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    json::object(text).map_err(Failure::ill)?;
    Ok(Answer::Row(Arc::from(text)))
}

fn refusal(status: StatusCode, headers: &HeaderMap) -> Failure {
    let code = status.as_u16();
    match code {
        300..=399 => Failure::ill(format!(
            "it answers {code}, which is not followed; enter the address that it points to into url"
        )),
        401 | 403 | 407 => Failure::ill(format!(
            "it does not let us in ({code}); look at headers, secret_file, signature and client_certificate"
        )),
        408 | 425 => Failure::ill(format!("it has no time ({code})")),
        429 => Failure {
            rest: retry_after(headers),
            ..Failure::ill("it is asked too often (429); lower most_per_s or raise cache_s")
        },
        // A card that it does not like must not close the way for the next one.
        400..=499 => Failure::well(format!("it does not take the question ({code}); look at url")),
        500..=599 => Failure {
            rest: retry_after(headers).filter(|_| code == 503),
            ..Failure::ill(format!("it is in trouble itself ({code}); those who run it know more"))
        },
        _ => Failure::ill(format!(
            "it answers {code} without an object; a lookup is answered with 200 and a JSON object, or with 404"
        )),
    }
}

/// In seconds; a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
