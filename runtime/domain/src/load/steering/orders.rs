//! From what everybody is to have to what is said to whom.

use jiff::{SignedDuration, Timestamp};

use super::{Balance, Steering};
use crate::TransactionId;
use crate::command::Most;
use crate::load::fit::{Wish, fit};
use crate::load::held::Limit;
use crate::load::question::Shares;
use crate::load::{Amperes, ByPhase, Site, SiteEvse};

/// Nobody is told another limit for less, while all there is bears what is told: 1 A.
const NEGLIGIBLE: i64 = 10;
/// A limit that was accepted is not raised sooner: cars that are told something new every second give up.
const SETTLES: SignedDuration = SignedDuration::from_secs(10);
/// A standing limit by which nothing charges now is not raised sooner: many stations keep it in a flash memory that wears out.
const IDLES: SignedDuration = SignedDuration::from_secs(60);
/// So long a session that ran before us may go on as it was, until it has told what it draws.
const UNHEARD: SignedDuration = SignedDuration::from_secs(65);
/// Who takes more than it may is told again so often.
const REMINDED: SignedDuration = SignedDuration::from_secs(60);

/// A limit for one EVSE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// A place in [`Site::evses`].
    pub evse: usize,
    /// `None`: for every session that begins there.
    pub transaction: Option<TransactionId>,
    pub limit: Amperes,
    /// The same in the station's unit.
    pub most: Most,
}

/// What a level is to be.
#[derive(Clone)]
struct Target {
    evse: usize,
    transaction: Option<TransactionId>,
    limit: Amperes,
}

impl Steering {
    /// What is to be said now. Each is taken as said: what becomes of it is told by [`Steering::answered`]. `shares`: what the
    /// policy wants; `None`: it has failed, or there is none.
    pub fn orders(&mut self, balance: &Balance, shares: Option<&Shares>) -> Vec<Order> {
        let site = self.site.clone();
        let mut targets = self.targets(balance, shares);
        // Who gives up something goes first: it makes room.
        targets.sort_by_key(|target| {
            let told = self.held[target.evse].told(target.transaction.as_ref());
            target.limit > told.unwrap_or(Amperes::MAX)
        });
        let mut room = Ceiling { site: &site, bounds: self.bounds(), capacity: &balance.capacity, is_short: false };
        room.is_short = !room.fits();
        let mut orders: Vec<Order> =
            targets.iter().filter_map(|target| self.order(target, &mut room, balance.now)).collect();
        if room.is_short {
            // Somebody waits for what others have too much, however little it is.
            orders.extend(targets.iter().filter_map(|target| self.order(target, &mut room, balance.now)));
        }
        orders
    }

    fn bounds(&self) -> Vec<Amperes> {
        self.held.iter().zip(&self.site.evses).map(|(held, evse)| held.most(evse)).collect()
    }

    fn targets(&self, balance: &Balance, shares: Option<&Shares>) -> Vec<Target> {
        let site = &self.site;
        let wishes = self.wishes(shares.or_else(|| self.last(balance.now)), balance.now);
        let given = fit(site, &self.without_kept(balance), &wishes);
        let mut has = vec![Amperes::ZERO; site.evses.len()];
        wishes.iter().zip(&given).for_each(|(wish, given)| has[wish.evse] = *given);
        let taken = site.sums(|at, evse| self.held[at].draws(evse, has[at]));
        let idle: Vec<Wish> = (0..site.evses.len())
            .filter(|at| self.is_idle(*at, balance.now))
            .map(|at| self.wish(at, site.evses[at].safe))
            .collect();
        let standing = fit(site, &minus(&balance.free, &taken), &idle);
        let mut targets = Vec::new();
        for (wish, given) in wishes.iter().zip(given) {
            let evse = &site.evses[wish.evse];
            let transaction = self.held[wish.evse].running.as_ref().map(|running| running.transaction.clone());
            let is_by_standing = self.held[wish.evse].running.as_ref().is_some_and(|running| running.is_by_standing);
            if is_by_standing {
                targets.push(Target { evse: wish.evse, transaction: None, limit: given });
                continue;
            }
            targets.push(Target { evse: wish.evse, transaction, limit: given });
            targets.push(Target { evse: wish.evse, transaction: None, limit: evse.bearable(evse.safe.min(given)) });
        }
        for (wish, limit) in idle.iter().zip(standing) {
            targets.push(Target { evse: wish.evse, transaction: None, limit });
        }
        targets.extend(
            (0..site.evses.len()).filter(|at| !self.held[*at].obeys(balance.now)).flat_map(|at| self.cautious(at)),
        );
        targets
    }

