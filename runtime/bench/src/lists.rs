//! How long lists of sessions take over large books: one request at a time, the first page and the one behind it.
//!
//! The books are a year's. One session in a thousand is open, anywhere in the year, as those are whose station never told
//! their end; the latest hundred are open too. One in fifty carries a mark that a person has to look at, one in a hundred
//! a harmless one, one in five thousand a rare one. A station has some two hundred sessions, and so has a token.

use std::fmt;
use std::time::{Duration, Instant};

use amprule_domain::effect::Effect;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::{Mark, Marks, Timestamp};
use anyhow::{Context, Result};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bed::{Bed, FLAT_TARIFF, Ground, OPERATOR};
use crate::figures::{Figures, rounded};
use crate::load::at;
use crate::past::{Past, Stay};
use crate::prepare::fill;
use crate::report::target;

/// Of each list and page.
const REQUESTS: u64 = 200;
/// A list that is slower has fewer requests; the table says how many.
const PATIENCE: Duration = Duration::from_secs(60);
/// Unmeasured requests before each list.
const WARM_UP: u64 = 3;
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Sessions of one station, and of one token.
const EACH: u64 = 200;
/// Sessions of one question by time: more than a page.
const WITHIN: u64 = 300;

#[derive(Debug)]
pub(crate) struct Lists {
    sessions: u64,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    list: &'static str,
    page: &'static str,
    requests: usize,
    p50_millis: f64,
    p99_millis: f64,
}

pub(crate) fn measure(ground: Ground<'_>, sessions: u64) -> Result<Lists> {
    let past = Past::priced_by(&ground.root.join(FLAT_TARIFF))?;
    let books = Books::of(sessions);
    let written = (0..books.stations()).map(station).chain((0..sessions).map(|no| past.session(books.stay(no))));
    let bed = ground.bed_with(&OPERATOR, |data| fill(data, "stations and sessions", written))?;
    let mut rows = Vec::new();
    for (list, query) in books.lists() {
        let pages = ask(&bed, &*query).with_context(|| format!("list {list}"))?;
        let named = ["first", "following"].into_iter().zip(pages);
        rows.extend(named.filter_map(|(page, millis)| Row::of(list, page, millis)));
    }
    Ok(Lists { sessions, rows })
}

struct Books {
    sessions: u64,
    began_at: Timestamp,
}

type Query<'a> = Box<dyn Fn(u64) -> String + 'a>;

impl Books {
    /// They end a day ago, so that none of them is from tomorrow.
    #[expect(clippy::disallowed_methods, reason = "a server that runs now has sessions of the year before")]
    fn of(sessions: u64) -> Self {
        Self { sessions, began_at: Timestamp::now() - YEAR - SignedDuration::from_hours(24) }
    }

    fn stations(&self) -> u64 {
        (self.sessions / EACH).max(1)
    }

    fn time_of(&self, no: u64) -> Timestamp {
        self.began_at + YEAR.mul_f64(no as f64 / self.sessions as f64)
    }

    fn stay(&self, no: u64) -> Stay {
        let one_in = |count, which| chance(no, which).is_multiple_of(count);
        let mut marks = Marks::default();
        marks.add_if(one_in(50, 1), Mark::START_UNMETERED);
        marks.add_if(one_in(100, 2), Mark::OFFLINE);
        marks.add_if(one_in(5_000, 3), Mark::CHARGED_UNAUTHORIZED);
        Stay {
            no: no.cast_signed() + 1,
            station: station_name(chance(no, 4) % self.stations()),
            token: token_name(chance(no, 5) % self.stations()),
            began_at: self.time_of(no),
            marks,
            is_over: !one_in(1_000, 6) && no + 100 < self.sessions,
        }
    }

