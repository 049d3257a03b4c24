//! What messages look like: every request and response of each version, of both sides. What we send is checked before it
//! goes out; what a station answers is checked when it comes, and taken all the same.
//!
//! The facts (names, kinds, lengths, words) stand in one data file per version, in a notation of our own.

mod breach;
mod check;
mod notation;

use std::sync::LazyLock;

use amprule_domain::ports::CallRefused;
use serde_json::Value;

use crate::version::Version;
pub(crate) use breach::Breach;
pub use notation::{Part, Side};

use notation::Shapes;

static V16: LazyLock<Shapes> = LazyLock::new(|| load(include_str!("v16.shapes")));
static V201: LazyLock<Shapes> = LazyLock::new(|| load(include_str!("v201.shapes")));
static V21: LazyLock<Shapes> = LazyLock::new(|| load(include_str!("v21.shapes")));

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

/// A request to a station.
pub(crate) fn check(version: Version, action: &str, payload: &str) -> Result<&'static str, CommandFault> {
    let shapes = of(version);
    let Some((name, members)) = shapes.message(Side::Server, Part::Request, action) else {
        let hint = shapes.nearest(action).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let action = action.chars().take(50).collect();
        return Err(CommandFault::UnknownAction { protocol: version.subprotocol(), action, hint });
    };
    check::object(shapes, members, &read(payload)?)?;
    Ok(name)
}

/// Any message that the version has. One that it does not have follows no shape.
pub(crate) fn follows(
    version: Version,
    from: Side,
    part: Part,
    action: &str,
    payload: &str,
) -> Result<(), CommandFault> {
    let shapes = of(version);
    let unknown = || CommandFault::Invalid { path: String::new(), message: format!("there is no such {action}") };
    let (_, members) = shapes.message(from, part, action).ok_or_else(unknown)?;
    check::object(shapes, members, &read(payload)?)
}

fn read(payload: &str) -> Result<Value, CommandFault> {
    serde_json::from_str(payload)
        .map_err(|error| CommandFault::Invalid { path: String::new(), message: format!("not JSON: {error}") })
}

/// All requests that the version has from one side, as its data file lists them.
pub fn requests(version: Version, from: Side) -> impl Iterator<Item = &'static str> {
    of(version).requests(from)
}

/// The request to a station whose name is most like this one.
pub(crate) fn nearest(version: Version, action: &str) -> Option<&'static str> {
    of(version).nearest(action)
}

/// The response to this request says with a word how it went.
pub(crate) fn answers_with_status(version: Version, action: &str) -> bool {
    let response = of(version).message(Side::Server, Part::Response, action);
    response.is_some_and(|(_, members)| members.iter().any(|member| member.name == "status" && !member.optional))
}

/// What a station's answer lacks so that nobody can use it.
pub(crate) fn breach(version: Version, action: &str, answer: &str) -> Option<Breach> {
    let shapes = of(version);
    let (_, members) = shapes.message(Side::Server, Part::Response, action)?;
    breach::of(shapes, members, &serde_json::from_str(answer).ok()?)
}

/// The response to this request has to say something, and this one does not.
pub(crate) fn says_nothing(version: Version, action: &str, answer: &str) -> bool {
    let Some((_, members)) = of(version).message(Side::Server, Part::Response, action) else { return false };
    let Ok(answer) = serde_json::from_str::<Value>(answer) else { return true };
    members.iter().any(|member| !member.optional) && !breach::says_something(members, &answer)
}

pub(crate) fn has(version: Version, action: &str) -> bool {
    of(version).message(Side::Server, Part::Request, action).is_some()
}

fn of(version: Version) -> &'static Shapes {
    match version {
        Version::V16 => &V16,
        Version::V201 => &V201,
        Version::V21 => &V21,
    }
}

fn load(text: &'static str) -> Shapes {
    Shapes::parse(text).expect("the data files are right: a test reads both")
}

#[cfg(test)]
mod tests;