    fn is_idle(&self, at: usize, now: Timestamp) -> bool {
        self.held[at].obeys(now) && self.held[at].running.is_none()
    }

    /// What is never paused has its least though no car is there.
    fn without_kept(&self, balance: &Balance) -> Vec<ByPhase> {
        let is_kept = |at: usize| self.site.evses[at].never_paused && self.is_idle(at, balance.now);
        let draws = |at: usize, evse: &SiteEvse| self.held[at].draws(evse, evse.least);
        minus(&balance.free, &self.site.sums(|at, evse| if is_kept(at) { draws(at, evse) } else { Amperes::ZERO }))
    }

    /// Who does not keep to what it is told is told what is safe, and no more than it may have already.
    fn cautious(&self, at: usize) -> Vec<Target> {
        let (evse, held) = (&self.site.evses[at], &self.held[at]);
        let has_own = held.running.as_ref().filter(|running| !running.is_by_standing);
        let transaction = has_own.map(|running| running.transaction.clone());
        let target = |transaction: Option<TransactionId>| {
            let least = Amperes(held.least(evse, transaction.as_ref()).0 / held.weight(evse));
            let limit = evse.bearable(evse.safe.min(least));
            Target { evse: at, transaction, limit }
        };
        transaction.map(|name| target(Some(name))).into_iter().chain([target(None)]).collect()
    }

    fn wish(&self, evse: usize, most: Amperes) -> Wish {
        let known = &self.site.evses[evse];
        Wish { evse, most: known.bearable(most), weight: self.held[evse].weight(known) }
    }

    /// In the policy's order. Without an answer each session is to have what is safe.
    fn wishes(&self, shares: Option<&Shares>, now: Timestamp) -> Vec<Wish> {
        let site = &self.site;
        let is_asked = |at: &usize| self.held[*at].obeys(now) && self.held[*at].running.is_some();
        let asked: Vec<usize> = (0..site.evses.len()).filter(is_asked).collect();
        let Some(Shares { shares, .. }) = shares else {
            return asked.into_iter().map(|at| self.wish(at, site.evses[at].safe)).collect();
        };
        let place = |name: &str| shares.iter().position(|share| share.evse == name);
        let mut placed: Vec<(usize, usize)> =
            asked.into_iter().map(|at| (place(&site.evses[at].name()).unwrap_or(usize::MAX), at)).collect();
        placed.sort_unstable();
        let most = |place: usize| shares.get(place).map_or(Amperes::ZERO, |share| share.most_a);
        placed.into_iter().map(|(place, at)| self.wish(at, most(place))).collect()
    }

    /// Takes it as said. `None`: there is nothing to say, or no room for it yet.
    fn order(&mut self, target: &Target, room: &mut Ceiling<'_>, now: Timestamp) -> Option<Order> {
        let Target { evse: at, transaction, limit } = target.clone();
        let (evse, held) = (&self.site.evses[at], &self.held[at]);
        let told = held.told(transaction.as_ref());
        let level = held.level(transaction.as_ref())?;
        let since = level.known_at.filter(|_| level.known.is_some()).map(|at| now.duration_since(at));
        if !held.may_be_told(transaction.as_ref(), now) || self.is_waited_for(at, now) {
            return None;
        }
        if held.takes.is_some() && since.is_some_and(|since| since < REMINDED) {
            return None;
        }
        let is_trusted = level.trust.failures == 0 && held.takes.is_none();
        let is_settled = is_trusted && level.is_certain() && !held.is_loose(evse, transaction.as_ref());
        if let Some(told) = told.filter(|_| is_settled) {
            let is_raised = limit > told;
            let is_change = limit == Amperes::ZERO || told == Amperes::ZERO || limit.differs(told) >= NEGLIGIBLE;
            let is_by_standing = held.running.as_ref().is_some_and(|running| running.is_by_standing);
            let settles = if transaction.is_none() && !is_by_standing { IDLES } else { SETTLES };
            let is_soon = (is_raised || !is_change) && since.is_some_and(|since| since < settles);
            if limit == told || is_soon || (!is_change && (is_raised || !room.is_short)) {
                return None;
            }
        }
        let limit = self.with_room(at, transaction.as_ref(), limit, room)?;
        let (evse, held) = (&self.site.evses[at], &mut self.held[at]);
        held.level_mut(transaction.as_ref())?.ask(limit, now);
        let (limit, most) = (limit.limit, held.phrase(evse, limit.limit, self.site.volts));
        Some(Order { evse: at, transaction, limit, most })
    }

