//! Why a file is not taken, given or known, for whoever asked.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0:?} is no name of a file: letters, digits, `.`, `_` and `-`, at most 100, and no point in front")]
    Name(String),
    #[error("there is no file {0}")]
    Unknown(String),
    /// What is fetched under a name never changes while somebody may be fetching it.
    #[error("{0} is there already, with other content; delete it first, or give this one another name")]
    Exists(String),
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// All that may lie here does.
    #[error("{0}")]
    Full(String),
    #[error("it is empty")]
    Empty,
    #[error("{0}")]
    Malformed(&'static str),
    /// What was used, or is over.
    #[error("{0}")]
    Over(&'static str),
    #[error("too many files are on their way; try again in a minute")]
    Busy,
    /// Whoever sent it has stopped.
    #[error("it ended before it was complete: {0}")]
    Broken(String),
    #[error("nothing came for too long")]
    Slow,
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
    #[error(
        "stations cannot reach files here: `listen` below [files] in the configuration, or --files, opens a place for them"
    )]
    Closed,
    #[error("the address for this station would be longer than the {0} characters that OCPP has for it")]
    Address(usize),
}
