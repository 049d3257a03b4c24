//! What the tasks of all stations share.

use std::sync::Arc;

use amprule_domain::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::counters::Counters;
use crate::happened::Notices;
use crate::starts::Starts;
use crate::timekeeping::Timekeeping;
use crate::troubles::Troubles;

pub(crate) struct Shared {
    pub counters: Counters,
    pub notices: Notices,
    pub timekeeping: Timekeeping,
    pub starts: Arc<Starts>,
    /// Changes when there are events for others.
    pub outbox: watch::Sender<()>,
    pub troubles: Troubles,
}

impl Shared {
    /// `notices`: as many as a slow reader may fall behind.
    pub(crate) fn new(notices: usize, timekeeping: Timekeeping, now: Timestamp) -> Self {
        let (notices, _) = broadcast::channel(notices.max(1));
        Self {
            counters: Counters::new(now),
            notices,
            timekeeping,
            starts: Arc::default(),
            outbox: watch::Sender::default(),
            troubles: Troubles::default(),
        }
    }
}
