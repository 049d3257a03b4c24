//! What candidates have found so far, on disk, so that a restart does not begin to count anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use amprule_hooks::Version;
use amprule_hooks::shadow::ShadowView;
use serde_json::Value;

use crate::active::{read, save};

const SHADOWS: &str = "shadows.json";
/// How often they are written. A server that is killed forgets what was counted since.
const EVERY: Duration = Duration::from_secs(30);

pub(crate) struct Tallies {
    archive: PathBuf,
    /// By unit: those of before the start whose candidates have not begun yet.
    of_before: BTreeMap<String, ShadowView>,
    written: Vec<ShadowView>,
    written_at: Instant,
}

impl Tallies {
    pub(crate) fn open(archive: &Path) -> Self {
        // One that cannot be read any more takes no other with it.
        let written: Vec<Value> = read(archive, SHADOWS);
        let written: Vec<ShadowView> =
            written.into_iter().filter_map(|view| serde_json::from_value(view).ok()).collect();
        let of_before = written.iter().map(|view| (view.found.unit.clone(), view.clone())).collect();
        Self { archive: archive.to_owned(), of_before, written, written_at: Instant::now() }
    }

    /// What this candidate had found before the start.
    pub(crate) fn take(&mut self, candidate: &Version) -> Option<ShadowView> {
        self.of_before.remove(candidate.id()).filter(|view| view.found.hash == candidate.hash)
    }

    pub(crate) fn are_due(&self) -> bool {
        self.due_in().is_zero()
    }

    pub(crate) fn due_in(&self) -> Duration {
        EVERY.saturating_sub(self.written_at.elapsed())
    }

    /// `waits` says whether there is still something at a path that has not begun.
    pub(crate) fn write(&mut self, mut views: Vec<ShadowView>, waits: impl Fn(&Path) -> bool) {
        self.of_before.retain(|_, view| waits(Path::new(&view.path)));
        views.extend(self.of_before.values().cloned());
        self.written_at = Instant::now();
        if views != self.written {
            save(&self.archive, SHADOWS, &views);
            self.written = views;
        }
    }
}
