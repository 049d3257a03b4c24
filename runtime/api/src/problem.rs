//! The one shape of every error: `{"error":{"code":…,"message":…,"path":…}}`.

use amprule_domain::doors::StoreError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) type Answer<T> = Result<T, Problem>;

/// Why a request was not served, for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub path: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), path: None }
    }

    /// The request cannot be read at all.
    pub(crate) fn unreadable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The body can be read, and a value in it is not possible. `path` is a JSON pointer.
    pub(crate) fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        let path = Some(path.into());
        Self { path, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message) }
    }

    pub(crate) fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = error.message, "the store could not serve a request of the API");
        let message = format!("the store could not serve this: {}", error.message);
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store", message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, message, path } = self;
        let body = ErrorBody { error: ErrorDetail { code, message, path } };
        let mut response = (status, Json(body)).into_response();
        let extra = match status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"amprule\"")),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, "1")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Every answer with a status from 400 on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// A stable word for programs: `unauthorized`, `unknown-station`, `not-connected`, `invalid`, …
    #[schema(example = "not-connected")]
    code: &'static str,
    /// What happened and what to do, for people.
    message: String,
    /// A JSON pointer to the fault in the body, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}
