//! Bills: what a session came to, in versions that are never overwritten. The latest one counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::price::Price;
use crate::session::{Session, SessionState};
use crate::{Energy, SessionNo};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    pub session: SessionNo,
    /// From 1 upwards; each supersedes the one before.
    pub version: u32,
    /// `None`: it was issued before this was kept.
    pub issued_at: Option<Timestamp>,
    /// Why it was issued. Empty: the session had ended.
    pub why: String,
    pub energy: Energy,
    /// What the vehicle gave back.
    #[serde(rename = "exportedWh", default, skip_serializing_if = "Energy::is_zero")]
    pub exported: Energy,
    pub ended_at: Option<Timestamp>,
    pub price: Price,
}

impl Bill {
    /// What the session has in its own row. `None`: it is not billed.
    pub fn of(session: &Session) -> Option<Self> {
        let is_billed = session.state == SessionState::Ended && session.bill > 0;
        let price = session.price.as_deref().filter(|price| price.is_final && is_billed)?;
        Some(Self {
            session: session.no,
            version: session.bill,
            issued_at: None,
            why: String::new(),
            energy: session.energy(),
            exported: session.exported(),
            ended_at: session.ended_at,
            price: price.clone(),
        })
    }

    /// Whether it says the same of the same session.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let worth = |bill: &Self| (bill.price.currency, bill.price.total, bill.energy, bill.exported, bill.ended_at);
        worth(self) == worth(other) && self.price.lines == other.price.lines
    }
}
