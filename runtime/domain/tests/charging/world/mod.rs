//! A station, its books and its hooks, all in memory and all deterministic.

use std::sync::{Arc, Mutex};

use amprule_domain::bill::Bill;
use amprule_domain::charging::{
    self, Admission, NotCarried, Proposal, Recall, Rules, Settled, Settling, Station, Step,
};
use amprule_domain::effect::{Effect, MessageKey};
use amprule_domain::event::{
    ChargingEvent, ChargingState, ConnectorStatus, Inbound, Naming, Phase, ProvisioningEvent, Repetition, StationEvent,
    TransactionEvent,
};
use amprule_domain::outbox::OutboxKind;
use amprule_domain::ports::{Ids, PricingAnswer};
use amprule_domain::pricing::{Pin, Price, PricedBy};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::reply::{AuthorizationStatus, Reply};
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::session::{Act, Verb};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::token::IdToken;
use amprule_domain::{
    CommandId, Currency, Decimal, DecisionId, Energy, Moment, SessionId, SessionNo, StationId, Timestamp, TransactionId,
};

const EPOCH: i64 = 1_780_000_000;

pub(crate) struct World {
    pub(crate) station: Station,
    /// Every session that was ever written, as a store has it. In the order in which they began to be known.
    pub(crate) books: Vec<Arc<Session>>,
    counter: Counter,
    effects: usize,
    pub(crate) commands: usize,
    pub(crate) verdict: AuthorizationStatus,
    pub(crate) max_energy: Option<Energy>,
    pub(crate) max_duration_s: Option<u64>,
    /// With it a minute costs one euro, and the price says that it changes then.
    pub(crate) next_change_at: Option<Timestamp>,
    /// The tariff that authorizations name.
    pub(crate) tariff: Option<String>,
    /// By which named tariff the session that was pinned last is priced.
    pub(crate) pinned_to: PinnedTo,
    /// Modifiers that cannot be asked.
    pub(crate) left_out: Vec<String>,
    /// Minutes of the day at which the tariff changes; with some, sessions are pinned.
    pub(crate) hours: Vec<u16>,
    /// The pinned version cannot be asked.
    pub(crate) falls_back: bool,
    /// It is the configuration's static tariff that prices.
    pub(crate) is_static: bool,
    pub(crate) bills: Vec<Bill>,
    /// What others were told.
    pub(crate) told: Vec<OutboxKind>,
    last: Option<Reply>,
    /// What was answered, as the engine knows it for a while.
    pub(crate) heard: Vec<StationEvent>,
}

type PinnedTo = Arc<Mutex<Option<String>>>;

fn pin(pinned_to: &PinnedTo, named: Option<&str>, hours: &[u16]) -> Option<Arc<Pin>> {
    *pinned_to.lock().expect("one thread") = named.map(str::to_owned);
    let boundaries = hours.to_vec();
    (!hours.is_empty()).then(|| Arc::new(Pin { boundaries, hash: "clock".to_owned(), ..Pin::missing("clock") }))
}

struct Counter(std::sync::atomic::AtomicI64);

impl Counter {
    fn next(&self) -> i64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(u128::from(self.next().unsigned_abs()))
    }
}

impl Ids for Counter {
    fn session(&self) -> SessionId {
        SessionId(self.uuid())
    }
    fn session_no(&self) -> SessionNo {
        SessionNo(self.next())
    }
    fn decision(&self) -> DecisionId {
        DecisionId(self.uuid())
    }

    fn command(&self) -> CommandId {
        CommandId(self.uuid())
    }
}

pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(EPOCH + minute * 60).expect("in range")
}

pub(crate) fn transaction(phase: Phase, name: Option<&str>, minute: i64) -> TransactionEvent {
    TransactionEvent {
        phase,
        naming: Naming::Theirs,
        transaction: name.map(TransactionId::from),
        seq_no: None,
        at: Some(at(minute)),
        told_at: None,
        evse: None,
        connector: None,
        token: None,
        readings: Vec::new(),
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    }
}

