//! One circuit, a house beside it, and cars that behave as people have reported: second by second.

use std::collections::VecDeque;
use std::sync::Arc;

use amprule_domain::event::ChargingState;
use amprule_domain::load::{
    Amperes, Answered, Circuit, EvseView, Flow, Granted, MeterReading, Order, Seen, SeenSession, Shares, Site,
    SiteEvse, Steering,
};
use amprule_domain::{Decimal, Energy, SessionId, StationId, Timestamp, TransactionId};
use jiff::SignedDuration;

/// What the field says of a station and its car.
#[derive(Clone)]
pub(crate) struct Habits {
    /// What the car takes of each of the station's phases, in A.
    pub(crate) appetite: [i64; 3],
    /// So many seconds pass until it follows.
    pub(crate) follows_s: usize,
    /// It says what it draws so often.
    pub(crate) tells_s: Option<usize>,
    /// What it could not say while it was away it says when it is back, one each second, before anything else.
    pub(crate) repeats: bool,
    /// So many seconds its clock is behind.
    pub(crate) clock_s: i64,
    /// By phase; otherwise as a power.
    pub(crate) tells_phases: bool,
    pub(crate) answers: bool,
    /// It takes limits of transactions.
    pub(crate) takes_transactions: bool,
    pub(crate) takes_zero: bool,
    /// It says yes, and draws what it likes.
    pub(crate) lies: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            appetite: [32; 3],
            follows_s: 2,
            tells_s: None,
            repeats: false,
            clock_s: 0,
            tells_phases: true,
            answers: true,
            takes_transactions: true,
            takes_zero: true,
            lies: false,
        }
    }
}

struct Seat {
    habits: Habits,
    is_connected: bool,
    has_car: bool,
    plugged_at: Timestamp,
    standing: Amperes,
    transaction: Option<Amperes>,
    /// Its limits of late, the newest last.
    limits: VecDeque<Amperes>,
    /// What it has still to say of what it draws.
    unsaid: VecDeque<Flow>,
}

/// What was said to whom, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) second: usize,
    pub(crate) evse: usize,
    pub(crate) is_of_transaction: bool,
    pub(crate) amperes: u32,
}

pub(crate) struct Lab {
    site: Arc<Site>,
    seats: Vec<Seat>,
    steering: Steering,
    /// What the house draws of each phase, in A.
    pub(crate) house: [i64; 3],
    pub(crate) said: Vec<Said>,
    wire: Vec<Order>,
    now: Timestamp,
    /// That have left.
    cars: u128,
    pub(crate) second: usize,
}

impl Lab {
    /// Nobody charges yet, and the first standing limits are told.
    pub(crate) fn new(most: u32, is_metered: bool, safe: u32, habits: &[Habits]) -> Self {
        let evse = |at: usize| SiteEvse {
            station: StationId::new(format!("cs{at}")),
            evse: 1,
            circuit: 0,
            phases: vec![0, 1, 2],
            least: Amperes::whole(6),
            most: Amperes::whole(32),
            safe: Amperes::whole(safe),
            alone: None,
            never_paused: false,
            is_direct: false,
            priority: 0,
        };
        let circuit = Circuit {
            id: "main".to_owned(),
            inside: None,
            most: Amperes::whole(most),
            meter: is_metered.then(|| "grid".to_owned()),
            blind: Amperes::ZERO,
        };
        let (id, time_zone) = ("site".to_owned(), "UTC".to_owned());
        let evses = (0..habits.len()).map(evse).collect();
        let site = Site { id, unit: None, time_zone, volts: 230, meters: Vec::new(), circuits: vec![circuit], evses };
        let site = Arc::new(site.checked().expect("a site"));
        let seat = |habits: &Habits| Seat {
            habits: habits.clone(),
            is_connected: true,
            has_car: false,
            plugged_at: Timestamp::UNIX_EPOCH,
            standing: Amperes::whole(32),
            transaction: None,
            limits: VecDeque::from([Amperes::ZERO]),
            unsaid: VecDeque::new(),
        };
        let mut lab = Self {
            steering: Steering::new(Arc::clone(&site)),
            site,
            seats: habits.iter().map(seat).collect(),
            house: [0; 3],
            said: Vec::new(),
            wire: Vec::new(),
            now: "2026-07-01T00:00:00Z".parse().expect("a time"),
            cars: 0,
            second: 0,
        };
        lab.run(5);
        lab
    }

    pub(crate) fn plug_in(&mut self, at: usize) {
        (self.seats[at].has_car, self.seats[at].plugged_at) = (true, self.now);
    }

    pub(crate) fn unplug(&mut self, at: usize) {
        (self.seats[at].has_car, self.seats[at].transaction) = (false, None);
        self.cars += 1;
    }

    /// It keeps to what it is told from now on.
    pub(crate) fn obeys(&mut self, at: usize) {
        self.seats[at].habits.lies = false;
    }

    pub(crate) fn connect(&mut self, at: usize, is_connected: bool) {
        self.seats[at].is_connected = is_connected;
    }

