//! A drawn session: its course in steps, and the input that the production timeline makes of it.

use amprule_domain::charging::pricing_period;
use amprule_domain::event::ChargingState;
use amprule_domain::place::{Current, Plug};
use amprule_domain::pricing::{
    Parameters, PricingInput, PricingPeriod, Purpose, SessionFacts, StationFacts, TokenFacts,
};
use amprule_domain::timeline::{Period, TariffClock, Timeline};
use amprule_domain::{Energy, Timestamp};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use super::Drawn;
use super::named::Named;
use crate::rng::Rng;

type Connector = (&'static str, Current, i64);

const CCS: Option<Connector> = Some(("cCCS2", Current::Direct, 50_000));
const FAST_CCS: Option<Connector> = Some(("cCCS2", Current::Direct, 150_000));
const PLAIN: &str = "2026-07-01T10:00:00Z";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    zone: String,
    start: Timestamp,
    group: Option<String>,
    plug: Plug,
    is_final: bool,
    steps: Vec<Step>,
    /// What the last charging step has more of, when more is asked for.
    more: Energy,
    /// Where periods are cut, in thousandths of each.
    cut: i64,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    state: ChargingState,
    seconds: i64,
    energy: Energy,
}

impl Plan {
    /// Every fourth one lies on a day on which the zone's clock changes.
    pub(super) fn draw(rng: &mut Rng, named: &Named) -> Self {
        let zone = rng.pick(&named.zones).clone();
        let start = if rng.one_in(4) { near_clock_change(&zone, rng) } else { None };
        let second = match named.span {
            Some((first, last)) => rng.between(first.as_second(), last.as_second().max(first.as_second() + 1)),
            None => timestamp(PLAIN).as_second() + rng.between(-180 * 86_400, 180 * 86_400),
        };
        let start = start.filter(|_| named.span.is_none());
        let steps = (0..rng.between(0, 7)).map(|_| Step::draw(rng)).collect();
        let plug = rng.pick(&[None, Some(("sType2", Current::Alternating, 22_000)), CCS, FAST_CCS]).map_or_else(
            Plug::default,
            |(kind, current, watts)| Plug {
                kind: Some(kind.to_owned()),
                current: Some(current),
                power_w: Some(watts),
                phases: (current == Current::Alternating).then_some(3),
            },
        );
        Self {
            plug,
            start: start.unwrap_or_else(|| Timestamp::from_second(second).unwrap_or_default()),
            zone,
            group: rng.one_in(3).then(|| rng.pick(&named.groups).clone()),
            is_final: !rng.one_in(4),
            steps,
            more: Energy::from_wh(rng.between(1, 60_000)),
            cut: rng.between(1, 1_000),
        }
    }

    /// The plainest of all: an hour at 10 kW.
    pub(super) fn plain() -> Self {
        let hour = Step { state: ChargingState::Charging, seconds: 3_600, energy: Energy::from_wh(10_000) };
        Self {
            zone: "UTC".to_owned(),
            start: timestamp(PLAIN),
            group: None,
            plug: Plug::default(),
            is_final: true,
            steps: vec![hour],
            more: Energy::from_wh(1_000),
            cut: 500,
        }
    }

    pub(super) fn input(&self, boundaries: &[u16], parameters: &Parameters) -> PricingInput {
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let timeline = self.timeline(&TariffClock::new(zone.clone(), boundaries));
        let ended = timeline.at;
        PricingInput {
            now: ended,
            purpose: if self.is_final { Purpose::Final } else { Purpose::Running },
            session: SessionFacts {
                id: "case".to_owned(),
                started_at: self.start,
                ended_at: self.is_final.then_some(ended),
                energy: timeline.energy(),
                exported: Energy::ZERO,
                duration_s: ended.as_second() - self.start.as_second(),
                time_zone: self.zone.clone(),
            },
            station: StationFacts {
                id: "cs-case".to_owned(),
                evse: 1,
                connector: 1,
                plug: self.plug.clone(),
                ..StationFacts::default()
            },
            token: self.group.clone().map(|group| TokenFacts {
                kind: "ISO14443".to_owned(),
                group: Some(group),
                provider: None,
            }),
            periods: timeline.all().map(|period| pricing_period(period, &zone)).collect(),
            parameters: parameters.clone(),
        }
    }

    /// The same with more energy; `None` when nothing is charged at all.
    pub(super) fn with_more(&self) -> Option<Self> {
        let mut plan = self.clone();
        let charging = |step: &&mut Step| step.state == ChargingState::Charging && step.seconds > 0;
        plan.steps.iter_mut().rev().find(charging)?.energy += self.more;
        Some(plan)
    }

    pub(super) fn more(&self) -> Energy {
        self.more
    }

    /// The input with every period cut in two, as more readings might.
    pub(super) fn cut(&self, input: &PricingInput) -> PricingInput {
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let room = Timeline::MAX_PERIODS / 2;
        let cut = |period: &PricingPeriod| in_two(period, self.cut, &zone);
        let (first, rest) = input.periods.split_at(input.periods.len().min(room));
        let periods = first.iter().flat_map(cut).chain(rest.iter().cloned()).take(Timeline::MAX_PERIODS);
        PricingInput { periods: periods.collect(), ..input.clone() }
    }

