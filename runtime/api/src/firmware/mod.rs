//! Firmware files that stations may fetch, and what came of it.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod jobs;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod sign;

use amprule_domain::Timestamp;
use amprule_domain::files::{FirmwareFile, MeantFor};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::{Api, FileFault, FileRefused};

/// A firmware file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FirmwareView {
    #[schema(example = "acme-2.4.1.bin")]
    name: String,
    /// Bytes.
    size: u64,
    /// In hexadecimal digits, as `md5`.
    sha256: String,
    /// The `checksum` of PublishFirmware.
    md5: String,
    /// Whose it is; null is for all. `*` stands for any text.
    #[schema(required)]
    vendor: Option<String>,
    #[schema(required)]
    model: Option<String>,
    #[schema(required)]
    version: Option<String>,
    /// It is sent with a certificate and a signature.
    is_signed: bool,
    /// Where stations fetch it; null where they cannot reach this server's files.
    #[schema(required)]
    address: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    stored_at: Timestamp,
}

impl FirmwareView {
    fn new(api: &Api, file: FirmwareFile) -> Self {
        let address = api.files.firmware_address(&file);
        let FirmwareFile { name, size, sha256, md5, meant_for, signed, stored_at } = file;
        let MeantFor { vendor, model, version } = meant_for;
        Self { name, size, sha256, md5, vendor, model, version, is_signed: signed.is_some(), address, stored_at }
    }
}

pub(crate) fn refused(FileRefused { fault, message }: FileRefused) -> Problem {
    let (status, code) = match fault {
        FileFault::Unknown => (StatusCode::NOT_FOUND, "unknown-file"),
        FileFault::Exists => (StatusCode::CONFLICT, "exists"),
        FileFault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large"),
        FileFault::Full => (StatusCode::INSUFFICIENT_STORAGE, "full"),
        FileFault::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        FileFault::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
        FileFault::Broken => (StatusCode::BAD_REQUEST, "broken-body"),
        FileFault::Disk => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
    };
    Problem::new(status, code, message)
}

fn unknown(name: &str) -> Problem {
    Problem::missing("unknown-file", format!("there is no firmware file {name}"))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn files_are_listed_stored_signed_and_deleted() {
        let house = House::new();
        let first = house.get("/api/v1/firmware?limit=1").await.body;
        assert_eq!(first["items"][0]["name"], "acme.bin");
        let next = first["next"].as_str().expect("there is another").to_owned();
        let rest = house.get(&format!("/api/v1/firmware?limit=1&after={next}")).await.body;
        assert_eq!((rest["items"][0]["name"].as_str(), rest["next"].is_null()), (Some("other.bin"), true));
        let bytes = Asked::put("/api/v1/firmware/new.bin?vendor=ACME&version=2", "").body("abcd");
        let stored = house.send(bytes.content_type("application/octet-stream")).await.body;
        assert_eq!((stored["size"].as_u64(), stored["version"].as_str()), (Some(4), Some("2")), "{stored}");
        for (asked, status, code) in [
            (Asked::put("/api/v1/firmware/acme.bin", "x"), 409, "exists"),
            (Asked::put("/api/v1/firmware/large.bin", "x"), 507, "full"),
            (Asked::put("/api/v1/firmware/a.bin?vendr=x", "x"), 400, "bad-parameter"),
            (Asked::get("/api/v1/firmware/none.bin"), 404, "unknown-file"),
            (Asked::new("DELETE", "/api/v1/firmware/none.bin"), 404, "unknown-file"),
            (
                Asked::put("/api/v1/firmware/acme.bin/signature", "{\"certificate\":\"x\",\"signature\":\"x\"}"),
                422,
                "invalid",
            ),
        ] {
            let answer = house.send(asked).await;
            assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (status, code), "{}", answer.body);
        }
        assert_eq!(house.send(Asked::new("DELETE", "/api/v1/firmware/acme.bin")).await.status.as_u16(), 204);
    }
}
