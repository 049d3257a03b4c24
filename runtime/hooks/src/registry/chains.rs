//! Which units are asked where, as people see it, and how the file stands that says so.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::Registry;
use super::view::LastError;
use crate::Diagnostic;
use crate::chain::MissingUnit;
use crate::selection::{Parts, Rule, Selection};

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainsView {
    pub generation: u64,
    /// With the units that are asked where nobody names any.
    pub everywhere: Parts,
    pub rules: Vec<Rule>,
    pub missing: Vec<MissingUnit>,
    /// `None`: the server runs without a configuration file.
    pub file: Option<RulesFileView>,
}

/// The file that says which units are asked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RulesFileView {
    pub path: String,
    /// Why what counts is not what the file says now.
    pub last_error: Option<LastError>,
    /// Keys that differ from what the server runs with, and count when it starts again.
    pub needs_restart: Vec<String>,
}

impl ChainsView {
    /// Tells the operator what a server begins with.
    pub fn tell(&self) {
        for Rule { name, parts, .. } in &self.rules {
            tracing::info!(rule = name, %parts, "a rule about which units are asked");
        }
        self.missing.iter().for_each(MissingUnit::warn);
    }
}

impl Registry {
    pub fn chains(&self) -> ChainsView {
        let generation = self.generation.load();
        ChainsView {
            generation: generation.number,
            everywhere: generation.chains.everywhere(),
            rules: generation.selection.rules.to_vec(),
            missing: generation.chains.missing(),
            file: self.rules_file.lock().clone(),
        }
    }

    pub fn selection(&self) -> Arc<Selection> {
        Arc::clone(&self.generation.load().selection)
    }

    /// Takes note of how the file stands: the keys that need a restart, or why it does not count. Tells what is new.
    pub fn note_rules_file(&self, path: &str, standing: Result<Vec<String>, Vec<Diagnostic>>) {
        let mut file = self.rules_file.lock();
        let before = file.as_ref().map(|file| file.needs_restart.clone()).unwrap_or_default();
        let (last_error, needs_restart) = match standing {
            Ok(keys) => {
                if keys != before {
                    self.tell_restart(path, &keys);
                }
                (None, keys)
            }
            Err(diagnostics) => {
                let error = LastError::new(self.clock.now(), diagnostics);
                self.tell_rules_rejected(path, &error);
                (Some(error), before)
            }
        };
        *file = Some(RulesFileView { path: path.to_owned(), last_error, needs_restart });
    }

    fn tell_restart(&self, path: &str, keys: &[String]) {
        if !keys.is_empty() {
            tracing::warn!(
                path,
                "the configuration has changed; until a restart this counts as it was: {}",
                keys.join(", ")
            );
        }
        self.notifier.tell_all("configuration.needs-restart", json!({ "path": path, "keys": keys }));
    }

    fn tell_rules_rejected(&self, path: &str, error: &LastError) {
        let text = &error.text;
        tracing::warn!(path, "the configuration is rejected; everything stays as it was\n{text}");
        self.notifier.tell_all(
            "configuration.rejected",
            json!({ "path": path, "text": text, "diagnostics": error.diagnostics }),
        );
    }
}
