//! Stations whose compression did not work.
//!
//! Libraries that offer it and cannot do it are many: they refuse the answer to their own offer, keep a context after
//! they were told not to, or take no plain message any more. Such a station would come back for ever, and be served
//! never. It goes on without.

use std::collections::HashMap;
use std::time::Duration;

use amprule_domain::StationId;
use parking_lot::Mutex;
use tokio::time::Instant;

/// Then it is tried again: a line that broke in the wrong moment looks the same.
const FOR: Duration = Duration::from_secs(24 * 3_600);
/// With one more, all are forgotten, and found out again by one connection each.
const MAX: usize = 10_000;

#[derive(Default)]
pub(crate) struct Doubts(Mutex<HashMap<StationId, Instant>>);

impl Doubts {
    pub(crate) fn add(&self, station: &StationId) {
        let now = Instant::now();
        let mut doubts = self.0.lock();
        if doubts.len() >= MAX {
            doubts.retain(|_, until| *until > now);
        }
        if doubts.len() >= MAX {
            doubts.clear();
        }
        doubts.insert(station.clone(), now + FOR);
    }

    pub(crate) fn stand(&self, station: &StationId) -> bool {
        self.0.lock().get(station).is_some_and(|until| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_doubt_stands_for_a_day_and_their_number_is_bound() {
        let doubts = Doubts::default();
        let station = StationId::from("CS-1");
        doubts.add(&station);
        assert!(doubts.stand(&station) && !doubts.stand(&StationId::from("CS-2")));
        tokio::time::advance(FOR).await;
        assert!(!doubts.stand(&station));
        for number in 0..2 * MAX {
            doubts.add(&StationId::new(format!("CS-{number}")));
        }
        assert_eq!(doubts.0.lock().len(), MAX);
    }
}
