//! What a courier asks of the outbox, and writes down there.

use std::time::Duration;

use amprule_domain::doors::{Outbox, StoreError, StoreResult};
use amprule_domain::outbox::{OutboxRow, Subscriber};
use amprule_domain::ports::BoxFuture;
use tokio::time::Instant;
use tracing::error;

use super::Courier;
use crate::failure::{Cause, Failure};
use crate::gap::{Ahead, Gap, may_be_gone};
use crate::letter::Letter;
use crate::message::Message;
use crate::progress::Progress;
use crate::stop::Stopped;

/// Events that are read, and announced, at once.
const BATCH: usize = 50;

impl Courier {
    pub(super) async fn recall(&mut self) -> Result<(), Stopped> {
        let all = self.insist("its progress cannot be read", |outbox| outbox.subscribers()).await?;
        let span = self.insist("the outbox cannot be read", |outbox| outbox.outbox_span()).await?;
        let stored = match all.iter().find(|known| *known.name == *self.errand.hook.name) {
            Some(known) => self.still_true(known.clone(), span),
            None => self.begin(&all, span).await?,
        };
        self.progress = Progress::of(stored);
        self.errand.board.went(&self.progress);
        Ok(())
    }

    /// A new subscriber hears what happens from now on. The newest place may have gone from the outbox; then no place is
    /// newer than the farthest subscriber's.
    async fn begin(&mut self, all: &[Subscriber], span: Option<(u64, u64)>) -> Result<Subscriber, Stopped> {
        let name = self.errand.hook.name.to_string();
        let newest = span.map(|(_, newest)| newest);
        let delivered = all.iter().map(|other| other.delivered).chain(newest).max().unwrap_or(0);
        self.ahead = Ahead::Nothing(Instant::now());
        let fresh = Subscriber { name, delivered, attempted: None, missed: 0 };
        self.insist("its progress cannot be written", |outbox| outbox.put_subscriber(fresh.clone())).await?;
        Ok(fresh)
    }

    /// Places never come again; should an outbox give them anew all the same, its events are new ones, and a subscriber that
    /// waited for higher places would be deaf without a word.
    fn still_true(&self, known: Subscriber, span: Option<(u64, u64)>) -> Subscriber {
        match span {
            Some((oldest, newest)) if newest < known.delivered => {
                let (hook, was) = (&self.errand.hook.name, known.delivered);
                error!(%hook, was, newest, "the outbox's places went back; all of its events are delivered");
                Subscriber { delivered: oldest.saturating_sub(1), attempted: None, ..known }
            }
            _ => known,
        }
    }

    /// The next events, and what is behind them.
    pub(super) async fn read(&mut self) -> Result<(Vec<OutboxRow>, Ahead), Stopped> {
        let (after, now) = (self.progress.delivered(), Instant::now());
        let mut rows = self.insist("the outbox cannot be read", |outbox| outbox.outbox(after, BATCH + 1)).await?;
        self.errand.board.saw(rows.last().map_or(0, |row| row.place));
        let ahead = rows.get(BATCH).map_or(Ahead::Nothing(now), |row| Ahead::Next(row.place));
        if rows.len() > BATCH {
            rows.truncate(BATCH);
            self.look_ahead().await;
        }
        Ok((rows, ahead))
    }

    /// How many events are waiting is only for people, so it may stay unknown.
    pub(super) async fn look_ahead(&mut self) {
        if let Ok(Some((_, newest))) = self.errand.outbox.outbox_span().await {
            self.errand.board.saw(newest);
        }
    }

    /// The places before the next event that went before the subscriber had them.
    pub(super) async fn gap(&mut self, next: Option<u64>) -> Result<Option<Gap>, Stopped> {
        let delivered = self.progress.delivered();
        let Some(next) = next.filter(|next| *next > delivered + 1) else { return Ok(None) };
        let is_gone = match self.ahead.tells_whether_gone(next) {
            Some(is_gone) => is_gone,
            None => {
                let span = self.insist("the outbox cannot be read", |outbox| outbox.outbox_span()).await?;
                may_be_gone(delivered, next, span.map(|(oldest, _)| oldest))
            }
        };
        let gap = Gap { from: delivered + 1, to: next - 1, noticed: self.errand.clock.now() };
        Ok(is_gone.then(|| self.notice(gap)))
    }

    fn notice(&self, gap: Gap) -> Gap {
        let (hook, places) = (&self.errand.hook.name, gap.places());
        error!(%hook, gap.from, gap.to, "the outbox let {places} places go before a webhook's receiver had them");
        self.errand.board.misses(places);
        gap
    }

    pub(super) async fn compose(&mut self, letter: &Letter) -> Result<Message, Stopped> {
        match letter {
            Letter::Missed(gap) => Ok(Message::missed(&self.errand.source, *gap)),
            Letter::Event(row) => {
                let what = "what an event is about cannot be read";
                let data = self.insist(what, |outbox| outbox.tell(&row.event)).await?;
                Ok(Message::event(&self.errand.source, row, data))
            }
        }
    }

    /// Nothing leaves before the disk knows that it may.
    pub(super) async fn announce(&mut self, place: u64, last: u64) -> Result<(), Stopped> {
        if let Some(entry) = self.progress.announcement(place, last) {
            self.insist("its progress cannot be written", |outbox| outbox.put_subscriber(entry.clone())).await?;
            self.progress.is_stored(entry);
        }
        Ok(())
    }

    pub(super) async fn save_on_the_way(&mut self) {
        if let Some(entry) = self.progress.on_the_way(self.errand.pace.poll) {
            self.write(entry).await;
        }
    }

    pub(super) async fn save(&mut self) {
        if let Some(entry) = self.progress.at_rest() {
            self.write(entry).await;
        }
    }

    /// What was announced is on disk, so this may fail: after a crash more would be told as perhaps repeated.
    async fn write(&mut self, entry: Subscriber) {
        match self.errand.outbox.put_subscriber(entry.clone()).await {
            Ok(()) => self.progress.is_stored(entry),
            Err(error) => {
                self.progress.is_not_stored();
                let failure = unwilling("its progress cannot be written", &error);
                self.troubles.tell(&self.errand.hook, &failure, "", Duration::ZERO);
            }
        }
    }

    /// Asks until there is an answer.
    async fn insist<T>(
        &mut self,
        what: &str,
        ask: impl for<'a> Fn(&'a dyn Outbox) -> BoxFuture<'a, StoreResult<T>>,
    ) -> Result<T, Stopped> {
        let mut failures = 0;
        loop {
            self.errand.stop.check()?;
            match ask(&*self.errand.outbox).await {
                Ok(found) => return Ok(found),
                Err(error) => {
                    failures += 1;
                    self.rest(&unwilling(what, &error), failures, "").await?;
                }
            }
        }
    }
}

fn unwilling(what: &str, error: &StoreError) -> Failure {
    Failure { cause: Cause::Outbox, what: format!("{what}: {error}"), may_be_there: false, retry_after: None }
}
