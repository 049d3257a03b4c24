//! Shadows: candidates that are asked what the active version was asked, after it has answered. Nobody waits for what
//! they say, and nothing of it reaches a station; it is compared and counted.

mod page;
mod question;
mod queue;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use amprule_domain::decision::Hook;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};

use crate::comparison::{Compared, Comparison};
use crate::version::Version;

pub(crate) use question::{Answered, AnyAnswered, Beside};
pub(crate) use queue::Queue;

/// A candidate beside the active version of its unit.
pub(crate) struct Shadow {
    pub(crate) version: Arc<Version>,
    pub(crate) path: String,
    since: Timestamp,
    tally: Mutex<Tally>,
    dropped: AtomicU64,
    ended: AtomicBool,
}

/// What was found so far, against one active version; it begins anew with the next one.
#[derive(Default)]
struct Tally {
    of: Option<Baseline>,
    approximate: bool,
    comparison: Comparison,
}

/// What a shadow found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowView {
    /// Where the candidate's files are.
    pub path: String,
    pub since: Timestamp,
    /// The active version whose answers it is held against. `None`: nothing was asked yet.
    pub of: Option<Baseline>,
    /// Answers that were compared.
    pub compared: u64,
    /// Questions that came while the queue was full.
    pub dropped: u64,
    /// Its clock changes at other hours than the active version's: the energy of a period is shared out over its time.
    pub approximate: bool,
    /// Why the candidate's files, as they are now, are not what is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    #[serde(flatten)]
    pub found: Compared,
}

impl ShadowView {
    /// Something was compared, with the files as they are, and nothing speaks against them.
    pub fn is_good(&self, allow_changes: bool) -> bool {
        self.compared > 0 && self.refused.is_none() && self.found.comparison.is_good(allow_changes)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    pub version: String,
    pub hash: String,
    /// Without the operator's tables: new rows are no reason to count anew.
    #[serde(default)]
    pub code_hash: String,
    /// When its first answer was compared.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// The shadows by unit. Asked at every answer, so that one look tells when there is none.
#[derive(Default)]
pub(crate) struct Shadows {
    any: AtomicBool,
    by_unit: RwLock<BTreeMap<String, Arc<Shadow>>>,
}

impl Shadows {
    pub(crate) fn are_there(&self) -> bool {
        self.any.load(Relaxed)
    }

    pub(crate) fn beside(&self, unit: &str, hook: Hook) -> Option<Arc<Shadow>> {
        if !self.are_there() {
            return None;
        }
        self.get(unit).filter(|shadow| shadow.version.has(hook))
    }

    pub(crate) fn get(&self, unit: &str) -> Option<Arc<Shadow>> {
        self.by_unit.read().get(unit).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Shadow>> {
        self.by_unit.read().values().cloned().collect()
    }

    /// The one that it takes the place of, if any.
    pub(crate) fn put(&self, shadow: Shadow) -> Option<Arc<Shadow>> {
        let unit = shadow.version.id().to_owned();
        self.change(|by_unit| by_unit.insert(unit, Arc::new(shadow)))
    }

    pub(crate) fn end(&self, unit: &str) -> Option<Arc<Shadow>> {
        self.change(|by_unit| by_unit.remove(unit))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Arc<Shadow>>) -> Option<Arc<Shadow>>,
    ) -> Option<Arc<Shadow>> {
        let mut by_unit = self.by_unit.write();
        let ended = change(&mut by_unit);
        self.any.store(!by_unit.is_empty(), Relaxed);
        ended.inspect(|shadow| shadow.ended.store(true, Relaxed))
    }
}

impl Shadow {
    pub(crate) fn new(version: Arc<Version>, path: &str, since: Timestamp) -> Self {
        Self {
            version,
            path: path.to_owned(),
            since,
            tally: Mutex::default(),
            dropped: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        }
    }

    /// Goes on counting where this candidate stopped, with another server most likely.
    pub(crate) fn going_on(self, from: ShadowView) -> Self {
        let ShadowView { since, of, dropped, approximate, found, .. } = from;
        let tally = Tally { of, approximate, comparison: found.comparison };
        Self { since, tally: Mutex::new(tally), dropped: AtomicU64::new(dropped), ..self }
    }

    fn is_over(&self) -> bool {
        self.ended.load(Relaxed)
    }

    pub(crate) fn drop_one(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    pub(crate) fn view(&self) -> ShadowView {
        let tally = self.tally.lock();
        let manifest = &self.version.manifest;
        ShadowView {
            path: self.path.clone(),
            since: self.since,
            of: tally.of.clone(),
            compared: tally.comparison.compared(),
            dropped: self.dropped.load(Relaxed),
            approximate: tally.approximate,
            refused: None,
            found: Compared {
                unit: manifest.id.clone(),
                version: manifest.version.clone(),
                hash: self.version.hash.clone(),
                comparison: tally.comparison.clone(),
            },
        }
    }
}
