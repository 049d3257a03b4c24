//! `amprule replay`: a candidate over the data folder's past. The comparing is the workbench's.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::process::ExitCode;

use amprule_domain::decision::{Decision, Hook};
use amprule_domain::doors::{DecisionSpan, Listed, Page, SessionFilter, StoreResult};
use amprule_domain::ports::Clock as _;
use amprule_domain::pricing::PricingInput;
use amprule_domain::reading::Reading;
use amprule_domain::reported::Reported;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_domain::{SessionId, StationId, Timestamp};
use amprule_hooks::Mask;
use amprule_store::StoreReader;
use amprule_workbench::replay::Replay;
use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::compilers::Patience;
use crate::environment::SystemClock;
use crate::output::{say, say_json};
use crate::{author, secrets};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The candidate: a unit's folder, or a single .rhai or .wasm file
    #[arg(long, value_name = "PATH")]
    unit: PathBuf,
    /// How far back: a time (`30d`, `12h`) or a moment (`2026-10-01T00:00Z`); sessions that began since then
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: String,
    /// Hold it against the answers of this unit [default: the candidate's own id]; `any` for all of them
    #[arg(long, value_name = "UNIT")]
    of: Option<String>,
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "amprule-data")]
    data: PathBuf,
    /// Print the whole report as JSON
    #[arg(long)]
    json: bool,
    /// Exit with 0 when answers changed, if none failed
    #[arg(long)]
    allow_changes: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let opened = author::open(&options.unit, options.patience)?;
    let past = Past {
        reader: StoreReader::open(&options.data)?,
        since: since(&options.since, SystemClock.now())?,
        of: match options.of.as_deref() {
            Some("any") => None,
            of => Some(of.unwrap_or(&opened.source.manifest.id).to_owned()),
        },
    };
    let mut replay = Replay::of(&opened.version);
    if opened.version.has(Hook::Pricing) {
        past.bills(&mut replay)?;
    }
    if opened.version.has(Hook::Modifier) {
        past.decisions(Hook::Modifier, |decision| replay.modification(&decision))?;
    }
    if opened.version.has(Hook::Authorization) {
        past.verdicts(&mut replay, &unmask(&past.reader, options)?)?;
    }
    let compared = replay.compared();
    let comparison = &compared.comparison;
    ensure!(
        comparison.compared() > 0 || !comparison.skipped.is_empty(),
        "nothing in {} since {} was answered by {}; --of names another unit, --of any all of them",
        options.data.display(),
        past.since,
        past.of.as_deref().unwrap_or("any unit")
    );
    if options.json {
        say_json(&compared)?;
    } else {
        say(compared.to_string().trim_end());
    }
    Ok(if comparison.is_good(options.allow_changes) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn since(text: &str, now: Timestamp) -> Result<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let span: jiff::Span = text.parse().with_context(|| format!("{text:?} is neither a time nor a moment"))?;
    let hours = span.total((jiff::Unit::Hour, jiff::SpanRelativeTo::days_are_24_hours()));
    let hours = hours.with_context(|| format!("{text:?} is not a number of days, hours or minutes"))?;
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds of some days")]
    let seconds = (hours * 3600.0) as i64;
    now.checked_sub(jiff::SignedDuration::from_secs(seconds)).with_context(|| format!("{text:?} is too long ago"))
}

struct Past {
    reader: StoreReader,
    since: Timestamp,
    /// `None`: every unit's answers.
    of: Option<String>,
}

impl Past {
    fn bills(&self, replay: &mut Replay<'_>) -> Result<()> {
        let written = self.final_decisions()?;
        let mut stations: HashMap<StationId, (StationRecord, Reported)> = HashMap::new();
        let filter =
            SessionFilter { state: Some(SessionState::Ended), from: Some(self.since), ..SessionFilter::default() };
        pages(
            |page| self.reader.sessions(&filter, page),
            |session| {
                if !Replay::is_billed(&session) || !self.priced(&session) {
                    return Ok(());
                }
                if !stations.contains_key(&session.station) {
                    stations.insert(session.station.clone(), self.station(&session.station)?);
                }
                let (station, reported) = &stations[&session.station];
                let readings = if replay.needs_readings(&session) { self.readings(&session)? } else { Vec::new() };
                replay.session(station, reported, &session, written.get(&session.id), &readings);
                Ok(())
            },
        )
    }

    /// One that is gone as if it were new.
    fn station(&self, id: &StationId) -> Result<(StationRecord, Reported)> {
        let record = self.reader.station(id)?;
        let record = record.unwrap_or_else(|| StationRecord::new(id.clone(), Provisioning::Accepted));
        Ok((record, self.reader.reported(id)?))
    }

    /// What tariffs saw and said when they made the final bills.
    fn final_decisions(&self) -> Result<HashMap<SessionId, Decision>> {
        let mut finals = HashMap::new();
        self.decisions(Hook::Pricing, |decision| {
            let question = decision.input.read::<PricingInput>();
            let is_bill = decision.fault.is_none() && question.is_ok_and(|question| question.purpose.is_final());
            if let Some(session) = decision.session.filter(|_| is_bill) {
                finals.insert(session, decision);
            }
        })?;
        Ok(finals)
    }

    fn verdicts(&self, replay: &mut Replay<'_>, unmask: &HashMap<String, String>) -> Result<()> {
        let clear = |masked: &str| match unmask.get(masked) {
            Some(token) => Some(token.clone()),
            None => (!masked.starts_with("masked:")).then(|| masked.to_owned()),
        };
        self.decisions(Hook::Authorization, |decision| replay.authorization(&decision, &clear))
    }

    fn decisions(&self, hook: Hook, mut each: impl FnMut(Decision)) -> Result<()> {
        let unit = self.of.clone();
        let span = DecisionSpan { from: Some(self.since), until: None, hook: Some(hook), unit };
        let mut seen = HashSet::new();
        pages(
            |page| self.reader.decisions_between(&span, page),
            |decision| {
                if seen.insert(decision.id) {
                    each(decision);
                }
                Ok(())
            },
        )
    }

    fn priced(&self, session: &Session) -> bool {
        let by = session.price.as_ref().map(|price| price.priced_by.unit.as_str());
        self.of.is_none() || by == self.of.as_deref()
    }

    fn readings(&self, session: &Session) -> Result<Vec<Reading>> {
        let mut readings = Vec::new();
        pages(
            |page| self.reader.readings(session.no, page),
            |stored| {
                readings.push(stored.reading);
                Ok(())
            },
        )?;
        readings.reverse();
        Ok(readings)
    }
}

/// The tokens of the books behind the masks of the log.
fn unmask(reader: &StoreReader, options: &Options) -> Result<HashMap<String, String>> {
    let mut known = HashMap::new();
    let Some(hash) = secrets::known_mask_hash(&options.data)? else { return Ok(known) };
    let mask = Mask { tokens: true, hash };
    pages(
        |page| reader.tokens(page),
        |token| {
            known.insert(mask.token(&token.id_token), token.id_token);
            Ok(())
        },
    )?;
    Ok(known)
}

fn pages<T>(read: impl Fn(&Page) -> StoreResult<Listed<T>>, mut each: impl FnMut(T) -> Result<()>) -> Result<()> {
    let mut page = Page { after: None, limit: 500 };
    loop {
        let Listed { items, next } = read(&page)?;
        items.into_iter().try_for_each(&mut each)?;
        match next {
            Some(after) => page.after = Some(after),
            None => return Ok(()),
        }
    }
}