/// As the standard's messages are.
fn repetition(event: &StationEvent) -> Repetition {
    match event {
        StationEvent::Provisioning(ProvisioningEvent::Boot(_))
        | StationEvent::Provisioning(ProvisioningEvent::Heartbeat)
        | StationEvent::Availability(_)
        | StationEvent::Authorization(_) => Repetition::Anew,
        _ => Repetition::Same,
    }
}

pub(crate) fn inbound(event: StationEvent) -> Inbound {
    let (repetition, raw) = (repetition(&event), "{}".into());
    let (marks, signed) = (Vec::new(), Vec::new());
    Inbound { id: "m".into(), action: "Test", event, repetition, tells_cost: false, marks, signed, raw }
}

impl World {
    pub(crate) fn new() -> Self {
        let record = StationRecord::new(StationId::from("cs-1"), Provisioning::Accepted);
        Self {
            station: Station::new(record, Reported::default(), Vec::new(), Vec::new(), Vec::new(), Rules::default()),
            books: Vec::new(),
            counter: Counter(1.into()),
            effects: 0,
            commands: 0,
            verdict: AuthorizationStatus::Accepted,
            max_energy: None,
            max_duration_s: None,
            next_change_at: None,
            tariff: None,
            pinned_to: PinnedTo::default(),
            left_out: Vec::new(),
            hours: Vec::new(),
            falls_back: false,
            is_static: false,
            bills: Vec::new(),
            told: Vec::new(),
            last: None,
            heard: Vec::new(),
        }
    }

    /// Everything is read again from the books.
    pub(crate) fn restart(&mut self) {
        for session in &mut self.books {
            let written = serde_json::to_string(&session.price).expect("plain data");
            Arc::make_mut(session).price = serde_json::from_str(&written).expect("as it was written");
        }
        let record = self.station.record.clone();
        self.station = Station::new(record, Reported::default(), Vec::new(), Vec::new(), Vec::new(), Rules::default());
    }

    pub(crate) fn sessions(&self) -> &[Arc<Session>] {
        &self.station.sessions
    }

    pub(crate) fn only_session(&self) -> &Session {
        assert_eq!(self.station.sessions.len(), 1, "{:#?}", self.station.sessions);
        &self.station.sessions[0]
    }

    pub(crate) fn stops_due(&self) -> usize {
        self.station.exchanges.len()
    }

    pub(crate) fn effects(&self) -> usize {
        self.effects
    }

    pub(crate) fn last_status(&self) -> Option<AuthorizationStatus> {
        match self.last.as_ref()? {
            Reply::Transaction(reply) => reply.token.as_ref().map(|token| token.status),
            Reply::Authorize(info) => Some(info.status),
            _ => None,
        }
    }

    pub(crate) fn reading(&self, minute: i64, wh: i64) -> Vec<Reading> {
        vec![Reading::register(Some(at(minute)), Context::Periodic, Energy::from_wh(wh))]
    }

    pub(crate) fn hear(&mut self, event: StationEvent) -> Reply {
        let inbound = inbound(event);
        let (pinned_to, hours) = (Arc::clone(&self.pinned_to), self.hours.clone());
        let moment = Moment {
            now: at(100_000),
            clock_is_sane: true,
            ids: &self.counter,
            pin: &|_, named| pin(&pinned_to, named, &hours),
            protocol: "test",
            heartbeat_s: 300,
            is_watched: true,
            message: MessageKey { id: "m".into(), digest: 0 },
            was_heard: self.heard.contains(&inbound.event),
        };
        if let Some(recall) = charging::recall(&self.station, &inbound.event) {
            self.station.bring_back(found(&self.books, &recall));
        }
        let admission = match charging::propose(&self.station, &inbound.event, moment.was_heard) {
            Proposal::Ask(_) => {
                let mut admission = Admission::of_status(self.verdict);
                admission.limits.max_energy = self.max_energy;
                admission.limits.max_duration_s = self.max_duration_s;
                admission.tariff.clone_from(&self.tariff);
                admission
            }
            Proposal::Stands(admission) => admission,
        };
        let step = amprule_domain::apply(&self.station, &inbound, admission, &moment);
        let prices = self.price(&step, moment.now);
        let settled = charging::settle(
            &self.station,
            step,
            prices,
            &Settling { now: moment.now, ids: &self.counter, message: &moment.message },
        );
        self.heard.push(inbound.event);
        self.adopt(settled)
    }

