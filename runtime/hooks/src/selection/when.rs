//! The occasions that a rule covers.

use amprule_domain::{Occasion, pattern};
use serde::Serialize;

use super::hours::{TimeOfDay, Weekday};

/// All conditions that are given must hold. In names `*` stands for any text; whoever has no such name fits none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct When {
    pub stations: Option<Vec<String>>,
    pub groups: Option<Vec<String>>,
    pub locations: Option<Vec<String>>,
    pub token_groups: Option<Vec<String>>,
    pub weekdays: Option<Vec<Weekday>>,
    pub from: Option<TimeOfDay>,
    pub until: Option<TimeOfDay>,
}

impl When {
    /// Entries of one list.
    const MAX_ENTRIES: usize = 256;

    pub fn covers(&self, at: &Occasion<'_>) -> bool {
        named(self.stations.as_deref(), Some(at.station.as_str()))
            && named(self.groups.as_deref(), at.group)
            && named(self.locations.as_deref(), at.location)
            && named(self.token_groups.as_deref(), at.token_group)
            && self.has_begun(at)
    }

    /// A window that passes midnight belongs to the day on which it begins.
    fn has_begun(&self, at: &Occasion<'_>) -> bool {
        let from = self.from.unwrap_or(TimeOfDay::MIDNIGHT).minute();
        let until = self.until.unwrap_or(TimeOfDay::END).minute();
        let (now, passes_midnight) = (at.minute_of_day, from > until);
        let began_yesterday = passes_midnight && now < until;
        let within = if passes_midnight { now >= from || now < until } else { now >= from && now < until };
        within && self.is_day(if began_yesterday { day_before(at.weekday) } else { at.weekday })
    }

    fn is_day(&self, weekday: u8) -> bool {
        self.weekdays.as_ref().is_none_or(|days| days.iter().any(|day| day.iso() == weekday))
    }
}

impl When {
    /// The error says which condition could never hold, or would be too much to look at.
    pub(super) fn check(&self) -> Result<(), String> {
        let count = |names: &Option<Vec<String>>| names.as_ref().map(Vec::len);
        let counts = [
            ("stations", count(&self.stations)),
            ("groups", count(&self.groups)),
            ("locations", count(&self.locations)),
            ("token_groups", count(&self.token_groups)),
            ("weekdays", self.weekdays.as_ref().map(Vec::len)),
        ];
        for (word, count) in counts {
            match count {
                Some(0) => return Err(format!("{word} is empty, so it never holds; leave it out to mean any")),
                Some(count) if count > Self::MAX_ENTRIES => {
                    return Err(format!("{word} has {count} entries; at most {} are read", Self::MAX_ENTRIES));
                }
                _ => {}
            }
        }
        match self.from {
            Some(TimeOfDay::END) => Err("from is the end of the day; write \"00:00\"".to_owned()),
            Some(from) if self.until == Some(from) => Err("from and until are the same; leave both out".to_owned()),
            _ => Ok(()),
        }
    }
}

fn named(patterns: Option<&[String]>, name: Option<&str>) -> bool {
    let Some(patterns) = patterns else { return true };
    name.is_some_and(|name| patterns.iter().any(|pattern| pattern::matches(pattern, name)))
}

const fn day_before(weekday: u8) -> u8 {
    (weekday + 5) % 7 + 1
}
