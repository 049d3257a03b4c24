//! One hook's task: the next event, until the receiver has it, then the next.

mod books;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use amprule_domain::doors::Outbox;
use amprule_domain::outbox::{OutboxRow, Subscriber};
use amprule_domain::ports::Clock;
use amprule_outbound::Tls;
use tokio::sync::watch;

use crate::board::{Board, HookState};
use crate::client::Client;
use crate::failure::{Cause, Failure};
use crate::gap::Ahead;
use crate::hook::Hook;
use crate::letter::Letter;
use crate::message::Message;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::stop::{Stop, Stopped};
use crate::troubles::Troubles;

/// What a courier needs to go; after one that broke, another goes with the same.
#[derive(Clone)]
pub(crate) struct Errand {
    pub(crate) hook: Hook,
    pub(crate) source: Arc<str>,
    pub(crate) tls: Tls,
    pub(crate) pace: Pace,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: watch::Receiver<()>,
    pub(crate) stop: Stop,
    pub(crate) board: Board,
}

pub(crate) struct Courier {
    errand: Errand,
    client: Client,
    progress: Progress,
    /// Behind what was read last.
    ahead: Ahead,
    troubles: Troubles,
}

impl Courier {
    pub(crate) fn new(errand: Errand) -> Self {
        let hook = &errand.hook;
        let client = Client::new(hook.address.clone(), errand.tls.clone(), hook.timeout);
        let unknown = Subscriber { name: hook.name.to_string(), delivered: 0, attempted: None, missed: 0 };
        let progress = Progress::of(unknown);
        Self { errand, client, progress, ahead: Ahead::Unknown, troubles: Troubles::new() }
    }

    /// Until it is asked to stop.
    pub(crate) async fn run(mut self) {
        let Err(Stopped) = self.work().await;
        self.save().await;
    }

    async fn work(&mut self) -> Result<Infallible, Stopped> {
        self.recall().await?;
        loop {
            // Before the outbox is read, so that whatever is committed after it wakes us.
            self.errand.wake.mark_unchanged();
            let (rows, ahead) = self.read().await?;
            let next = rows.first().map(|row| row.place);
            if let Some(gap) = self.gap(next).await? {
                self.deliver(Letter::Missed(gap), gap.to).await?;
            }
            self.deliver_all(rows).await?;
            self.ahead = ahead;
            if next.is_none() {
                self.idle().await?;
            }
        }
    }

    async fn deliver_all(&mut self, rows: Vec<OutboxRow>) -> Result<(), Stopped> {
        let wanted = self.errand.hook.wanted.clone();
        let last = rows.iter().rfind(|row| wanted.has(row.event.kind)).map_or(0, |row| row.place);
        for row in rows {
            if wanted.has(row.event.kind) {
                self.deliver(Letter::Event(row), last).await?;
            } else {
                self.progress.skip(row.place);
                self.errand.board.went(&self.progress);
            }
            self.save_on_the_way().await;
        }
        Ok(())
    }

    /// Stays with a letter until it is there. `last` is the last place of those that are delivered one after the other.
    async fn deliver(&mut self, letter: Letter, last: u64) -> Result<(), Stopped> {
        let mut receipts = u32::from(self.progress.may_have(&letter));
        let mut failures = 0;
        loop {
            let message = self.compose(&letter).await?;
            self.announce(letter.place(), last).await?;
            let Err(failure) = self.attempt(&letter, &message, receipts.saturating_add(1)).await? else { break };
            receipts = receipts.saturating_add(u32::from(failure.may_be_there));
            if failure.cause != Cause::Stale {
                failures += 1;
                self.save().await;
                self.look_ahead().await;
                self.rest(&failure, failures, &message.id).await?;
            }
        }
        self.arrived(&letter);
        Ok(())
    }

    /// The outer result is ours, the inner one the receiver's.
    async fn attempt(
        &mut self,
        letter: &Letter,
        message: &Message,
        number: u32,
    ) -> Result<Result<(), Failure>, Stopped> {
        let Errand { hook, pace, clock, stop, board, .. } = &mut self.errand;
        stop.check()?;
        board.is_delivering();
        let request = message.request(hook, number, clock.now());
        self.progress.begin(letter.place());
        let answer = tokio::select! {
            answer = self.client.post(request) => answer,
            () = stop.overdue(pace.grace) => return Err(Stopped),
        };
        let outcome = answer.and_then(|answer| answer.judge(hook, clock.now()));
        self.progress.end(outcome.as_ref().err().is_none_or(|failure| failure.may_be_there));
        Ok(outcome)
    }

    fn arrived(&mut self, letter: &Letter) {
        let Errand { hook, clock, board, .. } = &self.errand;
        self.progress.arrived(letter);
        board.succeeded(&self.progress, clock.now());
        self.troubles.are_over(hook, board.waiting());
    }

    /// After so many failures in a row.
    async fn rest(&mut self, failure: &Failure, failures: u32, event: &str) -> Result<(), Stopped> {
        let Errand { hook, pace, clock, stop, board, .. } = &mut self.errand;
        let backoff = pace.backoff(&hook.name, self.progress.delivered(), failures);
        let (state, wait) = match (failure.cause, failure.retry_after) {
            (Cause::Gone, _) => (HookState::Paused, pace.gone),
            (_, Some(asked)) => (HookState::Retrying, backoff.max(asked.min(pace.longest_retry_after))),
            (_, None) => (HookState::Retrying, backoff),
        };
        let now = clock.now();
        board.failed(state, &failure.what, now, now.checked_add(wait).ok());
        self.troubles.tell(hook, failure, event, wait);
        stop.pause(wait).await
    }

    /// Until there may be an event, or the progress must be written.
    async fn idle(&mut self) -> Result<(), Stopped> {
        let Errand { hook, pace, wake, stop, board, .. } = &mut self.errand;
        if self.progress.at_rest().is_none() {
            self.troubles.are_over(hook, 0);
        }
        board.is_idle(&self.progress);
        let wait = self.progress.may_wait(pace.poll);
        tokio::select! {
            () = woken(wake) => return Ok(()),
            paused = stop.pause(wait) => paused?,
        }
        self.client.hang_up();
        self.save().await;
        Ok(())
    }
}

/// When nobody is there to wake us any more, the time does.
async fn woken(wake: &mut watch::Receiver<()>) {
    if wake.changed().await.is_err() {
        pending::<()>().await;
    }
}
