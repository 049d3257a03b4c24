//! The device model: what the station knows about itself, variable by variable.

mod reports;
mod requests;
mod variable;

pub(super) use variable::{Named, Place, Variable};

use super::asked::same;

const ROWS: &str = include_str!("rows.txt");
/// What stands below this line exists in 2.1 only.
const NEWER: &str = "2.1";

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) variables: Vec<Variable>,
}

impl Model {
    pub(super) fn new(is_v21: bool) -> Self {
        let lines = ROWS.lines().filter(|line| !line.starts_with('#'));
        let taken = lines.take_while(|line| is_v21 || *line != NEWER);
        Self { variables: taken.filter_map(Variable::read).collect() }
    }

    /// In the notation of `rows.txt`: `EVSE@1` and `ItemsPerMessage#GetReport`.
    pub(super) fn get(&self, component: &str, variable: &str) -> Option<&Variable> {
        let (component, variable) = (Place::read(component), Named::read(variable));
        self.variables.iter().find(|each| each.component.is(&component) && each.name.is(&variable))
    }

    /// The station itself writes; nothing is checked.
    pub(super) fn put(&mut self, component: &str, variable: &str, value: impl ToString) -> bool {
        let (component, variable) = (Place::read(component), Named::read(variable));
        let found = self.variables.iter_mut().find(|each| each.component.is(&component) && each.name.is(&variable));
        match found {
            Some(found) => {
                found.value = value.to_string();
                true
            }
            None => false,
        }
    }

    pub(super) fn value(&self, component: &str, variable: &str) -> &str {
        self.get(component, variable).map_or("", |variable| &variable.value)
    }

    pub(super) fn integer(&self, component: &str, variable: &str) -> Option<i64> {
        self.value(component, variable).parse().ok()
    }

    pub(super) fn is(&self, component: &str, variable: &str) -> bool {
        self.value(component, variable) == "true"
    }

    /// Whether a word stands in a list.
    pub(super) fn lists(&self, component: &str, variable: &str, word: &str) -> bool {
        self.value(component, variable).split(',').any(|listed| same(listed.trim(), word))
    }

    /// The most that a variable can count.
    pub(super) fn most(&self, component: &str, variable: &str) -> usize {
        self.get(component, variable).and_then(|variable| variable.most).map_or(usize::MAX, |most| most as usize)
    }

    /// What was written and waits for the boot holds now.
    pub(super) fn boot(&mut self) {
        for variable in &mut self.variables {
            if let Some(next) = variable.next.take() {
                variable.value = next;
            }
        }
    }
}

#[cfg(test)]
mod tests;
