//! A car that charges: its transaction, what the meter shows, and whether energy flows.

use jiff::Timestamp;

/// A transaction that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The station's own name for it, or the server's number in 1.6.
    pub transaction: String,
    pub connector: u32,
    pub token: String,
    /// The number of the next message (2.0.1).
    pub seq_no: u32,
}

/// What the meter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    pub at: Timestamp,
    /// The lifetime register.
    pub register_wh: i64,
    pub power_w: Option<u32>,
}

impl Meter {
    pub const fn new(at: Timestamp, register_wh: i64) -> Self {
        Self { at, register_wh, power_w: None }
    }
}

/// Whether energy flows, and if not, who holds it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Charging,
    /// The station does.
    Suspended,
    /// The vehicle does.
    Idle,
}
