//! A message's whole way: understood, asked about, committed, answered.

use amprule_domain::charging::{self, Admission, Happened, Proposal, Settled, Settling, Station, Step};
use amprule_domain::doors::StoreResult;
use amprule_domain::effect::{Answered, Effect, MessageKey};
use amprule_domain::event::{Inbound, ProvisioningEvent, StationEvent};
use amprule_domain::ports::{About, PricingAnswer};
use amprule_domain::reply::{Refusal, RefusalCode, Reply};
use amprule_domain::session::SessionState;
use amprule_domain::station::Provisioning;
use amprule_domain::{Moment, Occasion, SessionId, Timestamp, apply, may_repeat};
use xxhash_rust::xxh3::xxh3_64;

use crate::happened;
use crate::station::StationTask;

impl StationTask {
    /// Replies only after COMMIT: nothing is answered whose effects could still be lost.
    pub(crate) async fn hear(&mut self, inbound: &Inbound) -> Result<Reply, Refusal> {
        let message = key(inbound);
        if let Some(reply) = self.answered.find(&message).filter(|reply| may_repeat(inbound, reply)) {
            return Ok(reply);
        }
        self.refuse_rejected(inbound)?;
        self.refuse_unasked(inbound)?;
        if let Some(reply) = self.refuse_signing(inbound).await {
            return Ok(reply);
        }
        if let Some(reply) = self.vouch(inbound).await {
            return Ok(reply);
        }
        if let Some(reply) = self.pulled(inbound).await {
            return Ok(reply);
        }
        self.recall(inbound).await?;
        let foreseen = match self.foreseen(inbound).await {
            None => self.as_ordered(inbound).await,
            foreseen => foreseen,
        };
        let inbound = foreseen.as_ref().unwrap_or(inbound);

        let hooks = self.ports.hooks.clone();
        let pin = |at: &Occasion<'_>, tariff: Option<&str>| hooks.pin(at, tariff);
        let now = self.ports.clock.now();
        let moment = Moment {
            now,
            clock_is_sane: self.shared.timekeeping.is_sane(now),
            ids: &*self.ports.ids.clone(),
            pin: &pin,
            protocol: self.protocol(),
            heartbeat_s: self.heartbeat_s(),
            is_watched: self.shared.notices.receiver_count() > 0,
            was_heard: self.answered.was_heard(&inbound.event, message.digest),
            message,
        };
        let (admission, accepted) = match charging::propose(&self.station, &inbound.event, moment.was_heard) {
            Proposal::Ask(question) => self.ask(question, moment.now).await,
            Proposal::Stands(admission) => (admission, None),
        };
        let step = self.apply(inbound, admission, &moment);
        let mut settled = self.settle(step, moment.now, &moment.message).await;
        self.tell_news(&mut settled, inbound);
        let is_new = !settled.effects.is_empty();
        let reply = self.commit(settled).await.map_err(|error| self.not_stored(&error))?;
        drop(accepted);
        if is_new {
            self.answered.add(&inbound.event, Answered { message: moment.message, reply: reply.clone() });
        }
        Ok(reply)
    }

    /// What the driver could not be told before stands in the first answer that has room for it.
    fn tell_news(&self, settled: &mut Settled, inbound: &Inbound) {
        if let Reply::Transaction(reply) = &mut settled.reply
            && inbound.tells_cost
            && reply.token.is_none()
        {
            reply.news = self.ports.prices.owed(&self.station.record.id, &reply.transaction);
        }
    }

    /// Asks what the step's sessions cost, and puts it in.
    pub(crate) async fn settle(&mut self, step: Step, now: Timestamp, message: &MessageKey) -> Settled {
        let prices = self.price(&step, now).await;
        charging::settle(&self.station, step, prices, &Settling { now, ids: &*self.ports.ids, message })
    }

    /// Whatever fails, the state stays as it was.
    pub(crate) async fn commit(&mut self, mut settled: Settled) -> StoreResult<Reply> {
        let effects = std::mem::take(&mut settled.effects);
        if effects.is_empty() {
            return Ok(settled.reply);
        }
        let has_events = effects.iter().any(|effect| matches!(effect, Effect::Outbox(_)));
        self.ports.store.commit(effects).await?;
        if has_events {
            self.shared.outbox.send_replace(());
        }
        let (reply, happened) = (settled.reply.clone(), std::mem::take(&mut settled.happened));
        let told = match &reply {
            Reply::Transaction(reply) => reply.total_cost.map(|total| (reply.number, total)),
            _ => None,
        };
        let ending = self.ending(&happened);
        self.station.adopt(settled);
        self.set_alarm();
        self.count(&ending);
        happened::tell(&self.shared.notices, &self.station, happened, told, self.ports.clock.now());
        Ok(reply)
    }

    /// Sessions that end with this, and had not.
    fn ending(&self, happened: &[Happened]) -> Vec<SessionId> {
        let was_over = |id: &SessionId| {
            let mut sessions = self.station.sessions.iter();
            sessions.any(|session| session.id == *id && session.state == SessionState::Ended)
        };
        let ended = |event: &Happened| match event {
            Happened::Ended(id) if !was_over(id) => Some(*id),
            _ => None,
        };
        happened.iter().filter_map(ended).collect()
    }

    fn count(&self, ended: &[SessionId]) {
        for session in self.station.sessions.iter().filter(|session| ended.contains(&session.id)) {
            self.shared.counters.ended(&self.station.reported.identity.boot, &session.marks);
        }
    }

    fn apply(&self, inbound: &Inbound, admission: Admission, moment: &Moment<'_>) -> Step {
        if !inbound.marks.is_empty() {
            self.shared.counters.repaired(&self.station.reported.identity.boot, &inbound.marks);
        }
        apply(&self.station, inbound, admission, moment)
    }

    pub(crate) async fn price(&mut self, step: &Step, now: Timestamp) -> Vec<PricingAnswer> {
        let mut answers = Vec::with_capacity(step.to_price.len());
        for session in step.to_price.iter().filter_map(|id| step.seen(*id)) {
            if !self.ports.hooks.may_price(session.pin.as_deref()) {
                answers.push(PricingAnswer { price: None, decisions: Vec::new() });
                continue;
            }
            let Station { record, reported, .. } = &self.station;
            let input = charging::pricing_input(record, reported, &session, now);
            let about = About { station: session.station.clone(), session: Some(session.id) };
            answers.push(self.ports.hooks.price(session.pin.as_deref(), input, about).await);
        }
        answers
    }

    /// OCPP 2.0.1 B03.FR.07: a rejected station may say nothing but that it has booted.
    fn refuse_rejected(&self, inbound: &Inbound) -> Result<(), Refusal> {
        let rejected = self.station.record.provisioning == Provisioning::Rejected;
        if !rejected || matches!(inbound.event, StationEvent::Provisioning(ProvisioningEvent::Boot(_))) {
            return Ok(());
        }
        Err(Refusal::new(RefusalCode::SecurityError, "this station is rejected; the operator has to accept it first"))
    }

    fn not_stored(&self, error: &amprule_domain::doors::StoreError) -> Refusal {
        self.trouble("a message could not be stored; the station is told to send it again", error);
        Refusal::new(RefusalCode::InternalError, "the message could not be stored, send it again")
    }
}

fn key(inbound: &Inbound) -> MessageKey {
    let digest = xxh3_64(inbound.raw.as_bytes()) ^ xxh3_64(inbound.action.as_bytes());
    MessageKey { id: inbound.id.clone(), digest }
}
