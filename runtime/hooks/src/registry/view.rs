//! What the API and the console show of extensions.

use std::collections::BTreeMap;

use amprule_domain::decision::Hook;
use amprule_domain::lookup::LookupStats;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Registry;
use crate::Diagnostic;
use crate::breaker::BreakerState;
use crate::entry::Entry;
use crate::generation::Generation;
use crate::inactive::{Checking, Trouble};
use crate::lookups::{LookupSchema, Unavailable};
use crate::manifest::{Parameter, ParameterKind};
use crate::stage::VersionView;
use crate::tables::{Table, TableSchema};
use crate::unit::Kind;
use crate::version::{LastFault, Version};

/// One extension, as far as it got.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitView {
    pub id: String,
    pub state: UnitState,
    /// `None` while nothing could be compiled.
    pub kind: Option<Kind>,
    pub hooks: Vec<Hook>,
    pub version: Option<String>,
    pub hash: Option<String>,
    /// Counts upwards with every release; 0 when the manifest has none.
    pub revision: u64,
    /// The key that signed it, as the configuration names it.
    pub signer: Option<String>,
    /// The generation that made this version active.
    pub generation: Option<u64>,
    pub loaded_at: Option<Timestamp>,
    pub description: String,
    /// Where its files are.
    pub path: String,
    /// Why the files as they are now are not what is active.
    pub last_error: Option<LastError>,
    pub parameters: Vec<ParameterView>,
    pub tables: Vec<TableView>,
    pub lookups: Vec<LookupView>,
    /// Sessions keep the version with which they began: `pin` of the manifest.
    pub pinned: bool,
    /// The version at which an operator holds the unit, whatever its files are.
    pub held: Option<String>,
    pub calls: Vec<HookView>,
    /// The active version first, then the others that are known, newest first.
    pub versions: Vec<VersionView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitState {
    /// Asked for new sessions.
    Active,
    /// Ready, but the selection asks another one.
    Standby,
    /// Never became active: see the last error.
    Rejected,
    /// Something is not there yet, or an operator's word is missing.
    Waiting,
    /// Its first version is compiled and tested.
    Checking,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    pub at: Timestamp,
    /// All diagnostics as a compiler prints them.
    pub text: String,
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterView {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    pub value: Value,
    pub default: Option<Value>,
    pub description: String,
}

/// How the calls of one hook of the active version went.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookView {
    pub hook: Hook,
    pub calls: u64,
    pub faults: BTreeMap<&'static str, u64>,
    pub last_fault: Option<LastFault>,
    pub total_micros: u64,
    pub p50_micros: u64,
    pub p99_micros: u64,
    pub breaker: BreakerState,
    /// The worst call against what is granted.
    pub fuel: UsedOf,
    pub memory_bytes: UsedOf,
    pub wall_micros: UsedOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedOf {
    pub used: u64,
    pub limit: u64,
}

impl UnitState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Standby => "standby",
            Self::Rejected => "rejected",
            Self::Waiting => "waiting",
            Self::Checking => "checking",
        }
    }
}

impl Registry {
    /// Active ones first, each by id; then what could not become active.
    pub fn units(&self) -> Vec<UnitView> {
        let generation = self.generation.load_full();
        let troubles = self.troubles.lock().clone();
        let loaded = generation.entries.values().map(|entry| self.view(&generation, entry, troubles.get(&entry.path)));
        let paths: Vec<&str> = generation.entries.values().map(|entry| entry.path.as_str()).collect();
        let lost = troubles.iter().filter(|(path, _)| !paths.contains(&path.as_str()));
        let mut views: Vec<_> = loaded.chain(lost.map(|(path, trouble)| unloaded(path, trouble))).collect();
        for (path, checking) in &*self.checking.lock() {
            if views.iter().all(|view| view.id != checking.id) {
                views.push(in_the_making(path, checking));
            }
        }
        views
    }

    /// The active one of this id, else the one that tries to be; with what the archive has of it.
    pub fn unit(&self, id: &str) -> Option<UnitView> {
        let mut view = self.units().into_iter().find(|view| view.id == id)?;
        let archived = self.archive.get().map(|archive| archive.list(id)).unwrap_or_default();
        let retired =
            archived.into_iter().filter(|version| view.versions.iter().all(|known| known.hash != version.hash));
        let retired: Vec<_> = retired.collect();
        view.versions.extend(retired);
        Some(view)
    }

    fn tables(&self, version: &Version) -> Vec<TableView> {
        let feeds = self.feeds.lock();
        let feed = |table: &str| feeds.get(&(version.id().to_owned(), table.to_owned())).cloned();
        version.tables.iter().map(|(name, table)| TableView::of((name, table), feed(name))).collect()
    }

    fn lookups(&self, version: &Version) -> Vec<LookupView> {
        let standing = |name: &str| self.others.get()?.standing(version.id(), name);
        let lookups = version.manifest.lookups.iter();
        lookups.map(|(name, shape)| LookupView::of((name, shape), standing(name))).collect()
    }