    /// Our side begins anew and remembers nothing.
    pub(crate) fn restart(&mut self) {
        self.steering = Steering::new(Arc::clone(&self.site));
        self.wire.clear();
    }

    pub(crate) fn run(&mut self, seconds: usize) {
        (0..seconds).for_each(|_| self.pass());
    }

    pub(crate) fn view(&self, at: usize) -> EvseView {
        self.steering.evses().swap_remove(at)
    }

    /// What was said since that second, of transactions or of all.
    pub(crate) fn said_since(&self, second: usize, evse: usize) -> Vec<u32> {
        let is_it = |said: &&Said| said.second >= second && said.evse == evse;
        self.said.iter().filter(is_it).map(|said| said.amperes).collect()
    }

    fn pass(&mut self) {
        self.second += 1;
        self.now += SignedDuration::from_secs(1);
        self.seats.iter_mut().for_each(Seat::passes);
        self.deliver();
        self.tell();
        let balance = self.steering.balance(self.now);
        let all = |evse: &SiteEvse| Granted { evse: evse.name(), most_a: evse.most };
        let shares = Shares { shares: self.site.evses.iter().map(all).collect(), next_change_at: None };
        for order in self.steering.orders(&balance, Some(&shares)) {
            let is_of_transaction = order.transaction.is_some();
            let amperes = order.limit.0 / 10;
            self.said.push(Said { second: self.second, evse: order.evse, is_of_transaction, amperes });
            self.wire.push(order);
        }
    }

    fn deliver(&mut self) {
        for order in std::mem::take(&mut self.wire) {
            match self.seats[order.evse].hears(&order) {
                Some(answered) => self.steering.answered(&order, answered, self.now),
                None => self.wire.push(order),
            }
        }
    }

    fn tell(&mut self) {
        let mut flows = self.house;
        for (at, seat) in self.seats.iter_mut().enumerate() {
            let drawn = seat.draws();
            (0..3).for_each(|phase| flows[phase] += drawn[phase]);
            let id = SessionId(uuid::Uuid::from_u128(at as u128 + self.cars * 1_000));
            let session = seat.has_car.then(|| SeenSession {
                session: id,
                transaction: TransactionId::new(format!("{at}-{}", self.cars)),
                started_at: seat.plugged_at,
                energy: Energy::ZERO,
                state: ChargingState::Charging,
                token: None,
            });
            self.steering.see(at, Seen { is_connected: seat.is_connected, session });
            if seat.has_car && seat.habits.tells_s.is_some_and(|every| self.second.is_multiple_of(every)) {
                let sum: i64 = drawn.iter().sum();
                let read_at = Some(self.now - SignedDuration::from_secs(seat.habits.clock_s));
                let flow = Flow { at: self.now, read_at, power_w: Some(sum * 230), ..Flow::default() };
                let by_phase_ma = drawn.map(|amperes| Some(amperes * 1_000));
                let by_phase = Flow { by_phase_ma, current_ma: Some(sum * 1_000), ..flow };
                seat.unsaid.push_back(if seat.habits.tells_phases { by_phase } else { flow });
            }
            if !seat.habits.repeats {
                // What it cannot say now it never says.
                seat.unsaid.retain(|flow| seat.is_connected && flow.at == self.now);
            }
            if let Some(flow) = seat.unsaid.pop_front_if(|_| seat.is_connected) {
                self.steering.flows(id, Flow { at: self.now, ..flow }, self.now);
            }
        }
        if self.second.is_multiple_of(2) {
            let current_a = flows.map(Decimal::from).to_vec();
            let by_phase_w = flows.map(|amperes| amperes * 230).to_vec();
            let power_w = Some(by_phase_w.iter().sum());
            self.steering.metered("grid", MeterReading { at: self.now, power_w, current_a, by_phase_w });
        }
    }
}

impl Seat {
    fn passes(&mut self) {
        self.limits.push_back(self.transaction.unwrap_or(self.standing));
        if self.limits.len() > self.habits.follows_s + 1 {
            self.limits.pop_front();
        }
    }

    /// Of each phase, in A.
    fn draws(&self) -> [i64; 3] {
        let limit = if self.habits.lies { Amperes::MAX } else { self.limits[0] };
        let bears = |amperes: i64| if self.has_car { amperes.min(limit.tenths() / 10) } else { 0 };
        self.habits.appetite.map(bears)
    }

    fn hears(&mut self, order: &Order) -> Option<Answered> {
        if !self.habits.answers {
            return None;
        }
        let is_in_watts = matches!(order.most, amprule_domain::command::Most::Watts(_));
        let is_refused = (order.transaction.is_some() && !self.habits.takes_transactions)
            || (order.limit == Amperes::ZERO && !self.habits.takes_zero);
        if is_in_watts || is_refused {
            return Some(Answered::Refused);
        }
        if order.transaction.is_some() {
            self.transaction = Some(order.limit);
        } else {
            self.standing = order.limit;
        }
        Some(Answered::Accepted)
    }
}
