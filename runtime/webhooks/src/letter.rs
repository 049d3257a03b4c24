//! What is to be delivered next.

use amprule_domain::outbox::OutboxRow;

use crate::gap::Gap;

#[derive(Debug)]
pub(crate) enum Letter {
    Event(OutboxRow),
    Missed(Gap),
}

impl Letter {
    /// A subscriber that has it has everything up to here.
    pub(crate) fn place(&self) -> u64 {
        match self {
            Self::Event(row) => row.place,
            Self::Missed(gap) => gap.to,
        }
    }

    /// One who may have heard of this place may have heard of the letter.
    pub(crate) fn first_place(&self) -> u64 {
        match self {
            Self::Event(row) => row.place,
            Self::Missed(gap) => gap.from,
        }
    }
}
