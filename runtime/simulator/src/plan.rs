//! A day at one station, decided by a seed: who comes when, how much they take, how long they stay.
//!
//! Pure: seconds since the day's begin in, steps out. Everything has ended before the day has.

use crate::chance::Chance;

pub(crate) const DAY_S: u32 = 86_400;
/// Cars are gone by then, so that the next day begins with free places.
const LAST_LEAVE_S: u32 = DAY_S - 300;
/// Arrivals by hour: few at night, a rise at eight, the peak between five and eight in the evening.
const ARRIVALS: [u32; 24] = [1, 1, 1, 1, 1, 2, 4, 8, 9, 6, 5, 5, 6, 5, 5, 6, 8, 12, 14, 12, 8, 5, 3, 2];
const GAP_S: u32 = 120;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub at_s: u32,
    pub connector: u32,
    pub step: Step,
}

/// Energies are those since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Plug,
    /// The token by its place in the fleet's list.
    Start {
        token: usize,
    },
    Meter {
        energy_wh: u32,
        power_w: u32,
    },
    /// The station pauses.
    Suspend {
        energy_wh: u32,
    },
    Resume {
        energy_wh: u32,
    },
    /// The vehicle is full, or wants no more, and stays.
    Full {
        energy_wh: u32,
    },
    Stop {
        energy_wh: u32,
    },
    Unplug,
}

/// The day of one station, in the order of time. The same arguments give the same day.
pub fn plan_day(seed: u64, station: u32, day: u32, tokens: usize, meter_every_s: u32) -> Vec<Planned> {
    let mut kind = Chance::new(seed, &[station]);
    let site = Site::drawn(&mut kind);
    let mut steps: Vec<Planned> = (1..=site.connectors)
        .flat_map(|connector| {
            let mut chance = Chance::new(seed, &[station, day, connector]);
            visits(&site, tokens, &mut chance).into_iter().flat_map(move |visit| visit.steps(connector, meter_every_s))
        })
        .collect();
    steps.sort_by_key(|planned| (planned.at_s, planned.connector));
    steps
}

/// What stands there. It is the same every day.
struct Site {
    connectors: u32,
    power_w: u32,
    fast: bool,
}

impl Site {
    fn drawn(chance: &mut Chance) -> Self {
        let fast = chance.percent(20);
        let power_w = *chance.pick(if fast { &[50_000, 100_000, 150_000] } else { &[7_400, 11_000, 11_000, 22_000] });
        Self { connectors: chance.between(1, 2), power_w, fast }
    }
}

/// One car at one connector.
struct Visit {
    arrive_s: u32,
    token: usize,
    power_w: u32,
    tapers: bool,
    wanted_wh: u32,
    /// After the charge.
    idle_s: u32,
    /// Seconds after the start, and for how long.
    pause: Option<(u32, u32)>,
}

fn visits(site: &Site, tokens: usize, chance: &mut Chance) -> Vec<Visit> {
    let count = if site.fast { chance.between(4, 9) } else { chance.between(1, 4) };
    let mut arrivals: Vec<u32> = (0..count).map(|_| arrival(chance)).collect();
    arrivals.sort_unstable();
    let mut free_at = 0;
    let mut visits = Vec::new();
    for arrive_s in arrivals {
        let visit = Visit::drawn(arrive_s, site, tokens, chance);
        if arrive_s >= free_at && arrive_s + 1_800 < LAST_LEAVE_S {
            free_at = visit.leave_s() + GAP_S;
            visits.push(visit);
        }
    }
    visits
}

fn arrival(chance: &mut Chance) -> u32 {
    let hour = u32::try_from(chance.weighted(&ARRIVALS)).expect("there are 24 hours");
    hour * 3_600 + chance.below(3_600)
}

impl Visit {
    fn drawn(arrive_s: u32, site: &Site, tokens: usize, chance: &mut Chance) -> Self {
        let wanted_wh = if site.fast { chance.between(15_000, 60_000) } else { chance.between(5_000, 45_000) };
        let overstays = chance.percent(25);
        let idle_s = if overstays { chance.between(900, 5_400) } else { chance.between(0, 240) };
        let pause = chance.percent(15).then(|| (chance.between(300, 1_200), chance.between(300, 1_800)));
        let token = usize::try_from(chance.next() % tokens.max(1) as u64).expect("an index fits");
        Self { arrive_s, token, power_w: site.power_w, tapers: site.fast, wanted_wh, idle_s, pause }
    }

    fn start_s(&self) -> u32 {
        self.arrive_s + 30
    }

    fn leave_s(&self) -> u32 {
        let charge_s = u32::try_from(self.curve().len()).unwrap_or(DAY_S) * 60;
        (self.start_s() + charge_s + self.idle_s).min(LAST_LEAVE_S)
    }

    /// The power of each minute, the pause included, until the wanted energy is there or the day ends.
    fn curve(&self) -> Vec<u32> {
        let minutes = (LAST_LEAVE_S - self.start_s()) / 60;
        let mut taken_wh = 0;
        let power = (0..minutes).map_while(|minute| {
            if taken_wh >= self.wanted_wh {
                return None;
            }
            let power_w = if self.paused(minute * 60) { 0 } else { self.power_at(taken_wh) };
            taken_wh += power_w / 60;
            Some(power_w)
        });
        power.collect()
    }