    /// After a start of ours a meter shows what a session draws as if others took it. Telling it less for that would stop a car which is
    /// within its limit; it can wait, for nothing has changed there.
    fn is_waited_for(&self, at: usize, now: Timestamp) -> bool {
        let is_early = |since: &Timestamp| now.duration_since(*since) < UNHEARD && self.held[at].is_unheard(*since);
        let meters = || {
            self.site
                .feeding(self.site.evses[at].circuit)
                .filter_map(|circuit| self.site.circuits[circuit].meter.as_ref())
        };
        self.since.as_ref().is_some_and(is_early) && meters().any(|meter| self.reading(meter, now).is_some())
    }

    /// The limit, where it needs no more room than it may have already or than is kept for it, or there is room. Otherwise, where
    /// nobody knows what holds, the least that may: once that is known there is room for others.
    fn with_room(
        &self,
        at: usize,
        transaction: Option<&TransactionId>,
        limit: Amperes,
        room: &mut Ceiling<'_>,
    ) -> Option<Limit> {
        let (evse, held) = (&self.site.evses[at], &self.held[at]);
        let (draws, least) = (held.draws(evse, limit), held.least(evse, transaction));
        let kept = held.level(transaction).map(|level| level.kept).unwrap_or_default();
        let has_room = room.has_for(at, draws) || draws <= kept;
        if has_room || draws <= least {
            return Some(Limit { limit, draws, has_room });
        }
        // Its least is promised to what is never paused.
        let least = evse.bearable(Amperes(least.0 / held.weight(evse)).min(evse.least));
        let limit = Limit { limit: least, draws: held.draws(evse, least), has_room: false };
        (!held.is_certain(transaction)).then_some(limit)
    }
}

fn minus(free: &[ByPhase], taken: &[ByPhase]) -> Vec<ByPhase> {
    let left = |(free, taken): (&ByPhase, &ByPhase)| std::array::from_fn(|phase| free[phase] - taken[phase]);
    free.iter().zip(taken).map(left).collect()
}

/// Everybody at the most that it may come to.
struct Ceiling<'s> {
    site: &'s Site,
    bounds: Vec<Amperes>,
    capacity: &'s [ByPhase],
    /// There is less than somebody is to have.
    is_short: bool,
}

impl Ceiling<'_> {
    fn fits(&self) -> bool {
        let sums = self.site.sums(|at, _| self.bounds[at]);
        sums.iter().zip(self.capacity).all(|(sum, all)| sum.iter().zip(all).all(|(sum, all)| sum <= all))
    }

    /// Whether this one may come to so much. It counts from now on.
    fn has_for(&mut self, evse: usize, most: Amperes) -> bool {
        let before = self.bounds[evse];
        self.bounds[evse] = before.max(most);
        let sums = self.site.sums(|at, _| self.bounds[at]);
        let known = &self.site.evses[evse];
        let fits =
            |circuit: usize| known.phases.iter().all(|phase| sums[circuit][*phase] <= self.capacity[circuit][*phase]);
        let has_room = self.site.feeding(known.circuit).all(fits);
        if !has_room {
            self.bounds[evse] = before;
            self.is_short = true;
        }
        has_room
    }
}
