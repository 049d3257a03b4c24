//! The life of a version: checking, rejected or waiting, shadow, probation, stable, draining, retired, quarantined.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use super::{Checking, Registry, Trouble};
use crate::probation::Standing;
use crate::version::Version;

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Its files are compiled and tested.
    Checking,
    /// Its files were refused.
    Rejected,
    /// Its files wait for something, or for an operator's word.
    Waiting,
    /// A candidate beside the active version.
    Shadow,
    /// Active, and watched closely.
    Probation,
    /// Active and proven.
    Stable,
    /// Not active any more; sessions that began with it go on with it.
    Draining,
    /// Kept in the archive only.
    Retired,
    /// May not become active until an operator approves it.
    Quarantined,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    pub version: String,
    pub hash: String,
    pub stage: Stage,
    /// When it was loaded, archived, quarantined or refused.
    pub since: Timestamp,
    /// Why it is quarantined, refused or waits.
    pub reason: Option<String>,
}

impl Stage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Rejected => "rejected",
            Self::Waiting => "waiting",
            Self::Shadow => "shadow",
            Self::Probation => "probation",
            Self::Stable => "stable",
            Self::Draining => "draining",
            Self::Retired => "retired",
            Self::Quarantined => "quarantined",
        }
    }
}

impl Registry {
    /// Each hash once, as the furthest that it got.
    pub(super) fn versions(&self, active: &Version) -> Vec<VersionView> {
        let id = active.id();
        let mut versions = vec![VersionView::of(active, stage_of(active))];
        versions.extend(self.coming(id));
        let quarantined = self.quarantine.of_unit(id);
        versions.extend(quarantined.into_iter().map(|(hash, entry)| VersionView {
            version: entry.version,
            hash,
            stage: Stage::Quarantined,
            since: entry.at,
            reason: Some(entry.reason),
        }));
        let in_memory = self.shelf.of_unit(id);
        versions.extend(in_memory.iter().rev().map(|version| VersionView::of(version, Stage::Draining)));
        versions.extend(self.kept_back(id));
        let mut seen = HashSet::new();
        versions.retain(|version| seen.insert(version.hash.clone()));
        versions
    }

    /// What may become active, sooner or later.
    fn coming(&self, id: &str) -> Vec<VersionView> {
        let checking = self.checking.lock();
        let checking = checking.values().filter(|checking| checking.id == id).map(VersionView::in_the_making);
        let shadow = self.shadows.get(id).map(|shadow| VersionView::of(&shadow.version, Stage::Shadow));
        checking.chain(shadow).collect()
    }

    /// What the files are, where they are not let in.
    fn kept_back(&self, id: &str) -> Vec<VersionView> {
        let troubles = self.troubles.lock();
        let readable = troubles.values().filter(|trouble| trouble.id == id && !trouble.hash.is_empty());
        readable.map(VersionView::kept_back).collect()
    }
}

impl VersionView {
    fn of(version: &Version, stage: Stage) -> Self {
        let Version { manifest, hash, loaded_at, .. } = version;
        Self { version: manifest.version.clone(), hash: hash.clone(), stage, since: *loaded_at, reason: None }
    }

    pub(super) fn in_the_making(checking: &Checking) -> Self {
        let Checking { version, hash, since, .. } = checking.clone();
        Self { version, hash, stage: Stage::Checking, since, reason: None }
    }

    pub(super) fn kept_back(trouble: &Trouble) -> Self {
        let stage = if trouble.waiting { Stage::Waiting } else { Stage::Rejected };
        let reason = trouble.diagnostics.first().map(|why| why.message.clone());
        Self { version: trouble.version.clone(), hash: trouble.hash.clone(), stage, since: trouble.at, reason }
    }
}

fn stage_of(active: &Version) -> Stage {
    match active.standing() {
        Standing::Stable => Stage::Stable,
        Standing::Untried | Standing::OnProbation | Standing::Failed => Stage::Probation,
    }
}
