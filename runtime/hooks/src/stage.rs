//! Where a version is in its life, and how it is shown there.

use jiff::Timestamp;
use serde::Serialize;

use crate::inactive::{Checking, Trouble};
use crate::probation::ProbationState;
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

    /// Of the version that is active.
    pub(crate) fn of_active(active: &Version) -> Self {
        match active.standing() {
            ProbationState::Stable => Self::Stable,
            ProbationState::Untried | ProbationState::OnProbation | ProbationState::Failed => Self::Probation,
        }
    }
}

impl VersionView {
    pub(crate) fn of(version: &Version, stage: Stage) -> Self {
        let Version { manifest, hash, loaded_at, .. } = version;
        Self { version: manifest.version.clone(), hash: hash.clone(), stage, since: *loaded_at, reason: None }
    }

    pub(crate) fn in_the_making(checking: &Checking) -> Self {
        let Checking { version, hash, since, .. } = checking.clone();
        Self { version, hash, stage: Stage::Checking, since, reason: None }
    }

    pub(crate) fn kept_back(trouble: &Trouble) -> Self {
        let stage = if trouble.waiting { Stage::Waiting } else { Stage::Rejected };
        let reason = trouble.diagnostics.first().map(|why| why.message.clone());
        Self { version: trouble.version.clone(), hash: trouble.hash.clone(), stage, since: trouble.at, reason }
    }
}