    fn timeline(&self, clock: &TariffClock) -> Timeline {
        let first = self.steps.first().map_or(ChargingState::Charging, |step| step.state);
        let mut timeline = Timeline::new(self.start, first);
        let mut at = self.start;
        for step in &self.steps {
            timeline.change_state(at, step.state);
            at = at.checked_add(SignedDuration::from_secs(step.seconds)).unwrap_or(at);
            timeline.deliver(at, step.energy, clock);
        }
        timeline.finish(at, clock);
        timeline
    }
}

impl Step {
    fn draw(rng: &mut Rng) -> Self {
        let state = *rng.pick(&[
            ChargingState::Charging,
            ChargingState::Charging,
            ChargingState::Suspended,
            ChargingState::Idle,
        ]);
        let longest = *rng.pick(&[60, 3_600, 10_800, 40_000]);
        let seconds = rng.between(0, longest);
        let watts = *rng.pick(&[0, 3_700, 11_000, 22_000, 150_000]);
        let charges = state == ChargingState::Charging;
        let energy = if charges { Energy::from_mwh(watts * seconds * 1_000 / 3_600) } else { Energy::ZERO };
        Self { state, seconds, energy }
    }
}

impl Drawn for Plan {
    fn smaller(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut offer = |change: &dyn Fn(&mut Self)| {
            let mut plan = self.clone();
            change(&mut plan);
            if plan != *self {
                found.push(plan);
            }
        };
        let half = self.steps.len() / 2;
        offer(&|plan| drop(plan.steps.drain(..half)));
        offer(&|plan| plan.steps.truncate(half.max(1)));
        for at in 0..self.steps.len() {
            offer(&|plan| {
                plan.steps.remove(at);
            });
        }
        offer(&|plan| "UTC".clone_into(&mut plan.zone));
        offer(&|plan| plan.start = timestamp(PLAIN));
        offer(&|plan| plan.group = None);
        offer(&|plan| plan.plug = Plug::default());
        offer(&|plan| plan.is_final = true);
        for at in 0..self.steps.len() {
            let Step { seconds, energy, .. } = self.steps[at];
            offer(&|plan| plan.steps[at].energy = Energy::from_mwh(energy.mwh() / 2));
            offer(&|plan| plan.steps[at].energy = Energy::from_wh(energy.mwh() / 1_000_000 * 1_000));
            offer(&|plan| plan.steps[at].seconds = seconds / 2);
            offer(&|plan| plan.steps[at].seconds = seconds / 60 * 60);
        }
        offer(&|plan| plan.more = Energy::from_mwh((plan.more.mwh() / 2).max(1_000)));
        offer(&|plan| plan.cut = 500);
        found
    }
}

/// What a case must say of an input: the rest is completed when it is read.
pub(super) fn in_case(input: &PricingInput) -> Value {
    let whole = serde_json::to_value(input).expect("an input is plain data");
    let period = |period: &Value| {
        json!({
            "startedAt": period["startedAt"], "endedAt": period["endedAt"],
            "energyWh": period["energyWh"], "state": period["state"],
        })
    };
    let periods: Vec<Value> = whole["periods"].as_array().into_iter().flatten().map(period).collect();
    let mut session = whole["session"].clone();
    if let Some(members) = session.as_object_mut() {
        members.remove("id");
    }
    let mut input = json!({
        "now": whole["now"], "purpose": whole["purpose"], "session": session, "token": whole["token"],
        "periods": periods,
    });
    if let Some(plug) = whole["station"].get("plug") {
        input["station"] = json!({ "plug": plug });
    }
    input
}

fn in_two(period: &PricingPeriod, thousandths: i64, zone: &TimeZone) -> Vec<PricingPeriod> {
    let seconds = period.duration_s * thousandths / 1_000;
    let Some(middle) = period.started_at.checked_add(SignedDuration::from_secs(seconds)).ok() else {
        return vec![period.clone()];
    };
    if seconds == 0 || middle >= period.ended_at {
        return vec![period.clone()];
    }
    let energy = period.energy.share(seconds, period.duration_s);
    let part = |started_at, ended_at, energy| {
        pricing_period(&Period { started_at, ended_at, energy, state: period.state }, zone)
    };
    vec![part(period.started_at, middle, energy), part(middle, period.ended_at, period.energy - energy)]
}

/// Up to twelve hours before one of the zone's clock changes.
fn near_clock_change(zone: &str, rng: &mut Rng) -> Option<Timestamp> {
    let zone = TimeZone::get(zone).ok()?;
    let changes: Vec<Timestamp> =
        zone.following(timestamp("2026-01-01T00:00:00Z")).take(2).map(|change| change.timestamp()).collect();
    let change = if changes.is_empty() { return None } else { *rng.pick(&changes) };
    change.checked_sub(rng.between(0, 12 * 3_600).seconds()).ok()
}

fn timestamp(text: &str) -> Timestamp {
    text.parse().expect("a literal time")
}
