//! What must hold for everybody who shares load.

use amprule_domain::authorization::LocalTime;
use amprule_domain::decision::{FaultClass, Hook};
use amprule_domain::event::ChargingState;
use amprule_domain::load::{
    Amperes, CircuitFacts, EvseFacts, LoadInput, LoadOutput, LoadSession, MeterFacts, SiteFacts,
};
use amprule_domain::pricing::{Parameters, TokenFacts};
use amprule_domain::{Decimal, Energy, Timestamp};
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::trial;
use serde_json::{Value, json};

use super::{Breach, Drawn, PropertyReport, Runs, Tested, UnderTest, try_all};
use crate::rng::Rng;

type Property = (&'static str, &'static str, fn(&Sharing<'_>, &Drawing) -> Option<Breach>);

const PROPERTIES: [Property; 3] = [
    ("answers", "every site gets shares that can be, or hears what is missing", answers),
    ("without-meters", "meters that say nothing do not make it fail", without_meters),
    ("repeatable", "asked twice, it says the same", repeatable),
];

struct Sharing<'u> {
    asked: &'u UnderTest<'u>,
    parameters: Parameters,
}

/// A site that is drawn.
#[derive(Debug, Clone)]
struct Drawing(LoadInput);

impl Tested for LoadInput {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport> {
        let sharing = Sharing { asked, parameters: usual_parameters(asked.source).into() };
        let mut rng = Rng::new(runs.seed);
        let sites: Vec<Drawing> = (0..runs.count).map(|_| Drawing::draw(&mut rng)).collect();
        let try_one =
            |&(name, says, breach): &Property| try_all((name, says), Hook::Load, &sites, |site| breach(&sharing, site));
        PROPERTIES.iter().map(try_one).collect()
    }
}

impl Sharing<'_> {
    fn input(&self, site: &Drawing) -> LoadInput {
        LoadInput { parameters: self.parameters.clone(), ..site.0.clone() }
    }

    /// `None`: it says that what it needs is not there, which is an answer.
    fn shares(&self, input: &LoadInput) -> Result<Option<LoadOutput>, String> {
        match trial::returned(self.asked.unit, self.asked.granted, input).result {
            Ok(output) => Ok(Some(output)),
            Err(fault) if fault.class == FaultClass::Missing => Ok(None),
            Err(fault) => Err(fault.to_string()),
        }
    }

    fn refused(&self, input: &LoadInput) -> Option<Breach> {
        let checked = |output: Option<LoadOutput>| output.map(|output| output.checked(input)).transpose();
        let why = self.shares(input).and_then(checked).err()?;
        Some(breach(why, input, json!({ "shares": [] })))
    }
}

fn answers(sharing: &Sharing<'_>, site: &Drawing) -> Option<Breach> {
    sharing.refused(&sharing.input(site))
}

fn without_meters(sharing: &Sharing<'_>, site: &Drawing) -> Option<Breach> {
    sharing.refused(&LoadInput { meters: Vec::new(), ..sharing.input(site) })
}

fn repeatable(sharing: &Sharing<'_>, site: &Drawing) -> Option<Breach> {
    let input = sharing.input(site);
    let (first, second) = (sharing.shares(&input).ok()??, sharing.shares(&input).ok()??);
    let expect = json!({ "shares": first.shares });
    (first != second).then(|| breach("asked twice, it gives other shares".to_owned(), &input, expect))
}

fn breach(why: String, input: &LoadInput, expect: Value) -> Breach {
    let mut input = serde_json::to_value(input).unwrap_or_default();
    if let Some(members) = input.as_object_mut() {
        members.remove("parameters");
    }
    Breach { why, input, expect }
}

