//! What really happened: who charged, where, from when to when, and how much flowed.

use amprule_domain::reply::{AuthorizationStatus, TokenInfo};
use amprule_domain::token::IdToken;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::plan::Plan;

/// True time, in seconds.
pub(crate) type Second = i64;
pub(crate) const EPOCH: Second = 1_780_000_000;

/// What the policy says of whom.
const TOKENS: [(&str, AuthorizationStatus, Option<&str>); 6] = [
    ("ANNA", AuthorizationStatus::Accepted, None),
    ("BERT", AuthorizationStatus::Accepted, Some("FLEET")),
    ("CARL", AuthorizationStatus::Accepted, None),
    ("DORA", AuthorizationStatus::Accepted, Some("FLEET")),
    ("EVIL", AuthorizationStatus::Blocked, None),
    ("FAKE", AuthorizationStatus::Unknown, None),
];

pub(crate) fn policy(token: &IdToken) -> TokenInfo {
    let known = TOKENS.iter().find(|(name, ..)| *name == token.id_token);
    let (status, group) = known.map_or((AuthorizationStatus::Unknown, None), |(_, status, group)| (*status, *group));
    TokenInfo { group: group.map(str::to_owned), ..TokenInfo::status(status) }
}

pub(crate) fn is_accepted(token: &str) -> bool {
    policy(&IdToken::new(token, "")).status == AuthorizationStatus::Accepted
}

/// One driver's visit.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub evse: u32,
    pub token: &'static str,
    pub begin: Second,
    pub end: Second,
    /// From, to, W.
    pub flow: Vec<(Second, Second, i64)>,
    /// What the station does about its end.
    pub ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Told,
    /// Only after the boot at this moment.
    ToldAfter(Second),
    Never,
}

impl Visit {
    /// What has flowed until a moment.
    pub(crate) fn mwh(&self, at: Second) -> i64 {
        let until = at.min(self.end);
        let of = |(from, to, watts): &(Second, Second, i64)| (until.min(*to) - from).max(0) * watts * 1000 / 3600;
        self.flow.iter().map(of).sum()
    }

    pub(crate) fn flowed_mwh(&self) -> i64 {
        self.mwh(self.end)
    }

    /// When the vehicle has had enough.
    pub(crate) fn full(&self) -> Second {
        self.flow.last().map_or(self.begin, |(_, to, _)| *to).min(self.end)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub visits: Vec<Visit>,
    /// The most that each EVSE delivers.
    pub power_w: i64,
    /// When the station boots.
    pub boots: Vec<Second>,
    /// What each EVSE's register showed when the day began, Wh.
    pub base_wh: i64,
}

impl Truth {
    pub(crate) fn draw(plan: &Plan) -> Self {
        let mut dice = Dice::new(plan.seed, "truth");
        let power_w = dice.of(&[3_700, 11_000, 11_000, 22_000, 50_000, 150_000]);
        let evses = u32::try_from(dice.below(2) + 1).expect("small");
        let mut visits: Vec<Visit> = (1..=evses).flat_map(|evse| of_evse(&mut dice, evse, power_w)).collect();
        visits.sort_by_key(|visit| visit.begin);
        // Where a new register is told from the old one, and 0 from what it would be, the old one has run for a while.
        let has_run = [Fault::NotReady, Fault::RestartsAtBoot, Fault::SamplesPerSession].map(|fault| plan.has(fault));
        let bases = [0, 1_234, 150_000, 8_000_000, 71_234_567, 4_000_000_000];
        let bases = if has_run.contains(&true) { &bases[3..] } else { &bases[..] };
        let base_wh = dice.of(bases) + dice.between(0, 999);
        let mut truth = Self { visits, power_w, boots: Vec::new(), base_wh };
        truth.refuse(plan);
        truth.boot(plan, &mut Dice::new(plan.seed, "boots"));
        truth.roll_over(plan, &mut Dice::new(plan.seed, "roll over"));
        truth.leave_out(plan);
        truth
    }

    /// A refused driver leaves within a minute, and nothing flows.
    fn refuse(&mut self, plan: &Plan) {
        if plan.has(Fault::ChargesAnyway) {
            return;
        }
        for visit in self.visits.iter_mut().filter(|visit| !is_accepted(visit.token)) {
            visit.end = visit.begin + 40;
            visit.flow.clear();
        }
    }

