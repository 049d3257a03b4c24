//! Asking the dialects of a station's model: each in the order of their ids, about the message as those before have left it. One that
//! fails passes the message on.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::decision::{Hook, Json};
use amprule_domain::dialect::{DialectInput, DialectOutput, Translation};
use amprule_domain::event::Boot;
use amprule_domain::ports::{About, BoxFuture, Dialects, Translator};

use super::Registry;
use super::writing::{Callee, Record};
use crate::call::{RoundsLeft, call};
use crate::question::Question;
use crate::version::Version;

impl Registry {
    /// Those that are active, in the order of their ids.
    pub fn dialects(&self) -> Vec<Arc<Version>> {
        let generation = self.generation.load();
        let active = generation.entries.values().map(|entry| &entry.active);
        active.filter(|version| version.has(Hook::Dialect)).cloned().collect()
    }

    async fn translated(&self, version: &Version, input: DialectInput) -> Option<DialectOutput> {
        let input = Arc::new(input.with(version.parameters.clone()));
        let Self { settings, steady, ids, clock, .. } = self;
        let trusted = |output| input.check(output);
        let called = call(version, &input, &settings.probation, steady, RoundsLeft(0), trusted).await;
        self.follow_up(version, Hook::Dialect, &called);
        let (used, took) = (called.used, called.took);
        match called.result {
            Ok(output) => {
                self.shadow_answer(version, &input, &output, String::new);
                Some(output)
            }
            Err(fault) => {
                let about = About { station: StationId::new(input.station.id.as_str()), session: None };
                let record = Record { asked: Callee::of(version, used, took), output: None, fault: Some(fault) };
                let when = (Hook::Dialect, clock.now(), self.generation());
                // A station's message is the operator's to keep, and not the log's.
                let said = Json::of(&input.action).unwrap_or_else(|| Json::from(serde_json::Value::Null));
                self.tell_faults(&[record.decision(ids.decision(), when, &about, said)]);
                None
            }
        }
    }
}

impl Dialects for Registry {
    fn generation(&self) -> u64 {
        self.generation.load().number
    }

    fn of(&self, boot: &Boot) -> Vec<Translator> {
        let is_for = |version: &Arc<Version>| {
            let facts = version.manifest.dialect.as_ref().filter(|facts| facts.is_for(boot))?;
            Some(Translator { unit: version.id().to_owned(), facts: Arc::new(facts.clone()) })
        };
        self.dialects().iter().filter_map(is_for).collect()
    }

    fn translate(self: Arc<Self>, units: Vec<String>, mut input: DialectInput) -> BoxFuture<'static, Translation> {
        Box::pin(async move {
            let mut translation = Translation::default();
            for unit in units {
                let Some(version) = self.active(&unit).filter(|version| version.has(Hook::Dialect)) else { continue };
                let Some(output) = self.translated(&version, input.clone()).await else { continue };
                if let Some(message) = output.message.filter(|message| *message != input.message) {
                    let (station, action) = (&input.station.id, &input.action);
                    let note = output.note.as_deref().unwrap_or("mended");
                    tracing::debug!(station, extension = unit, action, "a message was translated: {note}");
                    input.message = message;
                    translation.message = Some(input.message.clone());
                }
                translation.answer = translation.answer.or(output.answer);
            }
            translation
        })
    }
}
