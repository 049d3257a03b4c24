//! What a fleet tells while it plays.

use std::sync::Arc;

use jiff::Timestamp;

use crate::Flow;

/// Gets every piece of news, from the stations' own tasks; it must not wait.
pub(crate) type Listener = Arc<dyn Fn(Progress) + Send + Sync>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub station: Arc<str>,
    /// In the stations' time.
    pub at: Timestamp,
    pub what: What,
}

/// Energies are those since the start of the transaction; costs are the server's own words, where it says any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Connected,
    /// The connection failed or broke; the station tries again.
    Disconnected {
        reason: String,
    },
    /// The station tried as often as it may.
    GaveUp {
        reason: String,
    },
    Started {
        connector: u32,
        token: String,
        transaction: String,
    },
    /// The server does not accept the token; the car leaves.
    Refused {
        connector: u32,
        token: String,
        status: String,
    },
    Metered {
        connector: u32,
        energy_wh: u32,
        power_w: u32,
        total_cost: Option<String>,
    },
    Flow {
        connector: u32,
        flow: Flow,
        total_cost: Option<String>,
    },
    Stopped {
        connector: u32,
        energy_wh: u32,
        reason: &'static str,
        total_cost: Option<String>,
    },
    /// The server answered a message with an error.
    Failed {
        connector: u32,
        error: String,
    },
    DayEnded {
        day: u32,
    },
}
