//! `GET /api/v1/stations/{id}/logs/{requestId}/file`, and what of it stands with its job.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::Listed;
use amprule_domain::files::LogFile;
use amprule_domain::holding::Holding;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::json;

use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Place;
use crate::{Api, FileFault, FileRefused, firmware};

/// Jobs whose log is here say so.
pub(super) fn fill_in(api: &Api, listed: &mut Listed<(StationId, Holding)>) {
    for (station, holding) in &mut listed.items {
        if let Some(log) = log(api, station, &holding.key) {
            let LogFile { name, size, sha256, received_at, .. } = log;
            holding.body["file"] = json!({ "name": name, "size": size, "sha256": sha256, "receivedAt": received_at });
        }
    }
}

/// The log that a station has brought, as it came.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/logs/{requestId}/file",
    tag = "files",
    params(
        ("id" = String, Path, description = "The station's id."),
        ("requestId" = String, Path, description = "The job's `id` in `…/logs`."),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "An attachment."),
        (status = 404, body = ErrorBody, description = "`unknown-file`: it was not brought, or had to go since"),
    ),
)]
pub(crate) async fn get_log_file(
    State(api): State<Arc<Api>>,
    Place((id, number)): Place<(String, String)>,
) -> Answer<Response> {
    let station = StationId::new(id);
    let log = log(&api, &station, &number).ok_or_else(|| {
        let message = format!("there is no log {number} of {station} here: it was not brought yet, or had to go since");
        Problem::missing("unknown-file", message)
    })?;
    let unread = |error: std::io::Error| {
        tracing::error!(%station, job = number, %error, "a log cannot be read");
        firmware::refused(FileRefused { fault: FileFault::Disk, message: format!("the log cannot be read: {error}") })
    };
    let content = api.files.read_log(&log).await.map_err(unread)?;
    let mut response = Response::new(Body::from_stream(content));
    let headers = response.headers_mut();
    let attachment = format!("attachment; filename=\"{}\"", log.name);
    let attachment = HeaderValue::from_str(&attachment).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, attachment);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(log.size));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn log(api: &Api, station: &StationId, number: &str) -> Option<LogFile> {
    api.files.log(station, number.parse().ok()?)
}
