//! GetBaseReport and GetReport, and the pages that follow (2.0.1 B07, B08).

use serde_json::{Value, json};

use super::{Named, Place, Variable};
use crate::whole::asked::{Reply, accepted, integer, list, refused, time, word};
use crate::whole::state::State;

/// What tells of availability and condition.
const SUMMARY: [&str; 7] =
    ["AvailabilityState", "Available", "Enabled", "Problem", "Fallback", "Overload", "SupplyPhases"];

impl State {
    pub(in crate::whole) fn get_base_report(&mut self, asked: &Value) -> Reply {
        let taken: fn(&Variable) -> bool = match word(asked, "reportBase") {
            "FullInventory" => |_| true,
            "ConfigurationInventory" => |variable| variable.writes,
            "SummaryInventory" => |variable| SUMMARY.contains(&variable.name.name.as_str()),
            _ => return Ok(refused(self.version, "NotSupported", "UnsupportedParam")),
        };
        let data = self.model.variables.iter().filter(|variable| taken(variable)).map(Variable::reported).collect();
        self.report_pages(asked, "NotifyReport", "reportData", data);
        Ok(accepted())
    }

    pub(in crate::whole) fn get_report(&mut self, asked: &Value) -> Reply {
        self.fits("DeviceDataCtrlr", "GetReport", asked, "componentVariable")?;
        let (named, criteria) = (list(asked, "componentVariable"), list(asked, "componentCriteria"));
        let is_named = |variable: &Variable| named.is_empty() || named.iter().any(|one| covers(one, variable));
        let is_so = |variable: &Variable| {
            criteria.is_empty() || criteria.iter().filter_map(Value::as_str).any(|one| self.holds(one, variable))
        };
        let chosen = self.model.variables.iter().filter(|variable| is_named(variable) && is_so(variable));
        let data: Vec<Value> = chosen.map(Variable::reported).collect();
        if data.is_empty() {
            return Ok(refused(self.version, "EmptyResultSet", "NotFound"));
        }
        self.report_pages(asked, "NotifyReport", "reportData", data);
        Ok(accepted())
    }

    /// A component without the variable counts as active, available and enabled (B08.FR.08 to 10), and as unproblematic.
    fn holds(&self, criterion: &str, of: &Variable) -> bool {
        let mut there = self.model.variables.iter().filter(|each| each.component == of.component);
        let variable = there.find(|each| each.name.name == criterion);
        variable.map_or(criterion != "Problem", |variable| variable.value == "true")
    }

    /// Pages with a number each, until one says that it is the last.
    pub(in crate::whole) fn report_pages(
        &mut self,
        asked: &Value,
        action: &'static str,
        member: &str,
        data: Vec<Value>,
    ) {
        let request = integer(asked, "requestId").unwrap_or_default();
        let pages: Vec<&[Value]> = data.chunks(self.habits.page.max(1)).collect();
        for (number, page) in pages.iter().enumerate() {
            let payload = json!({
                "requestId": request, "generatedAt": time(self.now), "tbc": number + 1 < pages.len(),
                "seqNo": number, member: page,
            });
            self.say(action, payload);
        }
    }
}

/// Whether a question means this variable; without a variable it means all of the component.
pub(in crate::whole) fn covers(asked: &Value, variable: &Variable) -> bool {
    let component = Place::of(&asked["component"]).covers(&variable.component);
    component && asked.get("variable").is_none_or(|named| Named::of(named).covers(&variable.name))
}
