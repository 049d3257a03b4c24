//! The members that an extension is shown with. The registry makes the values; these types only describe them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One script or plugin, as far as it got.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExtensionView {
    #[schema(example = "time-of-use")]
    id: String,
    /// `active`, `standby` (ready, but another one is selected), `rejected` (see `lastError`), `waiting` or `checking` (its
    /// first version is compiled and tested).
    #[schema(example = "active")]
    state: String,
    /// `rhai` or `wasm`; null while nothing could be compiled.
    #[schema(required)]
    kind: Option<String>,
    /// `pricing`, `modifier`, `authorization`, `load`, `dialect`; none of a driver.
    hooks: Vec<String>,
    #[schema(required)]
    version: Option<String>,
    /// SHA-256 over the unit's files, parameters included.
    #[schema(required)]
    hash: Option<String>,
    /// Counts upwards with every release; 0 when the manifest has none.
    revision: u64,
    /// The key that signed it, as the configuration names it.
    #[schema(required)]
    signer: Option<String>,
    /// The generation that made this version active.
    #[schema(required)]
    generation: Option<u64>,
    #[schema(required, format = DateTime)]
    loaded_at: Option<String>,
    description: String,
    /// Where its files are.
    path: String,
    /// Why the files as they are now are not what is active.
    #[schema(required)]
    last_error: Option<LastErrorView>,
    parameters: Vec<ParameterView>,
    /// What it looks rows up in: those that sessions see that begin now.
    tables: Vec<TableView>,
    /// What its policy asks other systems for (`[[lookups]]` of the configuration).
    lookups: Vec<LookupView>,
    /// Sessions keep the version with which they began: the manifest does not say `pin = "none"`.
    pinned: bool,
    /// The hash of the version at which an operator holds the unit (`pin`, `activate`, `rollback`), whatever its files are
    /// and if they go, until `unpin`; null while the files count.
    #[schema(required)]
    held: Option<String>,
    /// One entry per hook of the active version.
    calls: Vec<HookView>,
    /// The active version first, then what may come, then what was.
    versions: Vec<VersionView>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LastErrorView {
    #[schema(format = DateTime)]
    at: String,
    /// All diagnostics as a compiler prints them: file, line, caret, hint.
    text: String,
    diagnostics: Vec<DiagnosticView>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DiagnosticView {
    /// A stable short word: `syntax`, `unknown-field`, `manifest`, `self-test`, `limit`, …
    code: String,
    message: String,
    file: Option<String>,
    /// From 1, as is the column.
    line: Option<u64>,
    column: Option<u64>,
    excerpt: Option<String>,
    hint: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ParameterView {
    name: String,
    /// `decimal`, `integer`, `boolean`, `text`, `time`, `currency` or `list`.
    #[serde(rename = "type")]
    kind: String,
    value: Value,
    #[schema(required)]
    default: Option<Value>,
    description: String,
}

/// A table of the active version.
#[derive(Serialize, ToSchema)]
pub(crate) struct TableView {
    name: String,
    description: String,
    /// The column that rows are found by.
    key: String,
    rows: u64,
    /// The least key and the greatest. Of a table of moments: until when it says something.
    #[schema(example = "2026-11-21T23:00:00Z")]
    first: String,
    last: String,
    /// Where it is loaded from (`[[feeds]]` of the configuration); null for a file that others write.
    #[schema(required)]
    feed: Option<FeedView>,
}

/// A lookup of a policy, and how it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookupView {
    name: String,
    description: String,
    /// What happens when nobody answers: `tell` the policy, the `last-known` answer, or `fail` as its `on_error` says.
    #[schema(example = "last-known")]
    unavailable: String,
    /// Null: nobody is bound to it, and every question is unavailable.
    #[schema(required)]
    standing: Option<LookupStanding>,
}

/// Counted from the start of the server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookupStanding {
    unit: String,
    lookup: String,
    /// The address up to where the key or a query begins.
    from: String,
    /// By policies. Each that has ended is one of `rows`, `nothing` and `unavailable`.
    asked: u64,
    rows: u64,
    nothing: u64,
    unavailable: u64,
    /// Those among them that nobody was asked for, since the answer still stood.
    from_cache: u64,
    /// Those that were more than may be asked or wait.
    turned_away: u64,
    /// What went to the other system.
    requests: u64,
    /// Of how many keys the last answer is known.
    known: u64,
    /// The other system is left alone until then, after failures.
    #[schema(required, format = DateTime)]
    left_alone_until: Option<String>,
    #[schema(required, format = DateTime)]
    heard_at: Option<String>,
    /// The last there was; over when `heardAt` is later.
    #[schema(required)]
    trouble: Option<LookupTrouble>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LookupTrouble {
    /// What happened, and what to do.
    what: String,
    #[schema(format = DateTime)]
    at: String,
}

/// How the loading of a table goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedView {
    /// The address, without its query.
    from: String,
    #[schema(required, format = DateTime)]
    tried_at: Option<String>,
    /// When it was last given a table, new or the same.
    #[schema(required, format = DateTime)]
    taken_at: Option<String>,
    /// Why the last try gave none; the table stays as it is.
    #[schema(required)]
    trouble: Option<String>,
}

/// How the calls of one hook went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HookView {
    /// One of them, as `hooks` names it.
    hook: String,
    calls: u64,
    /// Class to number.
    faults: BTreeMap<String, u64>,
    /// Of this version, since it was loaded; null where there was none.
    #[schema(required)]
    last_fault: Option<LastFaultView>,
    total_micros: u64,
    p50_micros: u64,
    p99_micros: u64,
    /// `closed` (asked), `open` (not asked, it fails too often) or `half-open` (asked once to see).
    breaker: String,
    /// The worst call against what is granted, as are memory and wall clock.
    fuel: UsedView,
    memory_bytes: UsedView,
    wall_micros: UsedView,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LastFaultView {
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "invalid-output")]
    class: String,
    /// A diagnostic's, where `amprule check --explain CODE` says more.
    #[schema(required)]
    code: Option<String>,
    message: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UsedView {
    used: u64,
    limit: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionView {
    version: String,
    hash: String,
    /// `checking` (compiled and tested now), `rejected` (its files were refused), `waiting` (for an operator's word or
    /// a file), `shadow` (a candidate beside the active version), `probation` (active, and watched closely), `stable`
    /// (active and proven), `draining` (sessions that began with it go on with it), `retired` (in the archive only),
    /// `quarantined` (may not become active until it is approved).
    #[schema(example = "stable")]
    stage: String,
    /// When it was loaded, archived, quarantined or refused.
    #[schema(format = DateTime)]
    since: String,
    /// Why it is quarantined, refused or waits.
    #[schema(required)]
    reason: Option<String>,
}
