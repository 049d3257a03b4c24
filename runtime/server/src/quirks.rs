//! What is odd about each model of stations, and which of the operator's dialects mend it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use amprule_api::{QuirkView, QuirksView};
use amprule_domain::Mark;
use amprule_domain::dialect::DialectFacts;
use amprule_domain::event::Boot;
use amprule_engine::{Counters, Earned};

/// Vendor, model and firmware.
type Model = (String, String, String);

/// How many sessions and messages have earned a mark.
#[derive(Default)]
struct Counts {
    sessions: u64,
    messages: u64,
}

pub(crate) fn report(counters: &Counters, dialects: &[(&str, &DialectFacts)]) -> Vec<QuirksView> {
    let mut models: BTreeMap<Model, BTreeMap<Mark, Counts>> = BTreeMap::new();
    let mut of = |earned: Earned, add: fn(&mut Counts, u64), count: u64| {
        let Earned { vendor, model, firmware, mark } = earned;
        add(models.entry((vendor, model, firmware)).or_default().entry(mark).or_default(), count);
    };
    counters.earned().into_iter().for_each(|(earned, count)| of(earned, |to, count| to.sessions += count, count));
    counters.repairs().into_iter().for_each(|(earned, count)| of(earned, |to, count| to.messages += count, count));
    models.into_iter().map(|(model, marks)| of_model(model, marks, dialects)).collect()
}

fn of_model(model: Model, marks: BTreeMap<Mark, Counts>, dialects: &[(&str, &DialectFacts)]) -> QuirksView {
    let (vendor, model, firmware) = model;
    let boot = Boot { vendor, model, firmware: Some(firmware).filter(|text| !text.is_empty()), ..Boot::default() };
    let dialects: Vec<_> = dialects.iter().filter(|(_, facts)| facts.is_for(&boot)).collect();
    let quirk = |(mark, counts): (Mark, Counts)| QuirkView {
        meaning: mark.meaning().unwrap_or_default().to_owned(),
        sessions: counts.sessions,
        messages: counts.messages,
        removed_by: dialects
            .iter()
            .filter(|(_, facts)| facts.takes_away(&mark))
            .map(|unit| unit.0.to_owned())
            .collect(),
        mark: mark.as_str().to_owned(),
    };
    let mut marks: Vec<QuirkView> = marks.into_iter().map(quirk).collect();
    marks.sort_by_key(|quirk| Reverse((quirk.sessions, quirk.messages)));
    QuirksView {
        dialects: dialects.iter().map(|unit| unit.0.to_owned()).collect(),
        vendor: boot.vendor,
        model: boot.model,
        firmware: boot.firmware.unwrap_or_default(),
        marks,
    }
}