    fn view(&self, generation: &Generation, entry: &Entry, trouble: Option<&Trouble>) -> UnitView {
        let version = &entry.active;
        let manifest = &version.manifest;
        let is_named_elsewhere = manifest.drives || manifest.hooks.iter().any(|hook| !hook.is_selected());
        let is_active = is_named_elsewhere || generation.chains.selects(version);
        let state = if is_active { UnitState::Active } else { UnitState::Standby };
        UnitView {
            id: manifest.id.clone(),
            state,
            kind: Some(version.kind),
            hooks: manifest.hooks.clone(),
            version: Some(manifest.version.clone()),
            hash: Some(version.hash.clone()),
            revision: manifest.revision,
            signer: version.signer().map(str::to_owned),
            generation: Some(entry.since),
            loaded_at: Some(version.loaded_at),
            description: manifest.description.clone(),
            path: entry.path.clone(),
            last_error: trouble.map(LastError::of),
            parameters: parameters(version),
            tables: self.tables(version),
            lookups: self.lookups(version),
            pinned: manifest.pinned,
            held: self.held.lock().get(&manifest.id).cloned(),
            calls: manifest.hooks.iter().map(|hook| calls(version, *hook)).collect(),
            versions: self.versions(version),
        }
    }
}

/// A table of the active version: which rows sessions that begin now see.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TableView {
    pub name: String,
    pub description: String,
    /// The column that rows are found by.
    pub key: String,
    pub rows: usize,
    /// The least key and the greatest: until when there are prices.
    pub first: String,
    pub last: String,
    /// Where it is loaded from, when it is loaded at all.
    pub feed: Option<FeedView>,
}

/// How the loading of a table goes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedView {
    pub from: String,
    pub tried_at: Option<Timestamp>,
    /// When it was last given a table, new or the same.
    pub taken_at: Option<Timestamp>,
    /// Why the last try gave none; the table stays.
    pub trouble: Option<String>,
}

/// What a policy asks another system for.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookupView {
    pub name: String,
    pub description: String,
    /// What happens when nobody answers.
    pub unavailable: Unavailable,
    /// `None`: nobody is bound to it.
    pub standing: Option<LookupStats>,
}

impl LookupView {
    fn of((name, shape): (&String, &LookupSchema), standing: Option<LookupStats>) -> Self {
        let LookupSchema { description, unavailable, .. } = shape;
        Self { name: name.clone(), description: description.clone(), unavailable: *unavailable, standing }
    }
}

impl TableView {
    fn of((name, table): (&str, &Table), feed: Option<FeedView>) -> Self {
        let (first, last) = table.span().map(|(first, last)| (first.to_string(), last.to_string())).unwrap_or_default();
        let TableSchema { description, key, .. } = table.shape.clone();
        Self { name: name.to_owned(), description, key, rows: table.rows(), first, last, feed }
    }
}

impl LastError {
    pub(super) fn new(at: Timestamp, diagnostics: Vec<Diagnostic>) -> Self {
        let text = diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
        Self { at, text, diagnostics }
    }

    fn of(trouble: &Trouble) -> Self {
        Self::new(trouble.at, trouble.diagnostics.clone())
    }
}

fn unloaded(path: &str, trouble: &Trouble) -> UnitView {
    let state = if trouble.waiting { UnitState::Waiting } else { UnitState::Rejected };
    let versions = Some(trouble).filter(|trouble| !trouble.hash.is_empty()).map(VersionView::kept_back);
    let (last_error, versions) = (Some(LastError::of(trouble)), versions.into_iter().collect());
    UnitView { last_error, versions, ..not_yet(&trouble.id, path, state) }
}

fn in_the_making(path: &str, checking: &Checking) -> UnitView {
    let versions = vec![VersionView::in_the_making(checking)];
    UnitView { versions, ..not_yet(&checking.id, path, UnitState::Checking) }
}

fn not_yet(id: &str, path: &str, state: UnitState) -> UnitView {
    UnitView {
        id: id.to_owned(),
        state,
        kind: None,
        hooks: Vec::new(),
        version: None,
        hash: None,
        revision: 0,
        signer: None,
        generation: None,
        loaded_at: None,
        description: String::new(),
        path: path.to_owned(),
        last_error: None,
        parameters: Vec::new(),
        tables: Vec::new(),
        lookups: Vec::new(),
        pinned: true,
        held: None,
        calls: Vec::new(),
        versions: Vec::new(),
    }
}

fn parameters(version: &Version) -> Vec<ParameterView> {
    let declared = version.manifest.parameters.iter();
    declared
        .map(|(name, parameter)| ParameterView {
            name: name.clone(),
            kind: parameter.kind,
            value: shown(parameter, version.parameters.get(name)).unwrap_or_default(),
            default: shown(parameter, parameter.default.as_ref()),
            description: parameter.description.clone(),
        })
        .collect()
}

fn shown(parameter: &Parameter, value: Option<&Value>) -> Option<Value> {
    value.map(|value| if parameter.secret { Value::from("(secret)") } else { value.clone() })
}

fn calls(version: &Version, hook: Hook) -> HookView {
    let watched = version.watched(hook);
    let reading = watched.stats.read();
    let granted = &version.granted;
    let micros = u64::try_from(granted.wall.as_micros()).unwrap_or(u64::MAX);
    HookView {
        hook,
        calls: reading.calls,
        faults: reading.faults,
        last_fault: watched.last_fault.lock().clone(),
        total_micros: reading.total_micros,
        p50_micros: reading.p50_micros,
        p99_micros: reading.p99_micros,
        breaker: watched.breaker.state(),
        fuel: UsedOf { used: reading.worst_fuel, limit: granted.fuel },
        memory_bytes: UsedOf { used: reading.worst_memory, limit: granted.memory as u64 },
        wall_micros: UsedOf { used: reading.worst_micros, limit: micros },
    }
}
