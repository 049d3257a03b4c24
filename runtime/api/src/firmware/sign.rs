//! `PUT /api/v1/firmware/{name}/signature`

use std::sync::Arc;

use amprule_domain::command::Signed;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{FirmwareView, refused};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, Place};

/// Characters, as OCPP has them.
const CERTIFICATE_MAX: usize = 5_500;
const SIGNATURE_MAX: usize = 800;

/// Who vouches for a file: its manufacturer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SignatureBody {
    /// PEM, X.509.
    #[schema(max_length = 5500)]
    certificate: String,
    /// Base64, over the content.
    #[schema(max_length = 800)]
    signature: String,
}

/// Keeps a manufacturer's signature with its file. From then on stations get the file with it: those of 1.6 by
/// `SignedUpdateFirmware`. Whether it is right is checked by the station, which knows whom to trust.
#[utoipa::path(
    put,
    path = "/api/v1/firmware/{name}/signature",
    tag = "files",
    params(("name" = String, Path, description = "The file's name.")),
    request_body = SignatureBody,
    responses(
        (status = 200, body = FirmwareView),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-file`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn sign_firmware(
    State(api): State<Arc<Api>>,
    Place(name): Place<String>,
    Change(SignatureBody { certificate, signature }): Change<SignatureBody>,
) -> Answer<Json<FirmwareView>> {
    if !certificate.trim_start().starts_with("-----BEGIN CERTIFICATE-----") || certificate.len() > CERTIFICATE_MAX {
        return Err(Problem::invalid("/certificate", format!("is PEM, at most {CERTIFICATE_MAX} characters")));
    }
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let signature = signature.trim().to_owned();
    if signature.is_empty() || signature.len() > SIGNATURE_MAX || !signature.bytes().all(is_base64) {
        return Err(Problem::invalid("/signature", format!("is Base64, 1 to {SIGNATURE_MAX} characters")));
    }
    let signed = api.files.sign_firmware(&name, Signed { certificate, signature }).await;
    Ok(Json(FirmwareView::new(&api, signed.map_err(refused)?)))
}