    fn paused(&self, after_s: u32) -> bool {
        self.pause.is_some_and(|(from, length)| (from..from + length).contains(&after_s))
    }

    /// Direct current falls from full power at 55 % to a fifth at the end.
    fn power_at(&self, taken_wh: u32) -> u32 {
        let percent = u64::from(taken_wh) * 100 / u64::from(self.wanted_wh);
        let share = if self.tapers && percent > 55 { 100 - (percent - 55) * 80 / 45 } else { 100 };
        u32::try_from(u64::from(self.power_w) * share / 100).expect("a share of it is less")
    }

    fn steps(&self, connector: u32, meter_every_s: u32) -> Vec<Planned> {
        let planned = |at_s, step| Planned { at_s, connector, step };
        let mut steps =
            vec![planned(self.arrive_s, Step::Plug), planned(self.start_s(), Step::Start { token: self.token })];
        let every = (meter_every_s / 60).max(1);
        let (mut energy_wh, mut flowing, mut at_s) = (0, true, self.start_s());
        for (minute, power_w) in (0..).zip(self.curve()) {
            match (flowing, power_w) {
                (true, 0) => steps.push(planned(at_s, Step::Suspend { energy_wh })),
                (false, 1..) => steps.push(planned(at_s, Step::Resume { energy_wh })),
                _ if minute > 0 && minute % every == 0 => steps.push(planned(at_s, Step::Meter { energy_wh, power_w })),
                _ => {}
            }
            flowing = power_w > 0;
            energy_wh += power_w / 60;
            at_s += 60;
        }
        let leave_s = self.leave_s();
        if leave_s > at_s {
            steps.push(planned(at_s, Step::Full { energy_wh }));
            let rest = (at_s..leave_s).step_by(meter_every_s.max(60) as usize).skip(1);
            steps.extend(rest.map(|at_s| planned(at_s, Step::Meter { energy_wh, power_w: 0 })));
        }
        steps.push(planned(leave_s, Step::Stop { energy_wh }));
        steps.push(planned(leave_s + 30, Step::Unplug));
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days() -> impl Iterator<Item = Vec<Planned>> {
        (0..200).map(|station| plan_day(11, station, 0, 5, 300))
    }

    #[test]
    fn the_same_seed_plans_the_same_day() {
        assert_eq!(plan_day(1, 2, 3, 4, 300), plan_day(1, 2, 3, 4, 300));
        assert_ne!(plan_day(1, 2, 3, 4, 300), plan_day(1, 2, 4, 4, 300));
        assert_ne!(plan_day(1, 2, 3, 4, 300), plan_day(2, 2, 3, 4, 300));
    }

    #[test]
    fn steps_are_in_order_and_end_within_the_day() {
        for day in days() {
            assert!(day.is_sorted_by_key(|planned| planned.at_s));
            assert!(day.last().is_none_or(|planned| planned.at_s < DAY_S));
        }
    }

    #[test]
    fn every_connector_serves_one_car_after_the_other() {
        for day in days() {
            for connector in 1..=2 {
                check_alternation(day.iter().filter(|planned| planned.connector == connector));
            }
        }
    }

    fn check_alternation<'a>(steps: impl Iterator<Item = &'a Planned>) {
        let (mut open, mut reached) = (false, 0);
        for Planned { step, .. } in steps {
            match *step {
                Step::Start { token } => {
                    assert!(!open && token < 5);
                    (open, reached) = (true, 0);
                }
                Step::Plug | Step::Unplug => assert!(!open),
                Step::Stop { energy_wh } => {
                    assert!(open && energy_wh >= reached);
                    open = false;
                }
                Step::Meter { energy_wh, .. }
                | Step::Suspend { energy_wh }
                | Step::Resume { energy_wh }
                | Step::Full { energy_wh } => {
                    assert!(open && energy_wh >= reached);
                    reached = energy_wh;
                }
            }
        }
        assert!(!open);
    }

    #[test]
    fn a_fleet_has_everything_that_a_tariff_distinguishes() {
        let steps: Vec<Step> = days().flatten().map(|planned| planned.step).collect();
        let count = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
        assert!(count(|step| matches!(step, Step::Start { .. })) > 400);
        assert!(count(|step| matches!(step, Step::Suspend { .. })) > 20);
        assert!(count(|step| matches!(step, Step::Full { .. })) > 100);
    }

    #[test]
    fn the_evening_is_busier_than_the_night() {
        let starts: Vec<u32> = days()
            .flatten()
            .filter(|planned| matches!(planned.step, Step::Start { .. }))
            .map(|planned| planned.at_s / 3_600)
            .collect();
        let within = |from, to| starts.iter().filter(|hour| (from..to).contains(*hour)).count();
        assert!(within(17, 20) > 5 * within(1, 4));
    }
}
