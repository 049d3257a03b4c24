//! Commands on their way: each step is on disk, so that after a crash every one of them still gets its outcome.
//!
//! What was sent or answered cannot be undone: memory has it at once, and the store as soon as it can. Only sending waits
//! for the commit.

use amprule_domain::CommandId;
use amprule_domain::Timestamp;
use amprule_domain::charging;
use amprule_domain::command::{CommandAnswer, Exchange, ExchangeState, Origin, Unsayable};
use amprule_domain::doors::StoreResult;
use amprule_domain::effect::MessageKey;
use amprule_domain::event::StationEvent;
use amprule_domain::learned;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::calls::Waiting;
use crate::station::StationTask;
use amprule_domain::refused::CommandRefused;

/// A station that has just connected is asked nothing for so long, unless it speaks: many cannot take a request before their
/// boot has been answered, and start anew over it. One that has not booted may have nothing to say.
const SPEAKS_FIRST: SignedDuration = SignedDuration::from_secs(10);

impl StationTask {
    /// It is on disk when this answers.
    pub(crate) async fn order(&mut self, exchange: Exchange) -> Result<Exchange, CommandRefused> {
        let open = self.station.exchanges.iter().filter(|known| known.origin == Origin::Operator).count();
        if exchange.origin == Origin::Operator && open >= Exchange::OPEN_MAX {
            return Err(CommandRefused::Busy(open));
        }
        self.check_start(&exchange.command).await?;
        self.check_leaving(&exchange.command)?;
        self.ask_for_numbers(&exchange).await;
        self.store(exchange.clone()).await.map_err(|error| CommandRefused::NotStored(error.to_string()))?;
        self.look_at_exchanges().await;
        Ok(exchange)
    }

    /// One that was not sent is not sent any more.
    pub(crate) async fn withdraw(&mut self, id: CommandId) -> Result<Exchange, CommandRefused> {
        let is_open = |known: &&Exchange| known.id == id && known.is_open();
        let known = self.station.exchanges.iter().find(is_open).ok_or(CommandRefused::Over)?;
        match &known.origin {
            Origin::Operator | Origin::Server => {}
            Origin::Limit(_) => return Err(CommandRefused::Limit),
            Origin::Site(site) => return Err(CommandRefused::Site(site.clone())),
        }
        if self.calls.is_about(id) {
            return Err(CommandRefused::Sent);
        }
        let withdrawn = known.dropped("it was withdrawn", self.ports.clock.now());
        self.store(withdrawn.clone()).await.map_err(|error| CommandRefused::NotStored(error.to_string()))?;
        if let Some(change) = withdrawn.command.profile_change() {
            self.allow_old_profile_alone().await;
            self.put_slots_back(change).await;
        }
        Ok(withdrawn)
    }

    /// The oldest whose time has come.
    pub(crate) fn due(&self) -> Option<Exchange> {
        let now = self.ports.clock.now();
        let may_be_asked = |exchange: &&Exchange| self.asked_from(exchange).is_some_and(|from| from <= now);
        self.station.exchanges.iter().filter(may_be_asked).find(|exchange| exchange.is_due(now)).cloned()
    }

    /// When [`Self::look_at_exchanges`] or [`Self::due`] has something to do.
    pub(crate) fn exchanges_wake(&self) -> Option<Timestamp> {
        self.station.exchanges.iter().filter_map(|exchange| exchange.wakes(self.asked_from(exchange))).min()
    }

    /// From when on the station may hear this: it has spoken, or is silent.
    fn asked_from(&self, exchange: &Exchange) -> Option<Timestamp> {
        let may = self.link.is_some() && self.station.record.provisioning.allows(&exchange.command);
        may.then(|| self.speaks_first_until.unwrap_or(Timestamp::MIN))
    }

    /// On disk first, with its try counted; then on the wire.
    pub(crate) async fn send_exchange(&mut self, exchange: &Exchange) {
        let now = self.ports.clock.now();
        if !self.tell_password(&exchange.command).await || !self.tell_profile(exchange).await {
            return self.station.put_exchange(exchange.not_sent(now));
        }
        let sent = exchange.sent(now);
        let call = sent.call();
        if let Err(error) = self.store(sent.clone()).await {
            self.trouble("a command could not be stored; it is sent later", &error);
            return self.station.put_exchange(exchange.not_sent(now));
        }
        let numbered = self.numbered(&exchange.command).await;
        let command = self.by_its_way(numbered).await;
        let Some(link) = &mut self.link else { return };
        let written = tokio::select! {
            biased;
            written = link.command(&call, &command) => written,
            () = self.mailbox.newer_socket() => Err(Unsayable::Closed),
        };
        match written {
            Ok(reporting) => {
                self.ordered.asked(Some(exchange.id), &exchange.command, now);
                reporting.into_iter().for_each(|action| self.asked.remember(action));
                self.calls.sent(call, Instant::now() + self.settings.call_timeout, Waiting::Exchange(exchange.id));
            }
            Err(Unsayable::NotSupported(why)) => {
                self.password_not_told(&exchange.command).await;
                let why = self.why_unsayable(exchange, why);
                self.go_on(exchange.given_up(&why, now)).await;
            }
            Err(Unsayable::Closed) => {
                self.go_on(sent.lost(now)).await;
                self.disconnect(None).await;
            }
        }
    }

