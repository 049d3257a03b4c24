//! Errors as an operator reads them: what happened, to which file, what to do.

use std::io;
use std::path::PathBuf;

use amprule_domain::doors::StoreError;
use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("use {path} as the data folder; it must be a folder that this user may write to")]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "open the data folder {path}: another amprule (process {holder}) is using it; stop that one, or give this one its own folder with --data"
    )]
    InUse { path: PathBuf, holder: String },
    #[error(
        "open {path}: it was written by a newer amprule (format {found}, this one knows up to {known}); start that version, or restore a backup from before the upgrade"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("open {path}: {message}")]
    Database { path: PathBuf, message: String },
    #[error("start the store's threads")]
    Thread { source: io::Error },
    #[error("open the data folder {path}: there is no database in it; `amprule serve` makes one, --data names another")]
    Nothing { path: PathBuf },
    #[error("open {path}: it was written by an older amprule (format {found}); start this version's server on it once")]
    Older { path: PathBuf, found: i64 },
}

/// Why a statement did not do its work. It becomes a `StoreError` where it is known what was being done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("a record is not in a form that this version reads: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Broken(String),
    #[error(transparent)]
    File(#[from] io::Error),
}

pub(crate) type Outcome<T> = Result<T, Failure>;

/// Whom a failed statement concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Its own commit: those beside it may still be written.
    Commit,
    /// The database or its disk: nobody's commit can be written now.
    Database,
}

/// Why a commit, or all that waited with it, is not on disk.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: StoreError,
    pub(crate) scope: Scope,
    /// The same for what fails for the same reason.
    pub(crate) cause: &'static str,
}

impl Failure {
    /// A column holds what it should not; the database itself is sound.
    pub(crate) fn is_of_the_row(&self) -> bool {
        use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
        match self {
            Self::Json(_) | Self::Broken(_) => true,
            Self::Sqlite(error) => matches!(
                error,
                FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
            ),
            _ => false,
        }
    }

    /// `what` fits after "failed to". What concerns the database is not told as one commit's trouble.
    pub(crate) fn refuse(&self, what: &str) -> Refused {
        let scope = self.scope();
        let what = if scope == Scope::Database { "write to the database" } else { what };
        let advice = self.code().and_then(advice);
        Refused { error: self.explain(what), scope, cause: advice.unwrap_or("it cannot be written as it is") }
    }

    fn scope(&self) -> Scope {
        match self.code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::CannotOpen
                | ErrorCode::NotADatabase,
            ) => Scope::Database,
            _ => Scope::Commit,
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Json(_) | Self::Broken(_) | Self::File(_) => None,
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::File(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// `what` fits after "failed to".
    pub(crate) fn explain(&self, what: &str) -> StoreError {
        match self {
            Self::Sqlite(error) => explain(what, error),
            Self::Json(_) | Self::Broken(_) | Self::File(_) => StoreError::new(format!("{what}: {self}")),
        }
    }
}

/// Says what SQLite's refusal means for the one who runs the server. `what` fits after "failed to".
pub(crate) fn explain(what: &str, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code().and_then(advice) {
        Some(advice) => StoreError::new(format!("{what}: {advice} ({error})")),
        None => StoreError::new(format!("{what}: {error}")),
    }
}

const fn advice(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::DiskFull => "the disk is full; free some space in the data folder, nothing else is needed",
        ErrorCode::SystemIoFailure => "the disk refused to read or write; look at the system's log and the disk",
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            "the files of the data folder cannot be written; give them to the user that runs the server"
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            "the database file is damaged; stop the server and restore a backup"
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "another program holds the database; end it, the next commit then goes through"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::explain;

    #[test]
    fn a_full_disk_is_called_a_full_disk() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA max_page_count = 3; CREATE TABLE t (x BLOB)").unwrap();
        let error = connection.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
        let text = explain("write to the database", &error).message;
        assert!(text.starts_with("write to the database: the disk is full; free some space"), "{text}");
    }

    #[test]
    fn a_file_that_is_no_database_is_called_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("amprule.db");
        std::fs::write(&path, vec![7; 8192]).unwrap();
        let connection = Connection::open(&path).unwrap();
        let error = connection.execute_batch("CREATE TABLE t (x)").unwrap_err();
        assert!(explain("write", &error).message.contains("restore a backup"));
    }
}
