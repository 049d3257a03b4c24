//! The door to files: firmware that stations fetch, logs that they bring.

use std::io;
use std::pin::Pin;

use amprule_domain::command::{LogWanted, Signed, Update};
use amprule_domain::files::{FirmwareFile, LogFile, MeantFor};
use amprule_domain::ports::BoxFuture;
use amprule_domain::{StationId, Timestamp};
use axum::body::Bytes;
use futures_util::Stream;

/// A file's content, piece by piece.
pub type Content = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Implemented over the folder of files.
pub trait Files: Send + Sync {
    /// By their names.
    fn firmware(&self) -> Vec<FirmwareFile>;

    fn firmware_file(&self, name: &str) -> Option<FirmwareFile>;

    /// Where stations fetch it. `None`: they cannot reach us.
    fn firmware_address(&self, file: &FirmwareFile) -> Option<String>;

    /// It is on the disk when this answers, or nothing has changed.
    fn put_firmware<'a>(
        &'a self,
        name: &'a str,
        meant_for: MeantFor,
        content: Content,
    ) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>>;

    fn sign_firmware<'a>(&'a self, name: &'a str, signed: Signed) -> BoxFuture<'a, Result<FirmwareFile, FileRefused>>;

    fn delete_firmware<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), FileRefused>>;

    /// The order with its file's address, and with who vouches for it.
    fn update(&self, update: Update) -> Result<Update, FileRefused>;

    /// The request with a number, and an address at which this station may bring that log once. It can be sent until `until`.
    fn wanted(&self, wanted: LogWanted, station: &StationId, until: Timestamp) -> Result<LogWanted, FileRefused>;

    fn log(&self, station: &StationId, number: u32) -> Option<LogFile>;

    fn read_log<'a>(&'a self, log: &'a LogFile) -> BoxFuture<'a, io::Result<Content>>;
}

/// Why a file is not taken or given. The message is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FileRefused {
    pub fault: FileFault,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    Unknown,
    /// The name is taken by another content.
    Exists,
    TooLarge,
    /// There is no room for more.
    Full,
    /// It cannot be what is meant.
    Invalid,
    Busy,
    /// It did not come as a whole.
    Broken,
    Disk,
}
