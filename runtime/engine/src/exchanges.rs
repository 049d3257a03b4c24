//! Commands on their way: each step is on disk, so that a crash leaves none of them answered by nobody.
//!
//! What the wire has done is done: memory has it at once, and the store as soon as it can. Only sending waits for the disk.

use amprule_domain::CommandId;
use amprule_domain::Timestamp;
use amprule_domain::charging;
use amprule_domain::command::{CommandAnswer, Exchange, Origin, Unsayable};
use amprule_domain::effect::MessageKey;
use amprule_domain::ports::StoreResult;
use tokio::time::Instant;

use crate::calls::Waiting;
use crate::station::StationTask;

/// Why a command is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    #[error("{0} commands are open for this station already, try again later")]
    Busy(usize),
    #[error("this command is over already")]
    Over,
    #[error("it is on the wire; the station may carry it out")]
    Sent,
    #[error("it stops a session at the limit of its authorization, and is tried until that has ended")]
    Limit,
    #[error("{0}")]
    NotStored(String),
}

impl StationTask {
    /// It is on disk when this answers.
    pub(crate) async fn order(&mut self, exchange: Exchange) -> Result<Exchange, OrderRefused> {
        let open = self.station.exchanges.iter().filter(|known| known.origin == Origin::Operator).count();
        if open >= Exchange::OPEN_MAX {
            return Err(OrderRefused::Busy(open));
        }
        self.store(exchange.clone()).await.map_err(|error| OrderRefused::NotStored(error.to_string()))?;
        Ok(exchange)
    }

    /// One that was not sent is not sent any more.
    pub(crate) async fn withdraw(&mut self, id: CommandId) -> Result<Exchange, OrderRefused> {
        let is_open = |known: &&Exchange| known.id == id && known.is_open();
        let known = self.station.exchanges.iter().find(is_open).ok_or(OrderRefused::Over)?;
        if known.origin != Origin::Operator {
            return Err(OrderRefused::Limit);
        }
        if self.calls.is_about(id) {
            return Err(OrderRefused::Sent);
        }
        let withdrawn = known.withdrawn(self.ports.clock.now());
        self.store(withdrawn.clone()).await.map_err(|error| OrderRefused::NotStored(error.to_string()))?;
        Ok(withdrawn)
    }

    /// The oldest whose time has come.
    pub(crate) fn due(&self) -> Option<Exchange> {
        let now = self.ports.clock.now();
        self.station.exchanges.iter().find(|exchange| exchange.is_due(now)).cloned()
    }

    /// When [`Self::look_at_exchanges`] or [`Self::due`] has something to do.
    pub(crate) fn exchanges_wake(&self) -> Option<Timestamp> {
        let is_connected = self.link.is_some();
        self.station.exchanges.iter().filter_map(|exchange| exchange.wakes(is_connected)).min()
    }

    /// On disk first, with its try counted; then on the wire.
    pub(crate) async fn send_exchange(&mut self, exchange: &Exchange) {
        let (now, call) = (self.ports.clock.now(), self.ports.ids.call());
        let sent = exchange.sent(call.clone(), now);
        if let Err(error) = self.store(sent.clone()).await {
            self.trouble("a command could not be stored; it is sent later", &error);
            return self.station.put_exchange(exchange.unanswered(now));
        }
        let Some(link) = &mut self.link else { return };
        let written = tokio::select! {
            biased;
            written = link.command(&call, &exchange.command) => written,
            () = self.mailbox.newer_socket() => Err(Unsayable::Closed),
        };
        match written {
            Ok(reporting) => {
                reporting.into_iter().for_each(|action| self.asked.remember(action));
                self.calls.sent(call, Instant::now() + self.settings.call_timeout, Waiting::Exchange(exchange.id));
            }
            Err(Unsayable::NotSupported(why)) => self.go_on(sent.given_up(&why, now)).await,
            Err(Unsayable::Closed) => {
                self.go_on(sent.lost(now)).await;
                self.disconnect(None).await;
            }
        }
    }

    /// However late it comes: the call's id is the exchange's.
    pub(crate) async fn exchange_answered(&mut self, call: &str, answer: CommandAnswer) {
        self.calls.is_answered(call);
        let mut known = self.station.exchanges.iter();
        match known.find(|exchange| exchange.call.as_deref() == Some(call)) {
            Some(exchange) => self.go_on(exchange.answered(answer, self.ports.clock.now())).await,
            None => tracing::debug!(station = %self.station.record.id, "a command's answer came when it was over"),
        }
    }

    pub(crate) async fn exchange_unanswered(&mut self, id: CommandId) {
        if let Some(exchange) = self.station.exchanges.iter().find(|exchange| exchange.id == id) {
            let unanswered = exchange.unanswered(self.ports.clock.now());
            tracing::info!(station = %unanswered.station, command = %id, tries = unanswered.tries, "a command was not answered");
            self.go_on(unanswered).await;
        }
    }

    /// Gives up what has expired, and stores what could not be stored before.
    pub(crate) async fn look_at_exchanges(&mut self) {
        let now = self.ports.clock.now();
        let overdue = |exchange: &&Exchange| exchange.has_expired(now) && !self.calls.is_about(exchange.id);
        let expired: Vec<_> = self.station.exchanges.iter().filter(overdue).map(|known| known.expired(now)).collect();
        let is_unstored = |exchange: &&Exchange| !exchange.is_open() && exchange.next_try_at <= now;
        let unstored: Vec<_> = self.station.exchanges.iter().filter(is_unstored).cloned().collect();
        for exchange in expired.into_iter().chain(unstored) {
            self.go_on(exchange).await;
        }
    }

    /// A new connection: what was on the wire of another one is to be sent again.
    pub(crate) fn resume_exchanges(&mut self) {
        let now = self.ports.clock.now();
        for exchange in &mut self.station.exchanges {
            *exchange = exchange.lost(now);
        }
    }

    async fn go_on(&mut self, exchange: Exchange) {
        self.station.put_exchange(exchange.kept(self.ports.clock.now()));
        if let Err(error) = self.store(exchange).await {
            self.trouble("what became of a command could not be stored; it is tried again", &error);
        }
    }

    pub(crate) async fn store(&mut self, exchange: Exchange) -> StoreResult<()> {
        let step = charging::exchanged(&self.station, exchange);
        let nobody_asked = MessageKey { id: "".into(), digest: 0 };
        let settled = self.settle(step, self.ports.clock.now(), &nobody_asked).await;
        self.commit(settled).await.map(|_| ())
    }
}
