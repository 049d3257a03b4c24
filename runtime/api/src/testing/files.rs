//! One firmware file, one log, and no room for more.

use std::io;

use amprule_domain::command::{LogWanted, Signed, Update};
use amprule_domain::files::{FirmwareFile, LogFile, MeantFor};
use amprule_domain::ports::BoxFuture;
use amprule_domain::{StationId, Timestamp};
use axum::body::Bytes;
use futures_util::{StreamExt as _, stream};

use super::samples::at;
use crate::{Content, FileFault, FileRefused, Files};

pub(crate) struct FakeFiles;

fn acme() -> FirmwareFile {
    FirmwareFile {
        name: "acme.bin".to_owned(),
        size: 3,
        sha256: "ab".to_owned(),
        md5: "cd".to_owned(),
        meant_for: MeantFor { vendor: Some("ACME".to_owned()), ..MeantFor::default() },
        signed: None,
        stored_at: at("08:00"),
    }
}

fn refused(fault: FileFault) -> FileRefused {
    FileRefused { fault, message: format!("{fault:?}") }
}

impl Files for FakeFiles {
    fn firmware(&self) -> Vec<FirmwareFile> {
        vec![acme(), FirmwareFile { name: "other.bin".to_owned(), meant_for: MeantFor::default(), ..acme() }]
    }

    fn firmware_file(&self, name: &str) -> Option<FirmwareFile> {
        self.firmware().into_iter().find(|file| file.name == name)
    }

    fn firmware_address(&self, file: &FirmwareFile) -> Option<String> {
        Some(format!("http://files.example.com/firmware/k/{}", file.name))
    }

    fn put_firmware<'a>(
        &'a self,
        name: &'a str,
        meant_for: MeantFor,
        mut content: Content,
    ) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>> {
        Box::pin(async move {
            let mut size = 0;
            while let Some(chunk) = content.next().await {
                size += chunk.map_err(|_| refused(FileFault::Broken))?.len() as u64;
            }
            match name {
                "acme.bin" => Err(refused(FileFault::Exists)),
                "large.bin" => Err(refused(FileFault::Full)),
                _ => Ok(FirmwareFile { name: name.to_owned(), size, meant_for, ..acme() }),
            }
        })
    }

    fn sign_firmware<'a>(&'a self, name: &'a str, signed: Signed) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>> {
        let known = self.firmware_file(name).ok_or_else(|| refused(FileFault::Unknown));
        Box::pin(async { known.map(|file| FirmwareFile { signed: Some(signed), ..file }) })
    }

    fn delete_firmware<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), FileRefused>> {
        let known = self.firmware_file(name).map(|_| ()).ok_or_else(|| refused(FileFault::Unknown));
        Box::pin(async { known })
    }

    fn update(&self, update: Update) -> Result<Update, FileRefused> {
        Ok(Update { location: "http://files.example.com/firmware/k/f".to_owned(), ..update })
    }

    fn wanted(&self, wanted: LogWanted, station: &StationId, _: Timestamp) -> Result<LogWanted, FileRefused> {
        let location = format!("http://files.example.com/station-logs/{station}/k3y/");
        Ok(LogWanted { location, number: 7, ..wanted })
    }

    fn log(&self, station: &StationId, number: u32) -> Option<LogFile> {
        let is_there = station.as_str() == "cs-1" && number == 7;
        is_there.then(|| LogFile {
            station: station.clone(),
            number,
            name: "diag.zip".to_owned(),
            size: 3,
            sha256: "ef".to_owned(),
            received_at: at("09:00"),
        })
    }

    fn read_log<'a>(&'a self, _: &'a LogFile) -> BoxFuture<'a, io::Result<Content>> {
        Box::pin(async { Ok(Box::pin(stream::iter([Ok(Bytes::from_static(b"abc"))])) as Content) })
    }
}
