//! All hooks: started together, each in a task of its own, stopped together.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::doors::Outbox;
use amprule_domain::ports::Clock;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{error, warn};

use crate::board::{Board, HookState};
use crate::courier::{Courier, Errand};
use crate::stop::Stop;
use crate::{HookStatus, Hooks};

/// For a disk that is slow when we stop.
const MARGIN: Duration = Duration::from_secs(3);
/// After a panic, which is a bug and likely to come again.
const AFTER_PANIC: Duration = Duration::from_secs(60);

/// Hooks that run until they are stopped, or dropped: then at once, and what was under way is told as perhaps repeated.
pub struct Webhooks {
    boards: Vec<Board>,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    patience: Duration,
}

impl Webhooks {
    /// To be called inside a tokio runtime. `wake` changes (`Sender::send_replace(())`) after a commit that put events into
    /// the outbox; a change that is forgotten, or a sender that is gone, costs [`crate::Pace::poll`] and nothing else.
    pub fn start(hooks: Hooks, outbox: Arc<dyn Outbox>, clock: Arc<dyn Clock>, wake: watch::Receiver<()>) -> Self {
        let Hooks { source, hooks, tls, pace } = hooks;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut boards = Vec::new();
        for hook in hooks {
            let board = Board::new(&hook);
            boards.push(board.clone());
            tasks.spawn(keep_going(Errand {
                hook,
                source: Arc::clone(&source),
                tls: tls.clone(),
                pace: pace.clone(),
                outbox: Arc::clone(&outbox),
                clock: Arc::clone(&clock),
                wake: wake.clone(),
                stop: Stop(stopped.clone()),
                board,
            }));
        }
        Self { boards, stop, tasks: Mutex::new(tasks), patience: pace.grace + MARGIN }
    }

    /// In the order of the settings.
    pub fn status(&self) -> Vec<HookStatus> {
        self.boards.iter().map(Board::status).collect()
    }

    /// Attempts that are under way have [`crate::Pace::grace`] to end; none is begun. Returns when progress is on disk, or
    /// when that takes too long.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(self.patience, all).await.is_err() {
            warn!("a webhook does not stop in time; what it was sending will be told as perhaps repeated");
        }
    }
}

/// A panic is one courier's; the next one goes on from what is on disk.
async fn keep_going(errand: Errand) {
    let mut stop = errand.stop.clone();
    loop {
        let mut courier = JoinSet::new();
        courier.spawn(Courier::new(errand.clone()).run());
        if !matches!(courier.join_next().await, Some(Err(broken)) if broken.is_panic()) {
            return;
        }
        let (hook, now) = (&errand.hook.name, errand.clock.now());
        error!(%hook, again_in = ?AFTER_PANIC, "a webhook's task panicked");
        let next = now.checked_add(AFTER_PANIC).ok();
        errand.board.failed(HookState::Retrying, "its task panicked; see the log", now, next);
        if stop.pause(AFTER_PANIC).await.is_err() {
            return;
        }
    }
}
