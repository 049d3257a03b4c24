//! Monitors of variables (OCPP 2.0.1, N04 and N05).

use super::{Order, Verdict, clause, items};

/// From 0, danger, to 9, debug.
const SEVERITIES: std::ops::RangeInclusive<i64> = 0..=9;

pub(super) fn set(order: Order<'_>) -> Verdict {
    let mut severities = items(order.asked, "setMonitoringData").iter().map(|item| item["severity"].as_i64());
    match severities.position(|severity| severity.is_some_and(|severity| !SEVERITIES.contains(&severity))) {
        Some(at) => forbids(order, format!("/setMonitoringData/{at}/severity"), "SetMonitoringDataType"),
        None => Ok(()),
    }
}

pub(super) fn level(order: Order<'_>) -> Verdict {
    match order.asked["severity"].as_i64() {
        Some(severity) if !SEVERITIES.contains(&severity) => {
            forbids(order, "/severity".to_owned(), "SetMonitoringLevelRequest")
        }
        _ => Ok(()),
    }
}

fn forbids(order: Order<'_>, path: String, said: &'static str) -> Verdict {
    order.forbids(path, "must be 0 (danger) to 9 (debug)", clause("", said))
}
