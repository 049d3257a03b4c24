//! The cost of a message for a token with a long history.
//!
//! Two servers with equally many past sessions in their books: in one all are the load's token's, in the other all but one
//! are of tokens with one session each. So the databases are equally large, and nothing but the token's history differs.
//! All stations show that one token: a hundred thousand sessions for each of two hundred tokens would be another measure,
//! that of a large database. Its starts are decided one after the other, in both. Every station has the same number of whole
//! visits: in a given time, a server that is slow at starts would be asked for little else.
//!
//! The load's own sessions began long before this month, and the past is dated within it. So the history that a budget of
//! this month adds up stays as it is while the load runs.

use std::fmt;

use amprule_domain::{Marks, Timestamp};
use anyhow::Result;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::bed::{Bed, FLAT_TARIFF, Ground, OPERATOR};
use crate::figures::{Figures, rounded};
use crate::load::Load;
use crate::measured::Ready;
use crate::past::{Past, Stay};
use crate::prepare::fill;
use crate::ratio::{CONNECTIONS, clocked, median};
use crate::report::target;
use crate::traffic::{self, TOKEN, Traffic};

/// Of each station in a round.
const VISITS: u32 = 5;

#[derive(Debug)]
pub(crate) struct History {
    past: i64,
    plain: Pair,
    budgeted: Pair,
}

/// Microseconds of CPU for each message, with one past session and with many: medians over the rounds.
#[derive(Debug, Clone, Copy)]
struct Pair {
    one: f64,
    many: f64,
}

/// What is spent of a budget is the one question about a token whose answer comes from all of its history, so it is
/// measured without one and with one.
pub(crate) fn measure(ground: Ground<'_>, past: i64, rounds: usize) -> Result<History> {
    let books =
        Books { past: Past::priced_by(&ground.root.join(FLAT_TARIFF))?, sessions: past, this_month: this_month()? };
    let one = books.bed(ground, |no| if no == 1 { TOKEN.to_owned() } else { format!("OTHER{no}") })?;
    let many = books.bed(ground, |_| TOKEN.to_owned())?;
    let beds = [&one, &many];
    let plain = by_turns(beds, "plain", rounds)?;
    beds.iter().try_for_each(|bed| bed.api.limit(TOKEN))?;
    let budgeted = by_turns(beds, "budget", rounds)?;
    Ok(History { past, plain, budgeted })
}

struct Books {
    past: Past,
    sessions: i64,
    /// Its beginning, and now.
    this_month: (Timestamp, Timestamp),
}

impl Books {
    fn bed(&self, ground: Ground<'_>, token: impl Fn(i64) -> String + Sync) -> Result<Bed> {
        let session = |no| self.past.session(self.stay(no, token(no)));
        let bed = ground.bed_with(&OPERATOR, |data| fill(data, "past sessions", (1..=self.sessions).map(session)))?;
        bed.api.accept(TOKEN)?;
        Ok(bed)
    }

    /// Evenly over the month as far as it is over.
    fn stay(&self, no: i64, token: String) -> Stay {
        let (begin, now) = self.this_month;
        let began_at = begin + now.duration_since(begin).mul_f64(no as f64 / self.sessions as f64);
        Stay { no, station: format!("past-{}", no % 1_000), token, began_at, marks: Marks::default(), is_over: true }
    }
}

/// Of the zone that stations have when nobody says otherwise.
#[expect(clippy::disallowed_methods, reason = "a server that runs now asks what was spent in the present month")]
fn this_month() -> Result<(Timestamp, Timestamp)> {
    let now = Timestamp::now();
    let begin = now.to_zoned(TimeZone::UTC).date().first_of_month().to_zoned(TimeZone::UTC)?;
    Ok((begin.timestamp(), now))
}

fn by_turns(beds: [&Bed; 2], what: &str, rounds: usize) -> Result<Pair> {
    let mut micros = [Vec::new(), Vec::new()];
    // The first round warms both.
    for number in 0..=rounds {
        for (bed, micros) in beds.iter().zip(&mut micros) {
            let cost = cost(bed, format!("{what}{number}"))?;
            micros.extend((number > 0).then_some(cost));
        }
    }
    let [one, many] = micros.map(|micros| median(micros.into_iter()));
    Ok(Pair { one, many })
}

fn cost(bed: &Bed, prefix: String) -> Result<f64> {
    let load = Load {
        url: bed.server.url.clone(),
        traffic: Traffic::Session,
        connections: CONNECTIONS,
        seconds: 0.0,
        prefix,
        in_flight: None,
        token: Some(TOKEN.to_owned()),
        visits: Some(VISITS),
        days_ago: traffic::DAYS_AGO,
    };
    Ok(clocked(&bed.server, Ready::start(&load)?)?.micros)
}

impl Pair {
    fn ratio(self) -> f64 {
        self.many / self.one
    }
}

impl History {
    fn pairs(&self) -> [(&'static str, &'static str, Pair); 2] {
        [("history", "without a budget", self.plain), ("historyBudget", "with a budget", self.budgeted)]
    }
}

impl Figures for History {
    fn add_to(&self, json: &mut Value) {
        json["historySessions"] = self.past.into();
        for (name, _, pair) in self.pairs() {
            json[format!("{name}OnePerCpuSecond")] = rounded(1e6 / pair.one).into();
            json[format!("{name}ManyPerCpuSecond")] = rounded(1e6 / pair.many).into();
            json[format!("{name}Ratio")] = rounded(pair.ratio()).into();
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "whole visits with one token, by its past sessions (1 and {}):", self.past)?;
        for (_, what, pair) in self.pairs() {
            let (one, many) = (1e6 / pair.one, 1e6 / pair.many);
            writeln!(
                f,
                "  {what}: {one:.0} and {many:.0} messages per CPU-second, a message costs {:.2} times as much (at most {})",
                pair.ratio(),
                target::HISTORY
            )?;
        }
        Ok(())
    }
}
