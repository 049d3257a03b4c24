//! A site, its stations and what is between them and us, second by second.

use std::sync::Arc;

use amprule_domain::command::Most;
use amprule_domain::load::{
    Amperes, Answered, Balance, Flow, LoadOutput, MeterReading, Order, Seen, Share, Shares, Site, SiteEvse, Steering,
    Wish, fit,
};
use amprule_domain::{Decimal, Timestamp};
use jiff::SignedDuration;

use crate::dice::Dice;
use crate::plan;
use crate::station::Evse;

/// Of trouble, and of peace after it: the longest pause after a limit that came to nothing, and some more.
const TROUBLED_S: usize = 300;
const CALM_S: usize = 700;
/// Nobody is told anything for less: each of the others may have so much more than its share.
const SLACK: i64 = 10;

pub(crate) struct World {
    seed: u64,
    site: Arc<Site>,
    evses: Vec<Evse>,
    /// What others draw of each circuit's own, by phase, in tenths.
    others: Vec<[i64; 3]>,
    steering: Steering,
    dice: Dice,
    now: Timestamp,
    sessions: u128,
    is_calm: bool,
}

impl World {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "site");
        let site = Arc::new(plan::site(&mut dice));
        let evses = site.evses.iter().map(|_| Evse::draw(&mut dice)).collect();
        let (others, steering) = (vec![[0; 3]; site.circuits.len()], Steering::new(Arc::clone(&site)));
        let now = "2026-07-01T00:00:00Z".parse().expect("a time");
        Self { seed, site, evses, others, steering, dice: Dice::new(seed, "life"), now, sessions: 0, is_calm: false }
    }

    pub(crate) fn live(mut self) {
        for _ in 0..TROUBLED_S {
            self.trouble();
            self.second();
        }
        self.is_calm = true;
        for evse in &mut self.evses {
            (evse.is_connected, evse.lies) = (true, false);
        }
        for _ in 0..CALM_S {
            self.second();
        }
        self.everybody_has_their_share();
    }

    fn trouble(&mut self) {
        for at in 0..self.evses.len() {
            let (evse, dice) = (&mut self.evses[at], &mut self.dice);
            if dice.one_in(20) {
                evse.is_connected = !evse.is_connected;
                if dice.one_in(3) {
                    evse.forgets(&self.site.evses[at]);
                }
            }
            if dice.one_in(30) {
                match evse.session {
                    Some(_) => evse.ends(),
                    None => {
                        self.sessions += 1;
                        evse.begins(self.sessions, self.now, dice);
                    }
                }
            }
        }
        for (at, circuit) in self.site.circuits.iter().enumerate().filter(|(_, circuit)| circuit.meter.is_some()) {
            if self.dice.one_in(10) {
                self.others[at] = std::array::from_fn(|_| self.dice.between(-100, circuit.most.tenths()));
            }
        }
    }

    fn second(&mut self) {
        self.now += SignedDuration::from_secs(1);
        self.deliver();
        self.look();
        let balance = self.steering.balance(self.now);
        let shares = self.policy(&balance);
        for order in self.steering.orders(&balance, shares.as_ref()) {
            self.check(&order);
            self.evses[order.evse].wire.push(order);
        }
    }

    /// What is on its way arrives, or not; so do the answers.
    fn deliver(&mut self) {
        for at in 0..self.evses.len() {
            let known = &self.site.evses[at];
            for order in std::mem::take(&mut self.evses[at].wire) {
                let evse = &mut self.evses[at];
                let fate = if self.is_calm { 9 } else { self.dice.below(10) };
                let answered = match fate {
                    0 => Answered::Unsent,
                    1 | 2 => Answered::Unanswered,
                    3 if evse.is_connected => {
                        evse.hears(&order, known);
                        Answered::Unanswered
                    }
                    4 => {
                        evse.wire.push(order);
                        continue;
                    }
                    5 => Answered::Refused,
                    _ if evse.is_connected => evse.hears(&order, known),
                    _ => Answered::Unanswered,
                };
                self.steering.answered(&order, answered, self.now);
            }
        }
    }

    fn look(&mut self) {
        let flows = self.site.sums(|at, known| self.evses[at].draws(known));
        for (at, evse) in self.evses.iter().enumerate() {
            self.steering.see(at, Seen { is_connected: evse.is_connected, session: evse.session.clone() });
            if let Some(session) = evse.session.as_ref().filter(|_| evse.is_connected && self.dice.one_in(15)) {
                let known = &self.site.evses[at];
                let all = evse.draws(known).tenths() * i64::try_from(known.phases.len()).expect("it is small");
                let flow =
                    Flow { at: self.now, power_w: Some(all * 23), current_ma: Some(all * 100), ..Flow::default() };
                self.steering.flows(session.session, flow, self.now);
            }
        }
        for (at, circuit) in self.site.circuits.iter().enumerate() {
            let Some(meter) = &circuit.meter else { continue };
            if self.is_calm || !self.dice.one_in(20) {
                let current_a =
                    (0..3).map(|phase| Decimal::new(flows[at][phase] + self.others[at][phase], 1)).collect();
                self.steering
                    .metered(meter, MeterReading { at: self.now, power_w: Some(1), current_a, by_phase_w: Vec::new() });
            }
        }
    }

    /// Wants anything, in any order, or nothing at all.
    fn policy(&mut self, balance: &Balance) -> Option<Shares> {
        let question = self.steering.question(balance)?;
        if !self.is_calm && self.dice.one_in(10) {
            return None;
        }
        let mut shares: Vec<Share> = question
            .evses
            .iter()
            .map(|evse| {
                let most_a = if self.is_calm { 1_000 } else { self.dice.between(0, 60) };
                Share { evse: evse.id.clone(), most_a: Decimal::from(most_a) }
            })
            .collect();
        if !self.is_calm {
            self.dice.shuffle(&mut shares);
        }
        let shares = LoadOutput { shares, next_change_at: None }.checked(&question).expect("it is one");
        self.steering.agreed(shares.clone(), self.now);
        Some(shares)
    }

    /// Nobody is told more than there is room for, with all others at the most that they may really come to.
    fn check(&self, order: &Order) {
        let (site, views) = (&self.site, self.steering.evses());
        let known = &site.evses[order.evse];
        let told = match order.most {
            Most::DeciAmperes(tenths) => Amperes(tenths),
            Most::Watts(_) if known.is_direct => order.limit,
            Most::Watts(watts) => Amperes(watts * 10 / 230).min(known.most),
        };
        let is_promised = known.never_paused && order.limit == known.least;
        if is_promised || told <= self.evses[order.evse].may_draw(known) {
            return;
        }
        let sums = site.sums(|at, known| match &self.evses[at] {
            _ if at == order.evse => told,
            // One that lies is counted by what it takes, once it was seen to.
            evse if evse.lies => views[at].takes.unwrap_or(Amperes::ZERO),
            evse => evse.may_draw(known),
        });
        for circuit in site.feeding(known.circuit) {
            for phase in &known.phases {
                let (sum, most) = (sums[circuit][*phase], site.circuits[circuit].most);
                let seed = self.seed;
                assert!(sum <= most.tenths(), "SHARING_SITE={seed}: {order:?} makes {most} bear {sum}\n{site:#?}");
            }
        }
    }

    /// In peace each has what there is for it, and no more than that.
    fn everybody_has_their_share(&mut self) {
        let balance = self.steering.balance(self.now);
        let views = self.steering.evses();
        // What is never paused has its least, whether a car is there or not.
        let is_kept = |at: usize| self.site.evses[at].never_paused && self.evses[at].session.is_none();
        let draws = |at: usize, known: &SiteEvse| Amperes(known.least.0 * views[at].weight).min(known.most);
        let kept = self.site.sums(|at, known| if is_kept(at) { draws(at, known) } else { Amperes::ZERO });
        let capacity = self.steering.circuits(&balance).into_iter().map(|circuit| circuit.capacity);
        let less = |(all, kept): ([i64; 3], [i64; 3])| std::array::from_fn(|phase| all[phase] - kept[phase]);
        let capacity: Vec<[i64; 3]> = capacity.zip(kept).map(less).collect();
        let charging: Vec<usize> = (0..self.evses.len()).filter(|at| self.evses[*at].session.is_some()).collect();
        let wishes: Vec<Wish> = charging
            .iter()
            .map(|at| Wish { evse: *at, most: self.site.evses[*at].most, weight: views[*at].weight })
            .collect();
        let slack = SLACK * i64::try_from(wishes.len()).expect("it is small");
        for (wish, expected) in wishes.iter().zip(fit(&self.site, &capacity, &wishes)) {
            let limit = views[wish.evse].limit;
            let is_right = limit.is_some_and(|limit| (limit.tenths() - expected.tenths()).abs() <= slack);
            let (seed, known) = (self.seed, &self.site.evses[wish.evse]);
            // A limit in watts may come to more of one phase than its circuit bears, and it is promised its least.
            let is_promised = known.never_paused && wish.weight > 1;
            assert!(
                is_right || is_promised,
                "SHARING_SITE={seed}: {} has {limit:?} instead of {expected}\n{views:#?}\n{:#?}",
                views[wish.evse].id,
                self.site
            );
        }
    }
}
