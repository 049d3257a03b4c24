//! What the world is told of extensions: the log for the operator, the observer for the event stream.

use amprule_domain::decision::{Fault, Hook};
use serde_json::{Value, json};

use super::Registry;
use crate::generation::{Change, Generation};
use crate::inactive::{Checking, Trouble};
use crate::version::Version;

fn activates(changes: &[Change], id: &str) -> bool {
    changes.iter().any(|change| matches!(change, Change::Activate { version, .. } if version.id() == id))
}

impl Registry {
    pub(super) fn tell_changes(&self, changes: &[Change], before: &Generation, after: &Generation) {
        for (at, change) in changes.iter().enumerate() {
            match change {
                // A version that is only there to go back to.
                Change::Activate { version, .. } if activates(&changes[at + 1..], version.id()) => {}
                Change::Activate { version, path } => {
                    self.troubles.lock().remove(path);
                    let before = before.active(version.id()).map(|active| active.manifest.revision);
                    self.tell_activated(version, path, after.number, before);
                }
                Change::Remove { id } if before.entries.contains_key(id) && !after.entries.contains_key(id) => {
                    tracing::info!(
                        extension = id,
                        generation = after.number,
                        "extension removed; sessions pinned to it go on"
                    );
                    self.tell("extension.removed", id, json!({ "generation": after.number }));
                }
                Change::Select(_) => self.tell_selected(after),
                Change::Remove { .. } => {}
            }
        }
        self.tell_missing(before, after);
        if before.has_tariff() && !after.has_tariff() {
            self.warn_unpriced();
        }
    }

    /// What a server begins with that its operator should know.
    pub fn tell_start(&self) {
        self.chains().tell();
        if !self.generation.load().has_tariff() {
            self.warn_unpriced();
        }
    }

    fn warn_unpriced(&self) {
        match &self.settings.static_tariff {
            Some(_) => {
                tracing::warn!("no extension prices: the static tariff of the configuration prices every session");
            }
            None => tracing::warn!(
                "no extension prices: sessions get no price and are marked needs-review; put a tariff into the folder of \
                 scripts or plugins, or add [extensions.static_tariff] to the configuration"
            ),
        }
    }

    /// A policy asks a system that nobody has named: it is answered that nobody can say it.
    fn warn_unbound(&self, version: &Version) {
        let id = version.id();
        let is_bound = |name: &String| self.others.get().is_some_and(|others| others.standing(id, name).is_some());
        for lookup in version.manifest.lookups.keys().filter(|name| !is_bound(name)) {
            tracing::warn!(
                extension = id,
                lookup,
                "the extension asks another system, and the configuration says not which: add [[lookups]] with unit = {id:?}, \
                 lookup = {lookup:?} and a url"
            );
        }
    }

    pub(super) fn tell_trouble(&self, path: &str, trouble: &Trouble) {
        let text = trouble.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        if trouble.waiting {
            tracing::info!(extension = trouble.id, path, "extension waits: {text}");
        } else {
            let who = if trouble.candidate { "candidate" } else { "extension" };
            tracing::warn!(extension = trouble.id, path, "{who} rejected; what was active stays\n{text}");
        }
        let kind = if trouble.waiting { "extension.waiting" } else { "extension.rejected" };
        let data =
            json!({ "path": path, "candidate": trouble.candidate, "text": text, "diagnostics": trouble.diagnostics });
        self.tell(kind, &trouble.id, data);
    }

    pub(super) fn tell_checking(&self, path: &str, checking: &Checking) {
        let Checking { id, version, hash, .. } = checking;
        tracing::debug!(extension = id, version, hash, path, "extension is compiled and tested");
        self.tell("extension.checking", id, json!({ "path": path, "version": version, "hash": hash }));
    }

    pub(super) fn tell_opened(&self, version: &Version, hook: Hook, fault: Option<&Fault>) {
        let (id, last) = (version.id(), fault.map(ToString::to_string).unwrap_or_default());
        tracing::warn!(
            extension = id,
            version = version.manifest.version,
            hash = version.hash,
            hook = hook.as_str(),
            "extension fails too often and is not asked for 30 s, at no station; its fallback stands in, and sessions that \
             it should have priced are marked; `amprule extensions {id}` shows its faults: {last}"
        );
        self.tell("extension.breaker-opened", id, json!({ "hook": hook, "hash": version.hash, "fault": fault }));
    }

    pub(super) fn tell_closed(&self, version: &Version, hook: Hook) {
        let id = version.id();
        let number = &version.manifest.version;
        tracing::info!(
            extension = id,
            version = number,
            hash = version.hash,
            hook = hook.as_str(),
            "extension answers again"
        );
        self.tell("extension.breaker-closed", id, json!({ "hook": hook, "hash": version.hash }));
    }

    pub(super) fn tell_stable(&self, version: &Version) {
        let (id, number) = (version.id(), &version.manifest.version);
        tracing::info!(extension = id, version = number, hash = version.hash, "extension passed its probation");
        self.tell("extension.stable", id, json!({ "version": number, "hash": version.hash }));
    }

    fn tell_selected(&self, after: &Generation) {
        let (generation, rules) = (after.number, after.selection.rules.len());
        tracing::info!(generation, rules, "which units are asked has changed; sessions keep what they began with");
        let names: Vec<&str> = after.selection.rules.iter().map(|rule| rule.name.as_str()).collect();
        self.notifier.tell_all("chains.changed", json!({ "generation": generation, "rules": names }));
    }

    /// What an operator names and was there until now.
    fn tell_missing(&self, before: &Generation, after: &Generation) {
        let known = before.chains.missing();
        for missing in after.chains.missing().iter().filter(|missing| !known.contains(missing)) {
            missing.warn();
        }
    }

    /// `before`: the revision that was active.
    fn tell_activated(&self, version: &Version, path: &str, generation: u64, before: Option<u64>) {
        let (id, number, revision) = (version.id(), &version.manifest.version, version.manifest.revision);
        tracing::info!(extension = id, version = number, hash = version.hash, generation, path, "extension activated");
        self.warn_unbound(version);
        if let Some(signer) = version.signer().filter(|_| revision == 0) {
            tracing::warn!(
                extension = id,
                version = number,
                signer,
                "the extension is signed and has no revision: any older version that was signed may take its place. Have it \
                 signed with `revision = 1` in its plugin.toml"
            );
        }
        let later = before.filter(|before| *before > revision);
        if let Some(later) = later {
            tracing::warn!(extension = id, version = number, "extension goes back from revision {later} to {revision}");
        }
        let mut data = json!({ "version": number, "hash": version.hash, "generation": generation, "path": path });
        data["revision"] = Value::from(revision);
        data["backFrom"] = Value::from(later);
        self.tell("extension.activated", id, data);
    }

    pub(super) fn tell(&self, kind: &'static str, id: &str, data: Value) {
        self.notifier.tell(kind, id, data);
    }
}