    /// Time passes and nobody says anything.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        let step = charging::tick(&self.station, now);
        let prices = self.price(&step, now);
        let message = MessageKey { id: "".into(), digest: 0 };
        let settled =
            charging::settle(&self.station, step, prices, &Settling { now, ids: &self.counter, message: &message });
        self.adopt(settled);
    }

    /// A person does this to the only session.
    pub(crate) fn act(&mut self, verb: Verb) -> Result<(), NotCarried> {
        let now = at(100_000);
        let act = Act { verb, at: now, actor: "ann".to_owned(), reason: "because".to_owned() };
        let id = self.only_session().id;
        let step = charging::carry_out(&self.station, id, &act, &|_, named| pin(&self.pinned_to, named, &self.hours))?;
        let prices = self.price(&step, now);
        charging::may_stand(&act, &step, &prices)?;
        let message = MessageKey { id: "".into(), digest: 0 };
        let settled =
            charging::settle(&self.station, step, prices, &Settling { now, ids: &self.counter, message: &message });
        self.adopt(settled);
        Ok(())
    }

    fn price(&self, step: &Step, now: Timestamp) -> Vec<PricingAnswer> {
        let price = |id: &SessionId| {
            let session = step.seen(*id)?;
            let input = charging::pricing_input(&self.station.record, &self.station.reported, &session, now);
            let total = Decimal::from(input.session.duration_s / 60);
            let unit = if self.is_static { PricedBy::STATIC_TARIFF } else { "clock" };
            let by = PricedBy { fallback: self.falls_back || self.is_static, ..by(unit) };
            let left_out = self.left_out.clone();
            self.next_change_at.map(|next| Price { left_out, ..euros(total, now, next, input.purpose.is_final(), by) })
        };
        step.to_price.iter().map(|id| PricingAnswer { price: price(id), decisions: Vec::new() }).collect()
    }

    fn adopt(&mut self, settled: Settled) -> Reply {
        let written = settled.effects.iter().filter(|effect| matches!(effect, Effect::Session(_))).count();
        assert_eq!(written, settled.sessions.len(), "every changed session is written once");
        for effect in &settled.effects {
            if let Effect::Outbox(event) = effect {
                self.told.push(event.kind);
            }
            if let Effect::Bill(bill) = effect
                && !self.bills.iter().any(|known| (known.session, known.version) == (bill.session, bill.version))
            {
                self.bills.push(Bill::clone(bill));
            }
        }
        self.effects += settled.effects.len();
        self.commands += settled.exchanges.iter().filter(|exchange| exchange.is_open()).count();
        for session in &settled.sessions {
            match self.books.iter_mut().find(|known| known.id == session.id) {
                Some(known) => *known = session.clone(),
                None => self.books.push(session.clone()),
            }
        }
        let reply = settled.reply.clone();
        self.station.adopt(settled);
        self.last = Some(reply.clone());
        reply
    }

    pub(crate) fn start_v16(&mut self, minute: i64, evse: u32, wh: i64) -> i64 {
        let mut event = transaction(Phase::Started, None, minute);
        event.naming = Naming::Ours;
        event.evse = Some(evse);
        event.connector = Some(1);
        event.token = Some(IdToken::new("ABC", "ISO14443"));
        event.readings = vec![Reading::register(Some(at(minute)), Context::Begin, Energy::from_wh(wh))];
        match self.hear(StationEvent::Charging(ChargingEvent::Transaction(event))) {
            Reply::Transaction(reply) => reply.number.0,
            other => panic!("a start is answered with {other:?}"),
        }
    }

    pub(crate) fn meter_v16(&mut self, minute: i64, number: i64, wh: i64) {
        let mut event = transaction(Phase::Updated, Some(&number.to_string()), minute);
        event.naming = Naming::Ours;
        event.evse = Some(1);
        event.readings = self.reading(minute, wh);
        assert_eq!(self.hear(StationEvent::Charging(ChargingEvent::Transaction(event))), Reply::Empty);
    }

    pub(crate) fn stop_v16(&mut self, minute: i64, number: i64, wh: i64) -> Reply {
        let mut event = transaction(Phase::Ended, Some(&number.to_string()), minute);
        event.naming = Naming::Ours;
        event.readings = vec![Reading::register(Some(at(minute)), Context::End, Energy::from_wh(wh))];
        self.hear(StationEvent::Charging(ChargingEvent::Transaction(event)))
    }

    pub(crate) fn status(&mut self, minute: i64, evse: u32, state: ChargingState) {
        self.hear(StationEvent::Availability(ConnectorStatus {
            evse,
            connector: 1,
            status: "SuspendedEV".to_owned(),
            error: None,
            vendor: None,
            at: Some(at(minute)),
            charging: Some(state),
        }));
    }

    pub(crate) fn begin_v2(&mut self, name: &str, seq_no: u32, minute: i64, wh: i64) {
        self.tell_v2(name, Phase::Started, seq_no, minute, wh);
    }

    pub(crate) fn update_v2(&mut self, name: &str, seq_no: u32, minute: i64, wh: i64) {
        self.tell_v2(name, Phase::Updated, seq_no, minute, wh);
    }

    pub(crate) fn end_v2(&mut self, name: &str, seq_no: u32, minute: i64, wh: i64) {
        self.tell_v2(name, Phase::Ended, seq_no, minute, wh);
    }

    /// An end without a register.
    pub(crate) fn end_silently_v2(&mut self, name: &str, seq_no: u32, minute: i64) {
        let mut event = self.event_v2(name, Phase::Ended, seq_no, minute, 0);
        event.readings.clear();
        self.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    }

    /// The cable came first, the card later.
    pub(crate) fn show_token_v2(&mut self, name: &str, seq_no: u32, minute: i64, wh: i64, token: &str) {
        let mut event = self.event_v2(name, Phase::Updated, seq_no, minute, wh);
        event.token = Some(IdToken::new(token, "ISO14443"));
        self.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
    }

    fn event_v2(&self, name: &str, phase: Phase, seq_no: u32, minute: i64, wh: i64) -> TransactionEvent {
        let mut event = transaction(phase, Some(name), minute);
        event.seq_no = Some(seq_no);
        event.evse = Some(1);
        event.token = (phase == Phase::Started).then(|| IdToken::new("CARD", "ISO14443"));
        event.readings = self.reading(minute, wh);
        event
    }

    pub(crate) fn tell_v2(&mut self, name: &str, phase: Phase, seq_no: u32, minute: i64, wh: i64) {
        let event = self.event_v2(name, phase, seq_no, minute, wh);
        let reply = self.hear(StationEvent::Charging(ChargingEvent::Transaction(event)));
        assert!(matches!(reply, Reply::Transaction(_)), "{reply:?}");
    }
}

fn found(books: &[Arc<Session>], recall: &Recall) -> Vec<Session> {
    let is_meant = |session: &&Arc<Session>| match recall {
        Recall::Transaction(name) => session.transaction == *name,
        Recall::BegunAt(at) => session.started_at == *at,
    };
    books.iter().filter(is_meant).map(|session| Session::clone(session)).collect()
}

fn by(unit: &str) -> PricedBy {
    PricedBy { unit: unit.to_owned(), version: "1".to_owned(), hash: String::new(), fallback: false }
}

fn euros(total: Decimal, at: Timestamp, next: Timestamp, is_final: bool, by: PricedBy) -> Price {
    Price { next_change_at: Some(next), ..Price::plain(Currency::EUR, total, at, is_final, Arc::new(by)) }
}

/// Splitmix64: the same seed throws the same dice.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((z ^ (z >> 31)) % u64::from(bound)).expect("below a u32")
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(u32::try_from(last + 1).expect("short")) as usize;
            items.swap(last, other);
        }
    }
}
