//! What stations are answered: a file, that a log was taken, or why not. There is no list of anything.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame};

use crate::addresses::Place;
use crate::download::{Part, part, tag};
use crate::spool::chunks;
use crate::{Files, Refused, upload};

pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

pub(crate) async fn answer<B>(files: Arc<Files>, request: Request<B>) -> Result<Answer, Infallible>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    Ok(match (files.addresses.place(&path), method) {
        (Some(Place::Firmware { key, name }), method @ (Method::GET | Method::HEAD)) => {
            firmware(&files, key, name, request.headers(), &method).await
        }
        (Some(Place::Firmware { .. }), _) => not_allowed("GET, HEAD"),
        (Some(Place::Log { ticket, name }), Method::PUT | Method::POST) => {
            let (station, number) = (ticket.station.clone(), ticket.number);
            if !has_body(request.headers()) {
                return Ok(text(StatusCode::LENGTH_REQUIRED, "a log has a length, or comes in chunks"));
            }
            match upload::receive(&files, ticket, &name, request).await {
                Ok(_) => text(StatusCode::OK, "it is stored"),
                Err(why) => {
                    tracing::warn!(%station, job = number, "a log that the station brings is not taken: {why}");
                    refused(&why)
                }
            }
        }
        (Some(Place::Log { .. }), _) => not_allowed("PUT, POST"),
        (None, _) => nothing(),
    })
}

async fn firmware(files: &Files, key: &str, name: &str, headers: &HeaderMap, method: &Method) -> Answer {
    let Some(file) = files.firmware.get(name).filter(|file| files.addresses.is_key_of(key, file)) else {
        return nothing();
    };
    let (status, from, length) = match part(headers, &file) {
        Part::Whole => (StatusCode::OK, 0, file.size),
        Part::Range { from, length } => (StatusCode::PARTIAL_CONTENT, from, length),
        Part::Nothing(status) => (status, 0, 0),
        Part::Beyond => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = match (method, length) {
        (&Method::HEAD, _) | (_, 0) => empty(),
        _ => match chunks(&files.firmware.path(&file), from, length).await {
            Ok(content) => StreamBody::new(content.map_ok(Frame::data)).boxed_unsync(),
            Err(error) => {
                tracing::error!(file = file.name, %error, "firmware that a station wants cannot be read");
                return refused(&Refused::Disk(error));
            }
        },
    };
    let range = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {from}-{}/{}", from + length - 1, file.size)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{}", file.size)),
        _ => None,
    };
    let mut answer = with(status, body);
    let told = answer.headers_mut();
    let mut tell = |name, value: &str| drop(HeaderValue::from_str(value).map(|value| told.insert(name, value)));
    tell(header::ACCEPT_RANGES, "bytes");
    tell(header::ETAG, &tag(&file));
    // What is packed on its way has no length that a station could go by.
    tell(header::CACHE_CONTROL, "private, no-transform");
    tell(header::CONTENT_TYPE, "application/octet-stream");
    if status != StatusCode::NOT_MODIFIED {
        tell(header::CONTENT_LENGTH, &length.to_string());
    }
    if let Some(range) = range {
        tell(header::CONTENT_RANGE, &range);
    }
    answer
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING)
}

fn refused(why: &Refused) -> Answer {
    let status = match why {
        Refused::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Refused::Over(_) => StatusCode::GONE,
        Refused::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Refused::Slow => StatusCode::REQUEST_TIMEOUT,
        Refused::Empty | Refused::Malformed(_) | Refused::Broken(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut answer = text(status, &why.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    answer
}

fn nothing() -> Answer {
    text(StatusCode::NOT_FOUND, "there is nothing here")
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "not by this method");
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    answer
}

fn text(status: StatusCode, said: &str) -> Answer {
    let body = Full::new(Bytes::from(format!("{said}\n"))).map_err(|never| match never {}).boxed_unsync();
    let mut answer = with(status, body);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

fn with(status: StatusCode, body: UnsyncBoxBody<Bytes, io::Error>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn empty() -> UnsyncBoxBody<Bytes, io::Error> {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync()
}
