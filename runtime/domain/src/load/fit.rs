//! What everybody wants, fitted into the circuits.
//!
//! First each has its least, in the order of the wishes, as far as there is room: a car that would have less does not charge at
//! all. Then all rise together, each until it has what it wants or one of its circuits is full (max-min fairness).

use super::{Amperes, ByPhase, Site, SiteEvse};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// A place in [`Site::evses`]; each at most once.
    pub evse: usize,
    pub most: Amperes,
    /// What one ampere of its limit may come to on a phase, in amperes: more than one where it is limited in watts.
    pub weight: u32,
}

impl Wish {
    /// What so much of a limit comes to on a phase, in tenths: never more than the EVSE bears.
    fn cost(&self, site: &Site, limit: Amperes) -> i64 {
        (limit.tenths() * i64::from(self.weight)).min(site.evses[self.evse].most.tenths())
    }
}

/// What each wish gets, in their order. `free`: what each circuit has for them, by phase.
pub fn fit(site: &Site, free: &[ByPhase], wishes: &[Wish]) -> Vec<Amperes> {
    let mut room = Room { site, free: free.to_vec() };
    let mut given = vec![Amperes::ZERO; wishes.len()];
    let never_paused = |wish: &&Wish| site.evses[wish.evse].never_paused;
    let first = wishes.iter().enumerate().filter(|(_, wish)| never_paused(wish));
    let then = wishes.iter().enumerate().filter(|(_, wish)| !never_paused(wish));
    for (at, wish) in first.chain(then) {
        let SiteEvse { least, never_paused, .. } = site.evses[wish.evse];
        if never_paused || (wish.most >= least && room.has(wish, Amperes::ZERO, least)) {
            room.take(wish, Amperes::ZERO, least);
            given[at] = least;
        }
    }
    let has_begun = |at: &usize| given[*at] == site.evses[wishes[*at].evse].least;
    let mut rising: Vec<usize> = (0..wishes.len()).filter(has_begun).collect();
    loop {
        let tenth = |at: usize| Amperes(given[at].0 + 1);
        rising.retain(|at| given[*at] < wishes[*at].most && room.has(&wishes[*at], given[*at], tenth(*at)));
        if rising.is_empty() {
            return given;
        }
        // Some have room, and not all at once: one tenth for each in turn.
        let together = room.step(wishes, &given, &rising);
        for at in rising.iter().copied() {
            let (wish, before) = (&wishes[at], given[at]);
            let after = Amperes(before.0 + together.max(1));
            if together > 0 || room.has(wish, before, after) {
                room.take(wish, before, after);
                given[at] = after;
            }
        }
    }
}

/// What is left of each circuit.
struct Room<'s> {
    site: &'s Site,
    free: Vec<ByPhase>,
}

impl Room<'_> {
    fn has(&self, wish: &Wish, from: Amperes, to: Amperes) -> bool {
        let evse = &self.site.evses[wish.evse];
        let more = wish.cost(self.site, to) - wish.cost(self.site, from);
        let fits = |circuit: usize| evse.phases.iter().all(|phase| more == 0 || self.free[circuit][*phase] >= more);
        self.site.feeding(evse.circuit).all(fits)
    }

    fn take(&mut self, wish: &Wish, from: Amperes, to: Amperes) {
        let evse = &self.site.evses[wish.evse];
        let more = wish.cost(self.site, to) - wish.cost(self.site, from);
        for circuit in self.site.feeding(evse.circuit) {
            evse.phases.iter().for_each(|phase| self.free[circuit][*phase] -= more);
        }
    }

    /// How far all of these can rise together, in tenths: until one has what it wants, or comes to all that it bears, or until
    /// a circuit is full.
    fn step(&self, wishes: &[Wish], given: &[Amperes], rising: &[usize]) -> u32 {
        let mut slopes = vec![[0_i64; 3]; self.free.len()];
        let mut step = i64::MAX;
        for at in rising.iter().copied() {
            let (wish, evse) = (&wishes[at], &self.site.evses[wishes[at].evse]);
            step = step.min(wish.most.tenths() - given[at].tenths());
            let left = evse.most.tenths() - wish.cost(self.site, given[at]);
            if left == 0 {
                continue;
            }
            step = step.min((left / i64::from(wish.weight.max(1))).max(1));
            for circuit in self.site.feeding(evse.circuit) {
                evse.phases.iter().for_each(|phase| slopes[circuit][*phase] += i64::from(wish.weight));
            }
        }
        let by_phase = slopes.iter().zip(&self.free).flat_map(|(slopes, free)| slopes.iter().zip(free));
        let fits = by_phase.filter(|(slope, _)| **slope > 0).map(|(slope, free)| free / slope).min();
        u32::try_from(fits.unwrap_or(step).min(step).max(0)).unwrap_or(0)
    }
}
