//! How a task hears that it shall end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// The other side is a `watch::Sender`: true, or dropped, is the word to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop(pub(crate) watch::Receiver<bool>);

/// Goes up with `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

impl Stop {
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        if *self.0.borrow() { Err(Stopped) } else { Ok(()) }
    }

    pub(crate) async fn asked(&mut self) {
        let _ = self.0.wait_for(|is_asked| *is_asked).await;
    }

    /// Asked for so long.
    pub(crate) async fn overdue(&mut self, grace: Duration) {
        self.asked().await;
        sleep(grace).await;
    }

    pub(crate) async fn pause(&mut self, wait: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = sleep(wait) => Ok(()),
            () = self.asked() => Err(Stopped),
        }
    }
}
