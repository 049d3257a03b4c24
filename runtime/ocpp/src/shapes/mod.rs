//! What a server may ask of a station: every request of each version, checked before it is sent.
//!
//! The facts (names, kinds, lengths, words) stand in one data file per version, in a notation of our own.

mod check;
mod notation;

use std::sync::LazyLock;

use amprule_domain::ports::CallRefused;
use serde_json::Value;

use crate::version::Version;
use notation::Shapes;

static V16: LazyLock<Shapes> = LazyLock::new(|| load(include_str!("v16.shapes")));
/// 2.1 shares these for now; requests that only 2.1 has are unknown.
static V201: LazyLock<Shapes> = LazyLock::new(|| load(include_str!("v201.shapes")));

/// Why a request is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// `hint` continues the sentence with the nearest action, or is empty.
    #[error("{protocol} has no request {action} to a station{hint}")]
    UnknownAction { protocol: &'static str, action: String, hint: String },
    /// `path` is a JSON pointer to the fault; empty for the payload as a whole.
    #[error("{path}: {message}")]
    Invalid { path: String, message: String },
}

impl From<CommandFault> for CallRefused {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::UnknownAction { protocol, action, hint } => Self::UnknownAction { protocol, action, hint },
            CommandFault::Invalid { path, message } => Self::Invalid { path, message },
        }
    }
}

pub(crate) fn check(version: Version, action: &str, payload: &str) -> Result<&'static str, CommandFault> {
    let shapes = of(version);
    let Some((name, members)) = shapes.request(action) else {
        let hint = shapes.nearest(action).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let action = action.chars().take(50).collect();
        return Err(CommandFault::UnknownAction { protocol: version.subprotocol(), action, hint });
    };
    let payload: Value = serde_json::from_str(payload)
        .map_err(|error| CommandFault::Invalid { path: String::new(), message: format!("not JSON: {error}") })?;
    check::object(shapes, members, &payload)?;
    Ok(name)
}

/// All requests to a station that the version has, as its data file lists them.
pub fn requests(version: Version) -> impl Iterator<Item = &'static str> {
    of(version).requests()
}

pub(crate) fn has(version: Version, action: &str) -> bool {
    of(version).request(action).is_some()
}

fn of(version: Version) -> &'static Shapes {
    match version {
        Version::V16 => &V16,
        Version::V201 | Version::V21 => &V201,
    }
}

fn load(text: &'static str) -> Shapes {
    Shapes::parse(text).expect("the data files are right: a test reads both")
}

#[cfg(test)]
mod tests;