    /// A command was held against the version that the station spoke when it was ordered.
    fn why_unsayable(&self, exchange: &Exchange, why: String) -> String {
        match &self.spoke_before {
            Some((before, until)) if exchange.queued_at < *until => {
                let now = self.protocol();
                // What is missing of the whole has no place before it.
                let why = why.trim_start_matches(": ");
                format!(
                    "it was ordered for {before}, and the station speaks {now} now: {why}; order it again in its words"
                )
            }
            _ => why,
        }
    }

    /// An answer counts however late it comes, and whichever try it is for.
    pub(crate) async fn exchange_answered(&mut self, call: &str, answer: CommandAnswer, told: Option<&StationEvent>) {
        let Some(answer) = self.calls.was_said(call, answer) else { return };
        self.calls.is_answered(call);
        let mut open = self.station.exchanges.iter().filter(|exchange| exchange.is_open());
        let Some(exchange) = open.find(|exchange| exchange.was_asked_by(call)).cloned() else {
            return tracing::debug!(station = %self.station.record.id, "a command's answer came when it was over");
        };
        match exchange.command.profile_change().cloned() {
            // One of several steps: an earlier one's answer says nothing of this one.
            Some(_) if exchange.state != ExchangeState::Sent || exchange.call() != call => {}
            Some(change) => self.profile_answered(exchange, &change, answer, told).await,
            None => {
                self.password_answered(&exchange, &answer).await;
                let answered = exchange.answered(answer, self.ports.clock.now());
                if !answered.may_have_begun() {
                    self.ordered.refused(answered.id);
                }
                self.await_restart(&answered);
                self.go_on(answered).await;
            }
        }
    }

    /// By the command that it is the answer to.
    pub(crate) fn meant(&self, call: &str, event: Box<StationEvent>) -> Box<StationEvent> {
        let mut open = self.station.exchanges.iter().filter(|exchange| exchange.is_open());
        match open.find(|exchange| exchange.was_asked_by(call)) {
            Some(exchange) => Box::new(exchange.meant(*event)),
            None => event,
        }
    }

    /// Whether what an answer means is the next step's business.
    pub(crate) fn is_about_profile(&self, call: &str) -> bool {
        let mut open = self.station.exchanges.iter().filter(|exchange| exchange.step().is_some());
        open.any(|exchange| exchange.was_asked_by(call))
    }

    /// What the station has done with what it was asked, on disk before anybody hears of the answer.
    pub(crate) async fn learn(&mut self, means: Option<Box<StationEvent>>) {
        let Some(mut event) = means else { return };
        self.take_password(&event).await;
        self.place_stream(&mut event).await;
        let now = self.ports.clock.now();
        let step = learned(&self.station, &event, now);
        let settled = self.settle(step, now, &MessageKey::nobody()).await;
        if let Err(error) = self.commit(settled).await {
            self.trouble(
                "what a station has done with a request could not be stored; ask it again for what it holds",
                &error,
            );
        }
    }

    pub(crate) async fn exchange_unanswered(&mut self, id: CommandId) {
        if let Some(exchange) = self.station.exchanges.iter().find(|exchange| exchange.id == id && exchange.is_open()) {
            let unanswered = exchange.unanswered(self.ports.clock.now());
            tracing::info!(station = %unanswered.station, command = %id, tries = unanswered.tries, "a command was not answered");
            self.await_restart(&unanswered);
            self.go_on(unanswered.clone()).await;
            self.did_not_leave(&unanswered).await;
        }
    }

    /// Gives up what has expired or is replaced, and stores what could not be stored before.
    pub(crate) async fn look_at_exchanges(&mut self) {
        self.profile_overdue().await;
        let now = self.ports.clock.now();
        let gone_on = |known: &Exchange| match known.is_open() {
            true if self.has_profile(known) => Some(known.came_about(now)),
            false => (known.next_try_at <= now).then(|| known.clone()),
            true if known.has_expired(now) => Some(known.expired(now)),
            true => self.station.is_replaced(known).then(|| known.dropped("a newer command took its place", now)),
        };
        let ends = move |known: &Exchange| Some((known.is_open(), gone_on(known)?));
        let waiting = self.station.exchanges.iter().filter(|known| !self.calls.is_about(known.id));
        for (was_open, exchange) in waiting.filter_map(ends).collect::<Vec<_>>() {
            self.go_on(exchange.clone()).await;
            if was_open {
                self.did_not_leave(&exchange).await;
            }
        }
    }

    /// A new connection: what was on the wire of another one is to be sent again.
    pub(crate) async fn resume_exchanges(&mut self) {
        let now = self.ports.clock.now();
        self.speaks_first_until = now.checked_add(SPEAKS_FIRST).ok();
        for exchange in &mut self.station.exchanges {
            *exchange = exchange.lost(now);
            if exchange.waits_for_leaving() {
                *exchange = exchange.is_here(now);
            }
        }
        self.look_at_exchanges().await;
    }

    pub(crate) async fn go_on(&mut self, exchange: Exchange) {
        self.station.put_exchange(exchange.kept(self.ports.clock.now()));
        if let Err(error) = self.store(exchange).await {
            self.trouble("what became of a command could not be stored; it is tried again", &error);
        }
    }

    pub(crate) async fn store(&mut self, exchange: Exchange) -> StoreResult<()> {
        let step = charging::exchanged(&self.station, exchange);
        let settled = self.settle(step, self.ports.clock.now(), &MessageKey::nobody()).await;
        self.commit(settled).await.map(|_| ())
    }
}
