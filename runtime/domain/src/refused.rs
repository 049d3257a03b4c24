//! Why something that a person asks for is not done.

use crate::CommandId;
use crate::charging::NotCarried;
use crate::reservation::Reserved;

/// Why something is not done to a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActRefused {
    #[error(transparent)]
    NotCarried(#[from] NotCarried),
    #[error("{0}")]
    NotStored(String),
}

/// Why a command is not queued, or not withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefused {
    #[error("{0} commands are open for this station already, try again later")]
    Busy(usize),
    #[error(
        "reservation {} keeps the place for somebody else until {}; name another EVSE, or take it back before (CancelReservation)",
        _0.id, _0.until
    )]
    Reserved(Reserved),
    #[error(
        "command {0} leads the station to another system; withdraw it first (DELETE /api/v1/commands/{0}), so that its list of slots is put back"
    )]
    Leaving(CommandId),
    #[error("this command is over already")]
    Over,
    #[error("it is on the wire; the station may carry it out")]
    Sent,
    #[error("it stops a session at the limit of its authorization, and is tried until that has ended")]
    Limit,
    #[error("it shares out the power of the site {0}, which takes it back by itself")]
    Site(String),
    /// A start whose token would be refused: by what, for the operator.
    #[error("{0}")]
    Token(String),
    #[error("{0}")]
    NotStored(String),
}