impl Drawing {
    fn draw(rng: &mut Rng) -> Self {
        let amperes = |rng: &mut Rng, from: u32, to: u32| Amperes::whole(from + below(rng, to - from + 1));
        let circuits = (0..=below(rng, 3)).map(|at| {
            let most_a = amperes(rng, 6, 100);
            let free_a = std::array::from_fn(|_| Amperes(below(rng, most_a.0 + 1)));
            CircuitFacts { id: format!("c{at}"), inside: (at > 0).then(|| "c0".to_owned()), most_a, free_a }
        });
        let circuits: Vec<CircuitFacts> = circuits.collect();
        let minute = below(rng, 7 * 1_440);
        let now = "2026-06-29T00:00:00Z".parse::<Timestamp>().unwrap_or_default();
        let now = now.checked_add(jiff::SignedDuration::from_mins(minute.into())).unwrap_or(now);
        let evses = (0..below(rng, 9)).map(|at| evse(rng, at, circuits.len(), now)).collect();
        let watts = i64::from(below(rng, 40_000)) - 20_000;
        let local = now.to_zoned(jiff::tz::TimeZone::UTC);
        Self(LoadInput {
            now,
            site: SiteFacts { id: "site".to_owned(), voltage_v: 230 },
            local: LocalTime {
                time_zone: "UTC".to_owned(),
                weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
                minute_of_day: u16::try_from(minute % 1_440).unwrap_or_default(),
                date: local.date().to_string(),
            },
            circuits,
            meters: vec![MeterFacts {
                id: "grid".to_owned(),
                power_w: Some(watts),
                current_a: vec![Decimal::new(watts / 69, 1); 3],
            }],
            evses,
            parameters: Parameters::default(),
        })
    }
}

fn below(rng: &mut Rng, bound: u32) -> u32 {
    u32::try_from(rng.between(0, bound.into())).unwrap_or(0)
}

fn seconds_before(rng: &mut Rng, now: Timestamp) -> Timestamp {
    now.checked_sub(jiff::SignedDuration::from_secs(below(rng, 1_200).into())).unwrap_or(now)
}

fn evse(rng: &mut Rng, at: u32, circuits: usize, now: Timestamp) -> EvseFacts {
    let most = Amperes::whole(10 + below(rng, 23));
    let circuit = below(rng, u32::try_from(circuits).unwrap_or(1));
    let states = [ChargingState::Charging, ChargingState::Idle, ChargingState::Suspended];
    let began = jiff::SignedDuration::from_mins(below(rng, 600).into());
    let groups = [None, Some("fleet"), Some("staff")];
    EvseFacts {
        id: format!("depot-{at}/1"),
        station: format!("depot-{at}"),
        evse: 1,
        circuit: format!("c{circuit}"),
        phases: 1 + below(rng, 3),
        least_a: Amperes::whole(6),
        most_a: most,
        priority: i64::from(below(rng, 3)),
        limit_a: Amperes(below(rng, most.0 + 1)),
        limit_at: rng.one_in(2).then(|| seconds_before(rng, now)),
        switched_at: rng.one_in(2).then(|| seconds_before(rng, now)),
        power_w: rng.one_in(2).then(|| i64::from(below(rng, 22_000))),
        session: LoadSession {
            id: format!("session-{at}"),
            started_at: now.checked_sub(began).unwrap_or(now),
            energy: Energy::from_wh(i64::from(below(rng, 60_000))),
            state: *rng.pick(&states),
            token: rng.pick(&groups).map(|group| TokenFacts {
                kind: "ISO14443".to_owned(),
                group: Some(group.to_owned()),
                provider: None,
            }),
        },
    }
}

impl Drawn for Drawing {
    fn smaller(&self) -> Vec<Self> {
        let evses = &self.0.evses;
        let half = evses.len() / 2;
        let with = |evses: &[EvseFacts]| Self(LoadInput { evses: evses.to_vec(), ..self.0.clone() });
        match evses.len() {
            0 => Vec::new(),
            1 => vec![with(&[])],
            _ => vec![with(&evses[..half]), with(&evses[half..]), with(&evses[1..])],
        }
    }
}
