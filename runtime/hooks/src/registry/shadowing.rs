//! Candidates beside the active versions: who they are, and what they are asked.

use std::sync::Arc;

use serde_json::json;

use super::Registry;
use crate::question::Question;
use crate::shadow::{Answered, Beside, Shadow, ShadowView};
use crate::version::Version;

impl Registry {
    /// From now on the candidate is asked what the active version of its unit was asked. It never answers a station.
    /// `before`: what it had found when it was last seen.
    pub fn begin_shadow(&self, version: Arc<Version>, path: &str, before: Option<ShadowView>) {
        let known = self.shadows.get(version.id()).filter(|known| known.version.hash == version.hash);
        if known.as_ref().is_some_and(|known| known.path == path) {
            return;
        }
        self.shadow_queue.open(&self.notifier);
        let (id, number, hash) = (version.id(), &version.manifest.version, &version.hash);
        // What was counted beside another active version is over.
        let active = self.active(version.id()).map(|active| active.code_hash.clone());
        let is_beside = |before: &ShadowView| match (&before.of, &active) {
            (Some(of), Some(active)) => of.code_hash == *active,
            _ => true,
        };
        let before = known.map(|known| known.view()).or(before).filter(is_beside);
        let begins = if before.is_some() { "goes on" } else { "begins" };
        tracing::info!(extension = id, version = number, hash, path, "candidate {begins} beside the active version");
        let data = json!({ "step": "started", "version": number, "hash": hash, "path": path });
        self.tell("extension.shadow", id, data);
        let shadow = Shadow::new(Arc::clone(&version), path, self.clock.now());
        self.shadows.put(match before {
            Some(before) => shadow.going_on(before),
            None => shadow,
        });
    }

    pub fn end_shadow(&self, unit: &str) {
        if let Some(ended) = self.shadows.end(unit) {
            let (number, hash) = (&ended.version.manifest.version, &ended.version.hash);
            tracing::info!(extension = unit, version = number, hash, "candidate ended");
            self.tell("extension.shadow", unit, json!({ "step": "ended", "version": number, "hash": hash }));
        }
    }

    pub fn shadow(&self, unit: &str) -> Option<ShadowView> {
        let view = self.shadows.get(unit)?.view();
        Some(ShadowView { refused: self.shadow_refused(unit), ..view })
    }

    /// Why the unit's candidate was refused.
    pub fn shadow_refused(&self, unit: &str) -> Option<String> {
        let troubles = self.troubles.lock();
        let trouble = troubles.values().find(|trouble| trouble.candidate && trouble.id == unit)?;
        Some(trouble.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    pub fn has_shadows(&self) -> bool {
        self.shadows.are_there()
    }

    /// By unit.
    pub fn shadows(&self) -> Vec<ShadowView> {
        self.shadows.all().iter().map(|shadow| shadow.view()).collect()
    }

    /// Asks the candidate beside a version what that has answered. A session that goes on with an earlier version says
    /// nothing about the active one.
    pub(super) fn shadow_answer<Q: Question>(
        &self,
        version: &Version,
        question: &Arc<Q>,
        before: &Q::Stands,
        decision: impl FnOnce() -> String,
    ) {
        let Some(shadow) = self.shadows.beside(version.id(), Q::HOOK) else { return };
        if self.active(version.id()).is_some_and(|active| active.hash == version.hash) {
            let (question, before, decision) = (Arc::clone(question), before.clone(), decision());
            let of = Beside { pin: version.pin(), code_hash: version.code_hash.clone(), at: self.clock.now() };
            self.shadow_queue.ask(shadow, of, Box::new(Answered { question, before, decision }));
        }
    }
}
