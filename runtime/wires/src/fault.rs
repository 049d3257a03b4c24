//! Why a wire did not do what was asked.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireFault {
    /// Nobody listens there, or the line is away. It is tried again in a while.
    #[error("{to} is not reached: {why}")]
    NotReached { to: String, why: String },
    /// Tries follow each other at a growing distance; this is not the time for one.
    #[error("{to} was not reached; it is tried again in {} s", .next.as_secs().max(1))]
    Waits { to: String, next: Duration },
    #[error(
        "{to} does not answer within {} ms: look whether it is on, and whether something else holds its connection",
        .within.as_millis()
    )]
    Silent { to: String, within: Duration },
    /// The device has no such function, address or value (Modbus Application Protocol 1.1b3, 7: exceptions 1 to 3), or a status of 4xx.
    #[error("{to} refuses {what}: {word}")]
    Refused { to: String, what: String, word: String },
    /// The device, or what stands before it, has no time for it now (exceptions 4 to 6, 8, 10 and 11; a status of 5xx).
    #[error("{to} cannot do {what} now: {word}; it is asked again")]
    Hindered { to: String, what: String, word: String },
    #[error(
        "{to} does not let us in for {what} (status {code}): look at the user and the password in the wire's address, and whether it \
         wants them as digest (?auth=digest, for http and https)"
    )]
    Locked { to: String, what: String, code: u16 },
    #[error("{to} points elsewhere for {what} (status {code}), which is not followed: grant that address itself")]
    Elsewhere { to: String, what: String, code: u16 },
    /// The answer is none to this question; the connection is closed.
    #[error("{to} answers something else: {why}; look whether it is what the driver is for, and the unit is right")]
    Confused { to: String, why: String },
    /// What was asked cannot be said on this wire.
    #[error("{0}")]
    Unsayable(String),
}

impl WireFault {
    /// What a status of HTTP says, where it is not done.
    pub(crate) fn of_status(to: &str, what: &str, code: u16) -> Option<Self> {
        let (to, what) = (to.to_owned(), what.to_owned());
        match code {
            100..=299 => None,
            300..=399 => Some(Self::Elsewhere { to, what, code }),
            401 | 403 | 407 => Some(Self::Locked { to, what, code }),
            408 | 425 | 429 => Some(Self::Hindered { to, what, word: format!("status {code}") }),
            400..=499 => Some(Self::Refused { to, what, word: format!("status {code}") }),
            _ => Some(Self::Hindered { to, what, word: format!("status {code}") }),
        }
    }

    /// The device is there and says no: the connection is fine.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
