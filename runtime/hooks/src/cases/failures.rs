//! Cases that fail, said to the author: at the line that expects something else, or where the unit's code stopped.

use std::collections::HashMap;

use amprule_domain::decision::{Fault, FaultPlace};
use serde_json::Value;

use super::compare::Difference;
use super::input::Unfit;
use super::{Ran, Ready};
use crate::Diagnostic;
use crate::unit::Source;

/// Cases that fail are told up to this many.
const MOST_TOLD: usize = 20;
/// Defaults, and other cases, that are named with a case that fails.
const MOST_NAMED: usize = 6;

pub(super) struct Failures<'s> {
    source: &'s Source,
    told: Vec<Diagnostic>,
    /// Where each fault is told, and the further cases that stop in the same way.
    faults: HashMap<String, Alike>,
}

struct Alike {
    told_at: usize,
    also: Vec<String>,
}

impl<'s> Failures<'s> {
    pub(super) fn of(source: &'s Source, broken: Vec<Diagnostic>) -> Self {
        Self { source, told: broken, faults: HashMap::new() }
    }

    pub(super) fn are_enough(&self) -> bool {
        self.told.len() > MOST_TOLD
    }

    pub(super) fn give_up(&mut self) {
        self.told.push(Diagnostic::new("self-test", "the cases were given up: they take too long"));
    }

    /// A fault in one line of code is told once, however many cases come there.
    pub(super) fn add(&mut self, case: &Ready, ran: &Ran) {
        if let Some(fault) = &ran.fault {
            let way = way_of(fault);
            if let Some(alike) = self.faults.get_mut(&way) {
                return alike.also.push(case.name.clone());
            }
            self.faults.insert(way, Alike { told_at: self.told.len(), also: Vec::new() });
        }
        self.told.push(self.explained(case, ran));
    }

    pub(super) fn told(self) -> Vec<Diagnostic> {
        let Self { mut told, faults, .. } = self;
        for Alike { told_at, also } in faults.into_values().filter(|alike| !alike.also.is_empty()) {
            let message = &mut told[told_at].message;
            *message = format!("{message}; so {}", fail(&also));
        }
        if told.len() > MOST_TOLD {
            told.truncate(MOST_TOLD);
            let more = format!("more cases are wrong than these {MOST_TOLD}; put them right first");
            told.push(Diagnostic::new("self-test", more));
        }
        told
    }

    fn explained(&self, case: &Ready, ran: &Ran) -> Diagnostic {
        let fault = ran.fault.as_ref();
        if let Some((fault, place)) = fault.and_then(|fault| Some((fault, fault.place.as_deref()?)))
            && let Some(text) = self.source.files.get(&place.file)
        {
            return at_code(case, fault, place, &String::from_utf8_lossy(text));
        }
        let first = ran.differences.first();
        let first_said = first.map(ToString::to_string).unwrap_or_default();
        let why = match fault {
            Some(fault) => format!("{first_said}; it failed: {fault}"),
            None => first_said,
        };
        let failure = at_case(self.source, &case.file, &case.name, first, &why);
        let is_of_money = first.is_some_and(Difference::is_of_money);
        let may_be_a_default = fault.is_none() && is_of_money && !case.relies_on.is_empty();
        if may_be_a_default { failure.hint(reliance(&case.relies_on)) } else { failure }
    }
}

/// What is the same fault: one that shows at the same place, or says the same.
fn way_of(fault: &Fault) -> String {
    match &fault.place {
        Some(place) => format!("{}:{}:{}", place.file, place.line, place.column),
        None => fault.to_string(),
    }
}

fn fail(names: &[String]) -> String {
    let named = names.iter().take(MOST_NAMED).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => format!("does {named}"),
        count if count <= MOST_NAMED => format!("do {named}"),
        count => format!("do {named} and {} more", count - MOST_NAMED),
    }
}

/// At the line of the unit's code.
fn at_code(case: &Ready, fault: &Fault, place: &FaultPlace, text: &str) -> Diagnostic {
    let what = fault.message.lines().next().unwrap_or_default();
    let message = format!("case {:?} of {}: {}: {what}", case.name, case.file, fault.class);
    let diagnostic = Diagnostic::new("self-test", message).in_file(&place.file).at(text, place.line, place.column);
    match &place.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// At the member that is wrong, or at the case.
pub(super) fn at_member(source: &Source, path: &str, name: &str, unfit: &Unfit) -> Diagnostic {
    let diagnostic = at_case(source, path, name, None, &unfit.why);
    let text = source.files.get(path).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let from = diagnostic.line.unwrap_or(1) - 1;
    let place = unfit.member.as_ref().and_then(|member| {
        let mut lines = text.lines().enumerate().skip(from);
        lines.find_map(|(line, text)| Some((line, text[..text.find(member.as_str())?].chars().count())))
    });
    match place {
        Some((line, column)) => diagnostic.at(&text, line + 1, column + 1),
        None => diagnostic,
    }
}

/// At the line that expects what did not come, where it can be found behind the case's name.
pub(super) fn at_case(
    source: &Source,
    path: &str,
    name: &str,
    difference: Option<&Difference>,
    why: &str,
) -> Diagnostic {
    let text = source.files.get(path).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let diagnostic = Diagnostic::new("self-test", format!("case {name:?}: {why}")).in_file(path);
    let quoted = format!("{}", Value::from(name));
    match text.lines().position(|line| line.contains(&quoted)) {
        Some(line) => {
            let expects = difference.and_then(|difference| difference.place(&text, line));
            let characters = |text: &str| Some(text[..text.find(&quoted)?].chars().count());
            let column = |line: usize| text.lines().nth(line).and_then(characters).unwrap_or(0);
            let (line, column) = expects.unwrap_or_else(|| (line, column(line)));
            diagnostic.at(&text, line + 1, column + 1)
        }
        None => diagnostic,
    }
}

/// Whoever changes a default breaks the cases that rely on it, and perhaps meant to set a price of one place only.
fn reliance(on: &[(String, Value)]) -> String {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let named = on.iter().take(MOST_NAMED).map(|(name, default)| format!("{name} = {}", value(default)));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if on.len() > MOST_NAMED { ", …" } else { "" };
    format!(
        "the case relies on the defaults {named}{more}; was one of them changed? Give the case `parameters` of its own; \
         what only one operator charges belongs into parameters.toml"
    )
}
