//! A station's task: the only place where its state changes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use amprule_domain::charging::{self, Station};
use amprule_domain::command::{Command, Exchange, Unsayable};
use amprule_domain::doors::{StoreError, StoreResult};
use amprule_domain::effect::Effect;
use amprule_domain::event::{Inbound, ProvisioningEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{CallRefused, CloseReason, Closed, Link, Received, Ticket};
use amprule_domain::reported::{Identity, Report, Reported};
use amprule_domain::reservation::Places;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::{StationId, Timestamp};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::alarm::Alarm;
use crate::answered::AnsweredRing;
use crate::asked::Asked;
use crate::calls::{self, Answer, Call, CallFailed, Calls, Waiting};
use crate::door::would_let_in;
use crate::key_codes::KeyCodes;
use crate::mailbox::{Mail, Mailbox, Shown};
use crate::ordered::{Ordered, as_shown};
use crate::plans::Renegotiated;
use crate::ports::Ports;
use crate::settings::{Settings, UnknownStations};
use crate::shared::Shared;
use crate::stations::Stations;
use crate::timekeeping::Vote;

/// What a task is given.
pub(crate) struct Outside {
    pub ports: Arc<Ports>,
    pub shared: Arc<Shared>,
    pub settings: Arc<Settings>,
    /// Weak, because the handles in there keep the task alive.
    pub stations: Weak<Stations>,
}

pub(crate) struct StationTask {
    pub ports: Arc<Ports>,
    pub shared: Arc<Shared>,
    pub settings: Arc<Settings>,
    pub station: Station,
    pub answered: AnsweredRing,
    pub alarm: Alarm,
    pub asked: Asked,
    pub link: Option<Box<dyn Link>>,
    /// On its present connection the station has said nothing yet; it is given the first word until then.
    pub speaks_first_until: Option<Timestamp>,
    /// Somebody who was not the device.
    pub has_sent_away: bool,
    pub calls: Calls,
    pub key_codes: KeyCodes,
    pub ordered: Ordered,
    /// The hash of a password that was told more than once.
    pub told_again: Option<String>,
    /// Which numbers of profiles the station keeps from us.
    pub has_asked_numbers: bool,
    /// What it spoke before its present version, and until when.
    pub spoke_before: Option<(String, Timestamp)>,
    pub renegotiated: Renegotiated,
    /// A reset after which it has not started anew yet.
    pub restarting: Option<Box<Exchange>>,
    pub mailbox: Mailbox,
    vote: Vote,
    stations: Weak<Stations>,
}

/// How long a replaced socket is given to hear that it was.
const FAREWELL_MAX: Duration = Duration::from_millis(100);

/// What there is to do next.
#[expect(clippy::large_enum_variant, reason = "it lives for one step; a box would be an allocation for each message")]
enum Work {
    Mail(Option<Mail>),
    Heard(Received),
    /// A call was not answered in time, or a command's time has come.
    Overdue,
    DeadlineCame,
    Idle,
}

/// Runs until the engine shuts down or nobody needs the station. `_alive` is dropped with it, which is how the engine
/// knows.
pub(crate) async fn run(id: StationId, outside: Outside, mut mailbox: Mailbox, _alive: mpsc::Sender<()>) {
    let Outside { ports, shared, settings, stations } = outside;
    loop {
        let mail = match timeout(settings.unload_after, mailbox.mail.recv()).await {
            Ok(Some(mail)) => mail,
            Err(_) if !may_end(&stations, &id, &mailbox) => continue,
            Ok(None) | Err(_) => return,
        };
        let (station, answered) = match Box::pin(load(&id, &ports, &settings)).await {
            Ok(loaded) => loaded,
            Err(error) => {
                shared.troubles.tell("a station's state could not be read; it has to connect again", &id, &error);
                continue;
            }
        };
        let (alarm, asked, calls, vote) = (Alarm::default(), Asked::default(), Calls::default(), Vote::default());
        let (link, speaks_first_until) = (None, None);
        let mut task = StationTask {
            ports,
            shared,
            settings,
            station,
            answered,
            alarm,
            asked,
            link,
            speaks_first_until,
            has_sent_away: false,
            vote,
            stations,
            calls,
            key_codes: KeyCodes::default(),
            ordered: Ordered::default(),
            told_again: None,
            has_asked_numbers: false,
            spoke_before: None,
            renegotiated: Renegotiated::new(),
            restarting: None,
            mailbox,
        };
        if Box::pin(task.take(*mail)).await {
            task.set_alarm();
            task.work_until_the_end().await;
        }
        return;
    }
}

fn may_end(stations: &Weak<Stations>, id: &StationId, mailbox: &Mailbox) -> bool {
    stations.upgrade().is_none_or(|stations| stations.retire(id, &mailbox.mail))
}

async fn load(id: &StationId, ports: &Ports, settings: &Settings) -> StoreResult<(Station, AnsweredRing)> {
    let (record, reported) = match ports.store.station(id).await? {
        Some(record) => (record, ports.store.reported(id).await?),
        None => (stranger(id, settings), Reported::default()),
    };
    let sessions = ports.store.live_sessions(id, Station::ENDED_AT_HAND).await?;
    let answered = AnsweredRing::new(ports.store.answered(id, AnsweredRing::MAX).await?);
    let connectors = ports.store.connectors(id).await?;
    let places = Places::read(&ports.store.held(id, Kind::Reservation, "").await?);
    let now = ports.clock.now();
    // What was on the wire when the task, or the process, ended is to be sent again.
    let exchanges = ports.store.open_exchanges(id).await?.iter().map(|exchange| exchange.lost(now)).collect();
    let station = Station::new(record, reported, sessions, connectors, exchanges, settings.rules);
    Ok((station.keeping(places), answered))
}

fn stranger(id: &StationId, settings: &Settings) -> StationRecord {
    let pending = settings.unknown_stations == UnknownStations::Pending;
    StationRecord::new(id.clone(), if pending { Provisioning::Pending } else { Provisioning::Accepted })
}

/// A panic ends this task alone. The mail in its mailbox is dropped with it, and so are their sockets: the station
/// connects again and gets a task that reads its state from the store.
impl Drop for StationTask {
    fn drop(&mut self) {
        self.vote.withdraw(&self.shared.timekeeping);
        if !std::thread::panicking() {
            return;
        }
        let id = &self.station.record.id;
        if let Some(stations) = self.stations.upgrade() {
            stations.forget(id, &self.mailbox.connection);
        }
        tracing::error!(
            station = %id,
            "a bug ended the station's task; what was answered is stored, and the station may connect again. \
             Please report this together with the panic before it"
        );
        if let Some(link) = &self.link {
            self.tell("station.disconnected", json!({ "protocol": link.protocol() }));
        }
    }
}

impl StationTask {
    /// Work is boxed while it lasts: a task is as large as its largest step, and most stations are silent.
    async fn work_until_the_end(&mut self) {
        loop {
            let goes_on = match self.next().await {
                Work::Mail(Some(mail)) => Box::pin(self.take(mail)).await,
                Work::Mail(None) => false,
                Work::Heard(received) => {
                    Box::pin(self.receive(received)).await;
                    true
                }
                Work::Overdue => {
                    Box::pin(self.look_at_calls()).await;
                    true
                }
                Work::DeadlineCame => {
                    Box::pin(self.deadline_came()).await;
                    true
                }
                Work::Idle => !may_end(&self.stations, &self.station.record.id, &self.mailbox),
            };
            if !goes_on {
                return;
            }
            if self.may_send() {
                Box::pin(self.send_waiting()).await;
            }
        }
    }

    async fn next(&mut self) -> Work {
        let is_idle = self.link.is_none() && self.alarm.at().is_none() && self.exchanges_wake().is_none();
        let deadline = self.next_overdue();
        let link = async {
            match &mut self.link {
                Some(link) => link.receive().await,
                None => std::future::pending().await,
            }
        };
        let overdue = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let idle = async {
            match is_idle {
                true => sleep(self.settings.unload_after).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            mail = self.mailbox.mail.recv() => Work::Mail(mail.map(|mail| *mail)),
            () = overdue => Work::Overdue,
            received = link => Work::Heard(received),
            () = self.alarm.rings() => Work::DeadlineCame,
            () = idle => Work::Idle,
        }
    }

    async fn receive(&mut self, received: Received) {
        match received {
            Received::Event(inbound) => self.answer(inbound).await,
            Received::Answer { id, answer, means } => {
                let told = means.as_ref().filter(|_| self.is_about_profile(&id)).cloned();
                self.learn(means.map(|event| self.meant(&id, event))).await;
                self.exchange_answered(&id, answer, told.as_deref()).await;
            }
            Received::Raw { id, outcome, means } => {
                self.learn(means).await;
                self.calls.answered(&id, outcome);
            }
            Received::Sent(event) => self.learn(Some(event)).await,
            Received::Closed => self.disconnect(None).await,
        }
    }

    async fn answer(&mut self, mut inbound: Inbound) {
        let now = self.ports.clock.now();
        self.mailbox.connection.heard(now);
        if !self.link.as_ref().is_some_and(|link| link.is_device()) {
            self.vote.hear(&self.shared.timekeeping, &inbound, now);
        }
        charging::believe_times(&mut inbound, now, self.shared.timekeeping.is_sane(now));
        let answer = self.hear(&inbound).await.map(|reply| as_shown(reply, &inbound));
        if matches!(inbound.event, StationEvent::Provisioning(ProvisioningEvent::Boot(_))) && answer.is_ok() {
            self.has_booted().await;
            self.profile_after_boot().await;
        }
        self.shared.counters.heard(self.protocol(), inbound.action, answer.is_ok());
        self.shared.troubles.tell_what_is_over();
        let Some(link) = &mut self.link else {
            return;
        };
        let written = tokio::select! {
            biased;
            written = link.answer(&inbound, answer) => written,
            () = self.mailbox.newer_socket() => Err(Closed),
        };
        self.speaks_first_until = None;
        if written.is_err() {
            self.disconnect(None).await;
        }
    }

    /// False: the task ends.
    async fn take(&mut self, mail: Mail) -> bool {
        match mail {
            Mail::Attach(link, ticket) if ticket > self.mailbox.socket => self.attach(link, ticket).await,
            Mail::Attach(..) => {
                tracing::debug!(station = %self.station.record.id, "an older socket came late and is closed");
            }
            Mail::Call(call) if self.link.is_none() => call.asked.fail(CallFailed::NotConnected),
            Mail::Call(call) => self.calls.queue(call, self.settings.calls_queued_max),
            Mail::Order(exchange, done) => drop(done.send(self.order(*exchange).await)),
            Mail::Withdraw(id, done) => drop(done.send(self.withdraw(id).await)),
            Mail::Act(session, act, done) => drop(done.send(self.act(session, act).await)),
            Mail::Place(location, done) => drop(done.send(self.place(location).await)),
            Mail::Configure(record, done) => drop(done.send(self.configure(*record).await)),
            Mail::Delete(done) => drop(done.send(self.delete().await)),
            Mail::Shown(Shown::Password(hash)) => self.password_shown(hash).await,
            Mail::Shown(Shown::Profile(profile)) => self.profile_shown(profile).await,
            Mail::Shown(Shown::Certificate(shown)) => self.certificate_shown(*shown).await,
            Mail::Wake => {}
            Mail::Shutdown => {
                self.disconnect(Some(CloseReason::Shutdown)).await;
                return false;
            }
        }
        true
    }

    async fn attach(&mut self, mut link: Box<dyn Link>, ticket: Ticket) {
        self.mailbox.socket = ticket;
        if self.link.as_ref().is_some_and(|link| link.is_device()) && !link.is_device() {
            return self.send_away(link).await;
        }
        if self.link.is_some() {
            self.disconnect(Some(CloseReason::Superseded)).await;
        }
        if let Err(error) = self.enter(link.protocol()).await {
            return self.trouble("a station could not be entered; its connection is closed", &error);
        }
        link.set_zone(self.station.record.zone());
        let (heard, now) = (self.mailbox.connection.last_heard(), self.ports.clock.now());
        let asks_what_runs = link.protocol().starts_with("ocpp2") && !link.is_device();
        self.mailbox.connection.opened(link.protocol(), now);
        self.tell("station.connected", json!({ "protocol": link.protocol() }));
        self.link = Some(link);
        self.has_sent_away = false;
        self.station.hold_off(self.ports.clock.now());
        self.set_alarm();
        self.has_reconnected().await;
        self.resume_exchanges().await;
        for stop in self.station.stops_due(&*self.ports.ids, now) {
            if let Err(error) = self.store(stop).await {
                self.trouble(
                    "a session could not be told to stop; it is tried when the station connects again",
                    &error,
                );
            }
        }
        let asked =
            if asks_what_runs { self.station.whereabouts_due(heard, &*self.ports.ids, now) } else { Vec::new() };
        for question in asked {
            if let Err(error) = self.store(question).await {
                self.trouble("a station could not be asked what runs; it is when it connects again", &error);
            }
        }
    }

    /// Told once for each time that the device is there: a station tries again and again.
    async fn send_away(&mut self, mut link: Box<dyn Link>) {
        if !std::mem::replace(&mut self.has_sent_away, true) {
            tracing::warn!(
                station = %self.station.record.id,
                "somebody connects by OCPP under the id of a device, and is sent away: give the station another id"
            );
        }
        link.close(CloseReason::Taken).await;
    }

    /// A station is in the books from its first connection on, whether it boots or not.
    async fn enter(&mut self, protocol: &'static str) -> StoreResult<()> {
        let Station { record, reported, .. } = &self.station;
        if reported.identity.protocol.as_deref() == Some(protocol) {
            return Ok(());
        }
        let identity = Identity { protocol: Some(protocol.to_owned()), ..reported.identity.clone() };
        let report = Report::Identity(identity);
        let is_new = self.ports.store.station(&record.id).await?.is_none();
        let entry = is_new.then(|| Effect::Station(Box::new(record.clone())));
        let said = Effect::Reported { station: record.id.clone(), report: Box::new(report.clone()) };
        let before = reported.identity.protocol.clone();
        self.ports.store.commit(entry.into_iter().chain([said]).collect()).await?;
        self.spoke_before = before.map(|before| (before, self.ports.clock.now()));
        self.station.reported.take(report);
        Ok(())
    }

    async fn configure(&mut self, given: StationRecord) -> StoreResult<()> {
        let is_in = self.link.is_some();
        let revoked = is_in && (given.provisioning == Provisioning::Rejected || !self.may_stay(&given));
        self.ports.store.commit(vec![Effect::Station(Box::new(given.clone()))]).await?;
        self.station.record = given;
        self.tell("station.changed", json!({}));
        let zone = self.station.record.zone();
        if let Some(link) = &mut self.link {
            link.set_zone(zone);
        }
        if revoked {
            self.disconnect(Some(CloseReason::Revoked)).await;
        }
        Ok(())
    }

    /// Where something is otherwise that the door looks at, the connection stays that would be let in again as it came.
    fn may_stay(&self, given: &StationRecord) -> bool {
        let ours = &self.station.record;
        let is_as_before = given.password_hash == ours.password_hash
            && given.security_profile == ours.security_profile
            && given.certificate_name == ours.certificate_name;
        let came = self.link.as_ref().and_then(|link| link.visitor(&ours.id));
        is_as_before || came.is_none_or(|visitor| would_let_in(&self.ports, given, &visitor))
    }

    async fn place(&mut self, location: String) -> StoreResult<()> {
        match self.station.record.location.as_ref() == Some(&location) {
            true => Ok(()),
            false => self.configure(StationRecord { location: Some(location), ..self.station.record.clone() }).await,
        }
    }

    async fn delete(&mut self) -> StoreResult<()> {
        let id = self.station.record.id.clone();
        self.disconnect(Some(CloseReason::Revoked)).await;
        self.ports.store.commit(vec![Effect::StationGone(id.clone())]).await?;
        (self.station, self.answered) = load(&id, &self.ports, &self.settings).await?;
        self.set_alarm();
        Ok(())
    }

    /// `None`: the other side is gone already.
    pub(crate) async fn disconnect(&mut self, why: Option<CloseReason>) {
        if let Some(command) = self.calls.disconnected() {
            self.exchange_unanswered(command).await;
        }
        self.asked.forget();
        let Some(mut link) = self.link.take() else {
            return;
        };
        self.mailbox.connection.closed();
        self.tell("station.disconnected", json!({ "protocol": link.protocol() }));
        self.profile_away().await;
        match why {
            // The old socket may be half dead: the new one does not wait for its farewell.
            Some(why @ CloseReason::Superseded) => drop(timeout(FAREWELL_MAX, link.close(why)).await),
            Some(why) => link.close(why).await,
            None => {}
        }
    }

    fn may_send(&self) -> bool {
        self.link.is_some() && !self.calls.is_outstanding() && (self.calls.is_waiting() || self.due().is_some())
    }

    /// One call at a time (OCPP-J 2.0.1, 4.1.1). Commands go first: people who look for a fault are patient.
    async fn send_waiting(&mut self) {
        while self.may_send() {
            match self.due() {
                Some(exchange) => self.send_exchange(&exchange).await,
                None => match self.calls.next() {
                    Some(call) => self.send_call(call).await,
                    None => return,
                },
            }
        }
    }

    async fn send_call(&mut self, call: Call) {
        let id = self.ports.ids.call();
        let (sent, answer) = match call.asked {
            calls::Asked::Raw { action, payload, answer } => {
                let sent = self.send_raw(&id, &action, &payload).await;
                if sent.is_ok() {
                    let asked = Command::Request { action: action.into(), payload: payload.into() };
                    self.ordered.asked(None, &asked, self.ports.clock.now());
                }
                (sent, Answer::Raw(answer))
            }
            calls::Asked::Said { command, answer } => (self.say(&id, &command).await, Answer::Said(answer)),
        };
        match sent {
            Ok(reporting) => {
                reporting.into_iter().for_each(|action| self.asked.remember(action));
                self.calls.sent(id, Instant::now() + self.settings.call_timeout, Waiting::Asker(answer));
            }
            Err(CallFailed::Refused(CallRefused::Closed)) => {
                answer.fail(CallFailed::Gone);
                self.disconnect(None).await;
            }
            Err(failed) => answer.fail(failed),
        }
    }

    async fn send_raw(&mut self, id: &str, action: &str, payload: &str) -> Result<Option<&'static str>, CallFailed> {
        let raw = self.link.as_mut().and_then(|link| link.raw()).ok_or(CallFailed::NoRaw)?;
        tokio::select! {
            biased;
            sent = raw.call(id, action, payload) => Ok(sent?),
            () = self.mailbox.newer_socket() => Err(CallRefused::Closed.into()),
        }
    }

    async fn say(&mut self, id: &str, command: &Command) -> Result<Option<&'static str>, CallFailed> {
        if !self.station.still_wants(command) {
            return Err(CallFailed::Over);
        }
        let link = self.link.as_mut().ok_or(CallFailed::NotConnected)?;
        let said = tokio::select! {
            biased;
            said = link.command(id, command) => said,
            () = self.mailbox.newer_socket() => Err(Unsayable::Closed),
        };
        said.map_err(|why| match why {
            Unsayable::NotSupported(why) => CallFailed::Unsayable(why),
            Unsayable::Closed => CallRefused::Closed.into(),
        })
    }

    async fn look_at_calls(&mut self) {
        if let Some(command) = self.calls.time_out(self.settings.call_timeout) {
            self.exchange_unanswered(command).await;
        }
        self.look_at_exchanges().await;
    }

    fn next_overdue(&self) -> Option<Instant> {
        let now = self.ports.clock.now();
        let in_time = |at: Timestamp| Instant::now() + Duration::try_from(at.duration_since(now)).unwrap_or_default();
        // While a call is outstanding, the next one waits for it.
        let exchanges = self.exchanges_wake().map(in_time).filter(|_| !self.calls.is_outstanding());
        self.calls.deadline().into_iter().chain(exchanges).min()
    }

    pub(crate) fn tell(&self, kind: &'static str, data: serde_json::Value) {
        let (at, station) = (self.ports.clock.now(), Some(self.station.record.id.clone()));
        let _ = self.shared.notices.send(Arc::new(Notice { at, kind, station, session: None, extension: None, data }));
    }

    pub(crate) fn trouble(&self, what: &'static str, error: &StoreError) {
        self.shared.troubles.tell(what, &self.station.record.id, error);
    }

    pub(crate) fn protocol(&self) -> &'static str {
        self.link.as_ref().map_or("", |link| link.protocol())
    }

    pub(crate) fn heartbeat_s(&self) -> u32 {
        u32::try_from(self.settings.heartbeat.as_secs()).unwrap_or(u32::MAX)
    }
}
