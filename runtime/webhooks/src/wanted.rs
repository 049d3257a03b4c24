//! Which events a hook hears.

use amprule_domain::outbox::OutboxKind;
use amprule_domain::pattern::matches;

use crate::SettingsError;

#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    written: Vec<String>,
    kinds: Vec<OutboxKind>,
}

impl Wanted {
    /// `*` stands for any text. A pattern that is no event's would wait for ever in silence, so it is refused.
    pub(crate) fn parse(hook: &str, written: Vec<String>) -> Result<Self, SettingsError> {
        if written.is_empty() {
            return Err(SettingsError::NoEvents(hook.to_owned()));
        }
        if let Some(pattern) = written.iter().find(|pattern| !OutboxKind::ALL.iter().any(|kind| fits(pattern, *kind))) {
            let (hook, pattern, nearest) = (hook.to_owned(), pattern.clone(), nearest(pattern));
            return Err(SettingsError::Event { hook, pattern, nearest });
        }
        let is_wanted = |kind: &OutboxKind| written.iter().any(|pattern| fits(pattern, *kind));
        let kinds = OutboxKind::ALL.into_iter().filter(is_wanted).collect();
        Ok(Self { written, kinds })
    }

    pub(crate) fn has(&self, kind: OutboxKind) -> bool {
        self.kinds.contains(&kind)
    }

    pub(crate) fn as_written(&self) -> &[String] {
        &self.written
    }
}

fn fits(pattern: &str, kind: OutboxKind) -> bool {
    matches(pattern, kind.as_str())
}

/// Among the events and their families.
fn nearest(pattern: &str) -> String {
    let names = OutboxKind::ALL.into_iter().map(OutboxKind::as_str);
    let families = names.clone().filter_map(|name| name.split_once('.')).map(|(family, _)| format!("{family}.*"));
    let likeness = |name: &String| strsim::normalized_damerau_levenshtein(&pattern.to_lowercase(), name);
    let candidates = names.map(str::to_owned).chain(families);
    candidates.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(patterns: &[&str]) -> Vec<&'static str> {
        let wanted = Wanted::parse("crm", patterns.iter().map(|pattern| (*pattern).to_owned()).collect()).unwrap();
        OutboxKind::ALL.into_iter().filter(|kind| wanted.has(*kind)).map(OutboxKind::as_str).collect()
    }

    fn meant(pattern: &str) -> String {
        match Wanted::parse("crm", vec!["*".to_owned(), pattern.to_owned()]) {
            Err(SettingsError::Event { nearest, .. }) => nearest,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn patterns_choose_events() {
        assert_eq!(heard(&["*"]).len(), OutboxKind::ALL.len());
        assert_eq!(heard(&["session.ended"]), ["session.ended"]);
        assert_eq!(heard(&["command.*", "session.ended"]), ["session.ended", "command.ended"]);
        assert_eq!(heard(&["*.ended"]), ["session.ended", "command.ended"]);
    }

    #[test]
    fn a_pattern_that_is_no_events_names_the_nearest_one() {
        assert_eq!(meant("sessions.*"), "session.*");
        assert_eq!(meant("sesion.ended"), "session.ended");
        assert_eq!(meant("comand.*"), "command.*");
    }
}