    fn boot(&mut self, plan: &Plan, dice: &mut Dice) {
        if !plan.boots() {
            return;
        }
        for _ in 0..dice.between(1, 2) {
            let visit = &self.visits[dice.below(self.visits.len())];
            let at = dice.between(visit.begin + 20, visit.end.max(visit.begin + 21));
            self.boots.push(at);
        }
        self.boots.sort_unstable();
        let ending = |at| match () {
            () if plan.has(Fault::BootLoses) || plan.has(Fault::NamesAgain) => Some(Ending::Never),
            () if plan.has(Fault::BootStops) => Some(Ending::ToldAfter(at)),
            () => None,
        };
        for at in self.boots.clone() {
            for visit in self.visits.iter_mut().filter(|visit| visit.begin < at && at <= visit.end) {
                match ending(at) {
                    Some(ending) => (visit.end, visit.ending) = (at - 1, ending),
                    None => visit.flow = visit.flow.iter().flat_map(|flow| without(*flow, at - 1, at + DOWN)).collect(),
                }
            }
        }
    }

    fn roll_over(&mut self, plan: &Plan, dice: &mut Dice) {
        if !plan.has(Fault::RollsOver) {
            return;
        }
        let largest = plan.largest_wh();
        let all = self.visits.iter().filter(|visit| visit.evse == 1).map(Visit::flowed_mwh).sum::<i64>() / 1000;
        self.base_wh = largest - dice.between(1, all.max(1));
    }

    fn leave_out(&mut self, plan: &Plan) {
        let mut at = 0;
        self.visits.retain(|_| {
            at += 1;
            !plan.without.contains(&(at - 1))
        });
    }

    /// What an honest register of this EVSE would show, mWh.
    pub(crate) fn lifetime_mwh(&self, evse: u32, at: Second) -> i64 {
        let flowed = self.visits.iter().filter(|visit| visit.evse == evse).map(|visit| visit.mwh(at));
        self.base_wh * 1000 + flowed.sum::<i64>()
    }
}

/// How long a boot takes.
pub(crate) const DOWN: Second = 90;

fn without(
    (from, to, watts): (Second, Second, i64),
    begin: Second,
    end: Second,
) -> impl Iterator<Item = (Second, Second, i64)> {
    let parts = [(from, to.min(begin), watts), (from.max(end), to, watts)];
    let is_outside = to <= begin || from >= end;
    let whole = is_outside.then_some((from, to, watts));
    whole.into_iter().chain(parts.into_iter().filter(move |(from, to, _)| !is_outside && from < to))
}

fn of_evse(dice: &mut Dice, evse: u32, power_w: i64) -> Vec<Visit> {
    let mut at = EPOCH + dice.between(60, 4 * 3600);
    let mut visits = Vec::new();
    for _ in 0..dice.between(1, 4) {
        let token =
            if dice.one_in(8) { dice.of(&["EVIL", "FAKE"]) } else { dice.of(&["ANNA", "BERT", "CARL", "DORA"]) };
        let stay = dice.of(&[120, 900, 2400, 5400, 4 * 3600, 9 * 3600]) + dice.between(0, 300);
        let flow = curve(dice, at, stay, power_w);
        visits.push(Visit { evse, token, begin: at, end: at + stay, flow, ending: Ending::Told });
        at += stay + dice.of(&[90, 600, 3 * 3600]) + dice.between(0, 60);
    }
    visits
}

/// A ramp, full power with a pause now and then, a taper, and nothing any more.
fn curve(dice: &mut Dice, begin: Second, stay: Second, power_w: i64) -> Vec<(Second, Second, i64)> {
    let until = begin + if dice.one_in(3) { stay } else { stay * dice.between(40, 95) / 100 };
    let mut at = begin + dice.between(5, 40);
    let mut flow = Vec::new();
    while at < until {
        let to = (at + dice.between(60, 3600)).min(until);
        let part = if to == until { dice.between(10, 60) } else { dice.between(60, 97) };
        if !dice.one_in(6) || flow.is_empty() {
            flow.push((at, to, power_w * part / 100));
        }
        at = to;
    }
    flow
}
