//! One site's task: it hears what happens, and looks at its site when something did, every ten seconds, and when its policy
//! said that it would answer otherwise.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::load::Site;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use crate::rounds::Rounds;

/// What the operator wants of it.
#[derive(Clone)]
pub(crate) enum Order {
    Share(Arc<Site>),
    /// It is no site any more, or the server ends.
    Stop,
}

impl Order {
    pub(crate) fn becomes(&mut self, other: Self) -> bool {
        let is_same = matches!((&*self, &other), (Self::Share(before), Self::Share(after)) if before == after);
        if !is_same {
            *self = other;
        }
        !is_same
    }
}

/// Meters are read so often, and policies asked.
const EVERY: Duration = Duration::from_secs(10);
/// What happens within so long is looked at together.
const TOGETHER: Duration = Duration::from_millis(300);

pub(crate) async fn run(mut rounds: Rounds, mut orders: watch::Receiver<Order>) {
    let mut notices = rounds.house.stations.notices();
    rounds.look_around().await;
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            changed = orders.changed() => {
                let order = orders.borrow_and_update().clone();
                match order {
                    Order::Share(site) if changed.is_ok() => rounds.change(site).await,
                    _ => return,
                }
                next = Instant::now();
            }
            notice = notices.recv() => {
                let is_news = match notice {
                    Ok(notice) => rounds.hear(&notice).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => { rounds.refresh_all().await; true }
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                if is_news {
                    next = next.min(Instant::now() + TOGETHER);
                }
            }
            () = sleep_until(next) => {
                let pause = rounds.round().await.map_or(EVERY, |pause| pause.clamp(TOGETHER, EVERY));
                next = Instant::now() + pause;
            }
        }
    }
}
