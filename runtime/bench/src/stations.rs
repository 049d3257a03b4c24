//! The cost of a message, however many stations are connected.
//!
//! Held constant: how many messages are in flight, which kinds they are and in which shares, the units, the time, and that
//! a server begins with an empty folder and has seen as many visits before the clock begins. What differs is how many
//! stations take turns, so how long each is silent between two of its messages and how many visits each has behind it.

use std::fmt;

use amprule_domain::effect::Effect;
use amprule_domain::token::{TokenRecord, TokenStatus};
use anyhow::Result;
use serde_json::{Value, json};

use crate::bed::{Ground, OPERATOR};
use crate::figures::{Figures, rounded};
use crate::load::Load;
use crate::measured::Ready;
use crate::prepare::fill;
use crate::ratio::{Round, Rounds, clocked, median};
use crate::report::target;
use crate::room;
use crate::traffic::{self, Traffic};

/// Fewer than the smallest number of stations, so that the server is as busy with each.
const IN_FLIGHT: usize = 200;

/// Of all stations together, before the clock begins: each has been heard, and filing is at work.
const WARM_UP_VISITS: usize = 30_000;

#[derive(Debug)]
pub(crate) struct Stations {
    rows: Vec<Row>,
    /// Numbers of stations that this machine does not let us have, and why.
    left_out: Vec<(usize, String)>,
}

/// Medians over the rounds.
#[derive(Debug, Clone, Copy)]
struct Row {
    stations: usize,
    messages_per_cpu_second: f64,
    messages_per_second: f64,
    p99_micros: f64,
}

/// By turns, so that whatever else the machine does falls on all of them.
pub(crate) fn measure(ground: Ground<'_>, sizes: &[usize], rounds: Rounds) -> Result<Stations> {
    let refused = |&stations: &usize| room::make(stations).err().map(|why| (stations, why));
    let left_out: Vec<(usize, String)> = sizes.iter().filter_map(refused).collect();
    let is_left_out = |stations: usize| left_out.iter().any(|(other, _)| *other == stations);
    let sizes: Vec<usize> = sizes.iter().copied().filter(|&stations| !is_left_out(stations)).collect();
    let mut measured: Vec<Vec<Round>> = sizes.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds.rounds {
        for (&stations, measured) in sizes.iter().zip(&mut measured) {
            measured.push(round(ground, stations, rounds.seconds)?);
        }
    }
    let rows = sizes.iter().zip(&measured).map(|(&stations, rounds)| Row::of(stations, rounds)).collect();
    Ok(Stations { rows, left_out })
}

fn round(ground: Ground<'_>, stations: usize, seconds: f64) -> Result<Round> {
    let bed = ground.bed_with(&OPERATOR, |data| fill(data, "tokens", (0..stations).map(accepted)))?;
    let load = Load {
        url: bed.server.url.clone(),
        traffic: Traffic::Session,
        connections: stations,
        seconds,
        prefix: "many".to_owned(),
        in_flight: Some(IN_FLIGHT),
        token: None,
        visits: None,
        days_ago: traffic::DAYS_AGO,
    };
    // What a station costs once, when it is first heard of, is not what its messages cost.
    let visits = WARM_UP_VISITS.div_ceil(stations);
    Ready::start(&Load { visits: Some(u32::try_from(visits)?), days_ago: traffic::DAYS_AGO + 1, ..load.clone() })?
        .go()?;
    clocked(&bed.server, Ready::start(&load)?)
}

/// The token of one station.
fn accepted(number: usize) -> Effect {
    Effect::Token(Box::new(TokenRecord {
        id_token: traffic::token(number),
        kind: "ISO14443".to_owned(),
        status: TokenStatus::Accepted,
        group: None,
        expires_at: None,
        budget: None,
        language: None,
        energy_transfer: Vec::new(),
    }))
}

impl Row {
    fn of(stations: usize, rounds: &[Round]) -> Self {
        let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        Self {
            stations,
            messages_per_cpu_second: 1e6 / middle(|round| round.micros),
            messages_per_second: middle(|round| round.outcome.messages as f64 / round.outcome.seconds),
            p99_micros: middle(|round| f64::from(round.outcome.p99_micros)),
        }
    }
}

impl Stations {
    /// How much more the dearest message costs than the cheapest, where there are two.
    fn spread_percent(&self) -> Option<f64> {
        let of = |choose: fn(f64, f64) -> f64| self.rows.iter().map(|row| row.messages_per_cpu_second).reduce(choose);
        let (most, least) = of(f64::max).zip(of(f64::min))?;
        (self.rows.len() > 1).then_some((most / least - 1.0) * 100.0)
    }
}

impl Figures for Stations {
    fn add_to(&self, json: &mut Value) {
        for row in &self.rows {
            let name = format!("stations{}", row.stations);
            json[format!("{name}PerCpuSecond")] = rounded(row.messages_per_cpu_second).into();
            json[format!("{name}PerSecond")] = rounded(row.messages_per_second).into();
            json[format!("{name}P99Micros")] = rounded(row.p99_micros).into();
        }
        json["stationsSpreadPercent"] = self.spread_percent().map(rounded).into();
        json["stationsLeftOut"] =
            self.left_out.iter().map(|(stations, why)| json!({"stations": stations, "why": why})).collect();
    }
}

impl fmt::Display for Stations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "whole visits, {IN_FLIGHT} messages in flight, by the number of connected stations:")?;
        for row in &self.rows {
            let Row { stations, messages_per_cpu_second, messages_per_second, p99_micros } = row;
            writeln!(
                f,
                "  {stations:>6}: {messages_per_cpu_second:.0} messages per CPU-second, {messages_per_second:.0} per second, p99 {p99_micros:.0} µs"
            )?;
        }
        for (stations, why) in &self.left_out {
            writeln!(f, "  {stations:>6}: left out, {why}")?;
        }
        let most = target::STATIONS_PERCENT;
        self.spread_percent().iter().try_for_each(|spread| {
            writeln!(f, "  the dearest message costs {spread:.1} % more than the cheapest (at most {most:.0} %)")
        })
    }
}