    /// Where there are many, every request asks for another one.
    fn lists(&self) -> Vec<(&'static str, Query<'_>)> {
        let always = |query: &'static str| -> Query<'_> { Box::new(move |_| query.to_owned()) };
        let one = |turn, which| chance(turn, which) % self.stations();
        vec![
            ("all", always("limit=100")),
            ("by state: active", always("state=active")),
            ("by state: ended", always("state=ended")),
            ("by state: parked (none is)", always("state=parked")),
            ("by mark: needs-review", always("mark=needs-review")),
            ("by mark: offline", always("mark=offline")),
            ("by mark: charged-unauthorized", always("mark=charged-unauthorized")),
            ("by station", Box::new(move |turn| format!("station={}", station_name(one(turn, 7))))),
            ("by token", Box::new(move |turn| format!("idToken={}", token_name(one(turn, 8))))),
            ("by time", Box::new(|turn| self.within(chance(turn, 9) % self.sessions))),
        ]
    }

    fn within(&self, first: u64) -> String {
        format!("from={}&until={}", self.time_of(first), self.time_of(first + WITHIN))
    }
}

fn station(number: u64) -> Effect {
    let id = station_name(number).as_str().into();
    Effect::Station(Box::new(StationRecord::new(id, Provisioning::Accepted)))
}

fn station_name(number: u64) -> String {
    format!("station-{number}")
}

fn token_name(number: u64) -> String {
    format!("DRIVER{number}")
}

/// The same at every run, and without a pattern that one list or another could profit from (splitmix64's last step).
fn chance(number: u64, which: u64) -> u64 {
    let mut mixed = (number * 16 + which + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// Milliseconds of each request for the first page and for the one behind it.
fn ask(bed: &Bed, query: &dyn Fn(u64) -> String) -> Result<[Vec<f64>; 2]> {
    let mut pages = [Vec::new(), Vec::new()];
    let begun = Instant::now();
    for turn in 0..WARM_UP + REQUESTS {
        if begun.elapsed() > PATIENCE {
            break;
        }
        let is_measured = turn >= WARM_UP;
        let mut query = query(turn);
        for page in &mut pages {
            let (millis, next) = timed(bed, &query)?;
            page.extend(is_measured.then_some(millis));
            let Some(next) = next else { break };
            query.push_str(&format!("&after={next}"));
        }
    }
    Ok(pages)
}

/// Until the whole answer is here, and what it names as the next page.
fn timed(bed: &Bed, query: &str) -> Result<(f64, Option<String>)> {
    let asked = Instant::now();
    let text = bed.api.get(&format!("/api/v1/sessions?{query}"))?;
    let millis = asked.elapsed().as_secs_f64() * 1e3;
    let answer: Value = serde_json::from_str(&text)?;
    Ok((millis, answer["next"].as_str().map(str::to_owned)))
}

impl Row {
    /// A list without such a page has no row for it.
    fn of(list: &'static str, page: &'static str, mut millis: Vec<f64>) -> Option<Self> {
        millis.sort_by(f64::total_cmp);
        let (p50_millis, p99_millis) = (at(&millis, 0.5), at(&millis, 0.99));
        (!millis.is_empty()).then_some(Self { list, page, requests: millis.len(), p50_millis, p99_millis })
    }
}

impl Figures for Lists {
    fn add_to(&self, json: &mut Value) {
        let row = |row: &Row| {
            json!({
                "list": row.list,
                "page": row.page,
                "requests": row.requests,
                "p50Millis": rounded(row.p50_millis),
                "p99Millis": rounded(row.p99_millis),
            })
        };
        json["listsSessions"] = self.sessions.into();
        json["lists"] = self.rows.iter().map(row).collect();
    }
}

impl fmt::Display for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = target::LIST_MILLIS;
        writeln!(f, "lists over {} sessions, 100 to a page, p99 at most {most:.0} ms:", self.sessions)?;
        writeln!(f, "  {:<30} {:<10} {:>8} {:>9} {:>9}", "", "page", "requests", "p50 ms", "p99 ms")?;
        for Row { list, page, requests, p50_millis, p99_millis } in &self.rows {
            let verdict = if *p99_millis > most { "  too slow" } else { "" };
            writeln!(f, "  {list:<30} {page:<10} {requests:>8} {p50_millis:>9.1} {p99_millis:>9.1}{verdict}")?;
        }
        Ok(())
    }
}
