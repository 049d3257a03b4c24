//! What a year leaves on disk: a month of long sessions is driven through a server, and what is filed of it is counted.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::bed::{Bed, Ground, OPERATOR};
use crate::figures::{Figures, rounded};
use crate::load::Load;
use crate::measured::{Measured, Ready};
use crate::ratio::serve;
use crate::report::target;
use crate::traffic::{self, DAILY, MINUTES, Traffic};
use crate::visits::bytes;

const HALF: u32 = 15;
const DAYS_AGO: u32 = 300;
const REST: Duration = Duration::from_secs(3);
/// The fleet whose year is told.
const STATIONS_OF_YEAR: f64 = 5_000.0;
/// Of decisions no more is kept, unless the configuration says otherwise.
const DECISIONS_AT_MOST: f64 = (2_u64 << 30) as f64;
/// So few that the month is filed: a year's are filed but for what is little beside it.
const FEW_AT_HAND: &str = "[readings]\nhot_sessions = 100\n[decisions]\nhot_rows = 500\n";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Month {
    sessions: f64,
    /// Of a session, in the database.
    database: f64,
    /// Of a session's decisions, in their files.
    decisions: f64,
    messages_per_cpu_second: f64,
}

/// `stations` for thirty days, by their own clocks. The first fifteen leave what is there but once, and free pages; the
/// others show what each session adds.
pub(crate) fn measure(ground: Ground<'_>, stations: usize) -> Result<Month> {
    let Bed { server, api, folder } = ground.bed_as(&OPERATOR, FEW_AT_HAND, |_| Ok(()))?;
    (0..stations).try_for_each(|number| api.accept(&traffic::token(number)))?;
    half(server, stations, DAYS_AGO)?;
    let data = folder.path().join("data");
    let before = Left::of(&data)?;
    let messages_per_cpu_second = half(serve(ground.amprule, folder.path())?, stations, DAYS_AGO - HALF)?;
    let after = Left::of(&data)?;
    let sessions = f64::from(DAILY * HALF) * stations as f64;
    Ok(Month {
        sessions,
        database: (after.database - before.database) / sessions,
        decisions: (after.decisions - before.decisions) / sessions,
        messages_per_cpu_second,
    })
}

/// Returns the messages per CPU-second.
fn half(server: Measured, stations: usize, days_ago: u32) -> Result<f64> {
    let load = Load {
        url: server.url.clone(),
        traffic: Traffic::Day,
        connections: stations,
        seconds: 0.0,
        prefix: "month".to_owned(),
        in_flight: None,
        token: None,
        visits: Some(DAILY * HALF),
        days_ago,
    };
    let ready = Ready::start(&load)?;
    let before = server.cpu_seconds()?;
    let outcome = ready.go()?;
    let cpu = server.cpu_seconds()? - before;
    // What is due is filed in the first idle seconds.
    std::thread::sleep(REST);
    Ok(outcome.messages as f64 / cpu)
}

/// Bytes in the data folder, once its server has ended.
struct Left {
    database: f64,
    decisions: f64,
}

impl Left {
    fn of(data: &Path) -> Result<Self> {
        let decisions = bytes(&data.join("decisions"))? as f64;
        Ok(Self { database: bytes(data)? as f64 - decisions, decisions })
    }
}

impl Month {
    /// Bytes.
    fn of_year(self) -> f64 {
        let sessions = STATIONS_OF_YEAR * f64::from(DAILY) * 365.0;
        sessions * self.database + (sessions * self.decisions).min(DECISIONS_AT_MOST)
    }
}

impl Figures for Month {
    fn add_to(&self, json: &mut Value) {
        for (name, figure) in [
            ("monthDatabaseBytesPerSession", self.database),
            ("monthDecisionBytesPerSession", self.decisions),
            ("monthMessagesPerCpuSecond", self.messages_per_cpu_second),
            ("yearGigabytes", self.of_year() / 1e9),
        ] {
            json[name] = rounded(figure).into();
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, database, decisions, messages_per_cpu_second } = self;
        writeln!(
            f,
            "half a month, {sessions:.0} sessions of {MINUTES} readings: {database:.0} bytes of a session in the database and {decisions:.0} of its \
             decisions in files, {messages_per_cpu_second:.0} messages per CPU-second"
        )?;
        let (year, most) = (self.of_year() / 1e9, target::YEAR_GIGABYTES);
        writeln!(
            f,
            "  a year of {STATIONS_OF_YEAR:.0} stations, {DAILY} sessions a day each: {year:.1} GB (at most {most:.0})"
        )
    }
}
