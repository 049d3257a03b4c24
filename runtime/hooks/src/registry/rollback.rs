//! What follows from how a version's calls go: it becomes stable, or it makes room for the last known good one.

use amprule_domain::decision::{Fault, FaultClass, Hook};
use serde_json::json;

use super::{Registry, Unchanged};
use crate::call::Called;
use crate::generation::Change;
use crate::probation::ProbationEvent;
use crate::quarantine::{Entries, Quarantined, Writer};
use crate::version::{LastFault, Version};

impl Registry {
    /// Takes over what was in quarantine when the process before ended, and says how to keep it from now on.
    pub fn open_quarantine(&self, entries: Entries, writer: Writer) {
        self.quarantine.open(entries, writer);
    }

    pub fn quarantined(&self, hash: &str) -> Option<Quarantined> {
        self.quarantine.get(hash)
    }

    /// Why a version is kept out: it or, with whatever tables, its code.
    pub fn kept_out(&self, hash: &str, code: &str) -> Option<Quarantined> {
        self.quarantined(hash).or_else(|| self.quarantined(code))
    }

    /// Lets a version in again. False: it was not kept out.
    pub fn lift_quarantine(&self, hash: &str) -> bool {
        self.quarantine.lift(hash)
    }

    /// Waits until the quarantine is on disk as it is now.
    pub fn write_quarantine(&self) {
        self.quarantine.write();
    }

    /// It was quarantined while somebody was about to make it active.
    pub(super) fn is_kept_out(&self, change: &Change) -> bool {
        let Change::Activate { version, .. } = change else { return false };
        let is_kept_out = self.kept_out(&version.hash, &version.code_hash).is_some();
        if is_kept_out {
            let (id, hash) = (version.id(), &version.hash);
            tracing::warn!(extension = id, hash, "the version is quarantined by now and does not become active");
        }
        is_kept_out
    }

    /// Tells what follows from a call, and does it: a breaker, the end of a probation, a rollback.
    pub(super) fn follow_up<T>(&self, version: &Version, hook: Hook, called: &Called<T>) {
        let fault = called.result.as_ref().err().filter(|_| called.wants.is_empty());
        // That it is not asked for a while is no news of its code.
        if let Some(fault) = fault.filter(|fault| fault.class != FaultClass::BreakerOpen) {
            *version.watched(hook).last_fault.lock() = Some(LastFault::new(self.clock.now(), fault));
        }
        if called.opened {
            self.tell_opened(version, hook, fault);
        }
        if called.closed {
            self.tell_closed(version, hook);
        }
        match called.turn {
            ProbationEvent::None => {}
            ProbationEvent::Passed => self.tell_stable(version),
            ProbationEvent::Breached => self.roll_back(version, fault),
        }
    }

    /// A driver has failed at a device where the one before it worked.
    pub fn driver_failed(&self, version: &Version, why: &str) {
        self.roll_back(version, Some(&Fault::new(FaultClass::Trap, why)));
    }

    /// Without a version to go back to, the faulty one stays, behind its breaker and its fallback. A version that became
    /// active meanwhile stays in any case.
    fn roll_back(&self, version: &Version, fault: Option<&Fault>) {
        let last = fault.map(ToString::to_string).unwrap_or_default();
        let generation = self.generation.load_full();
        let entry = generation.entries.get(version.id()).filter(|entry| entry.active.hash == version.hash);
        let Some(entry) = entry else { return };
        let Some(previous) = entry.previous.clone() else {
            return self.tell_no_way_back(version, &last);
        };
        let reason = format!("it failed on probation: {last}");
        // With the same code as before, it was its table.
        let failed = if previous.code_hash == version.code_hash { &version.hash } else { &version.code_hash };
        self.quarantine.add(
            failed,
            Quarantined {
                unit: version.id().to_owned(),
                version: version.manifest.version.clone(),
                at: self.clock.now(),
                reason: reason.clone(),
            },
        );
        let to = (previous.manifest.version.clone(), previous.hash.clone());
        match self.replace(&version.hash, previous, &entry.path) {
            Ok(()) => self.tell_rolled_back(version, &to, &reason),
            Err(Unchanged::KeptOut) => self.tell_no_way_back(version, &last),
            Err(Unchanged::Overtaken) => tracing::error!(
                extension = version.id(),
                version = version.manifest.version,
                hash = version.hash,
                "the version is quarantined; another one has become active meanwhile and stays; {reason}"
            ),
        }
    }

    fn tell_rolled_back(&self, version: &Version, to: &(String, String), reason: &str) {
        let id = version.id();
        tracing::error!(
            extension = id,
            version = version.manifest.version,
            hash = version.hash,
            back_to = to.0,
            "extension rolled back and its version quarantined; `amprule extensions {id}` shows its faults; {reason}"
        );
        let from = json!({ "version": version.manifest.version, "hash": version.hash });
        let back = json!({ "version": to.0, "hash": to.1 });
        self.tell("extension.rolled-back", version.id(), json!({ "from": from, "to": back, "reason": reason }));
    }

    fn tell_no_way_back(&self, version: &Version, last: &str) {
        let id = version.id();
        tracing::error!(
            extension = id,
            version = version.manifest.version,
            hash = version.hash,
            "extension fails on probation and there is no earlier version to go back to; its fallback stands in; \
             `amprule extensions {id}` shows its faults: {last}"
        );
        self.tell("extension.probation-failed", id, json!({ "hash": version.hash, "fault": last }));
    }
}
