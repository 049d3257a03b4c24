//! Schedules of charging profiles, and their periods (OCPP 2.0.1, K01; 2.1, K28; 1.6, 7.13 and 7.14).

use serde_json::Value;

use super::profiles::Sent;
use super::{Order, Verdict, clause, items, modes};

/// 2.x has a list of schedules, 1.6 one.
pub(super) fn check(sent: Sent<'_>) -> Verdict {
    match &sent.profile["chargingSchedule"] {
        Value::Array(schedules) => {
            is_single_if_dynamic(sent, schedules)?;
            let at = |index: usize| sent.at(&format!("chargingSchedule/{index}"));
            schedules.iter().enumerate().try_for_each(|(index, one)| schedule(sent, &at(index), one))
        }
        one => schedule(sent, &sent.at("chargingSchedule"), one),
    }
}

/// Somebody asks for what will flow from now on.
pub(super) fn composite(order: Order<'_>) -> Verdict {
    if order.asked["duration"].as_i64().is_some_and(|duration| duration < 1) {
        let rule = "must be at least 1 s: nothing flows in no time";
        return order.forbids("/duration", rule, clause("6.21", "GetCompositeScheduleRequest"));
    }
    Ok(())
}

/// It has one value, which is replaced from time to time.
fn is_single_if_dynamic(sent: Sent<'_>, schedules: &[Value]) -> Verdict {
    if sent.kind() != "Dynamic" {
        return Ok(());
    }
    if schedules.len() != 1 {
        let rule = "has one schedule where the profile is Dynamic";
        return sent.order.forbids(sent.at("chargingSchedule"), rule, clause("", "K28.FR.02"));
    }
    if items(&schedules[0], "chargingSchedulePeriod").len() != 1 {
        let path = sent.at("chargingSchedule/0/chargingSchedulePeriod");
        return sent.order.forbids(path, "has one period where the profile is Dynamic", clause("", "K28.FR.02"));
    }
    Ok(())
}

fn schedule(sent: Sent<'_>, path: &str, schedule: &Value) -> Verdict {
    begins(sent, path, schedule)?;
    if sent.purpose() == "PriorityCharging" && !schedule["duration"].is_null() {
        let rule = "is left out: priority lasts until it is taken back";
        return sent.order.forbids(format!("{path}/duration"), rule, clause("", "K01.FR.70"));
    }
    let is_delayed = schedule["randomizedDelay"].as_i64().is_some_and(|delay| delay > 0);
    if is_delayed && !["TxProfile", "TxDefaultProfile"].contains(&sent.purpose()) {
        let rule = "is for what limits a transaction, TxProfile and TxDefaultProfile";
        return sent.order.forbids(format!("{path}/randomizedDelay"), rule, clause("", "K01.FR.95"));
    }
    periods(sent, path, items(schedule, "chargingSchedulePeriod"))
}

/// In 1.6 an absolute one that begins at no given time begins with the charging (7.13).
fn begins(sent: Sent<'_>, path: &str, schedule: &Value) -> Verdict {
    let (order, has_start) = (sent.order, !schedule["startSchedule"].is_null());
    let forbids = |rule: &str, of| order.forbids(format!("{path}/startSchedule"), rule, of);
    match sent.kind() {
        "Relative" if has_start => {
            forbids("must be left out: a relative profile begins with its transaction", clause("7.13", "K01.FR.41"))
        }
        "Absolute" if !has_start && !order.is_v16() => {
            forbids("is required where the profile is not relative", clause("", "K01.FR.40"))
        }
        "Recurring" if !has_start => {
            forbids("is required: a recurring profile counts its days from it", clause("7.13", "K01.FR.40"))
        }
        _ => Ok(()),
    }
}

fn periods(sent: Sent<'_>, path: &str, periods: &[Value]) -> Verdict {
    let order = sent.order;
    let start_of = |period: &Value| period["startPeriod"].as_i64().unwrap_or_default();
    for (index, period) in periods.iter().enumerate() {
        let at = |member: &str| format!("{path}/chargingSchedulePeriod/{index}/{member}");
        if index == 0 && start_of(period) != 0 {
            return order.forbids(at("startPeriod"), "of the first period is 0", clause("7.14", "K01.FR.31"));
        }
        if index > 0 && start_of(period) <= start_of(&periods[index - 1]) {
            let rule = "must be later than the one before";
            return order.forbids(at("startPeriod"), rule, clause("7.14", "K01.FR.35"));
        }
        if !period["phaseToUse"].is_null() && period["numberPhases"] != 1 {
            let rule = "chooses one phase: only where `numberPhases` is 1";
            return order.forbids(at("phaseToUse"), rule, clause("", "K01.FR.19"));
        }
        limit(order, &at("limit"), period)?;
        modes::check(sent, &format!("{path}/chargingSchedulePeriod/{index}"), period)?;
    }
    Ok(())
}

/// Nobody charges less than nothing. 2.1 gives back by modes of its own; there an old negative limit stands for that.
fn limit(order: Order<'_>, path: &str, period: &Value) -> Verdict {
    let Some(limit) = period["limit"].as_f64() else { return Ok(()) };
    if limit < 0.0 && modes::only_charges(period) {
        let rule = "must not be negative: it limits what is drawn";
        return order.forbids(path, rule, clause("7.14", "ChargingSchedulePeriodType"));
    }
    if (limit * 10.0 - (limit * 10.0).round()).abs() > 1e-6 * limit.abs().max(1.0) {
        return order.forbids(path, "must have at most one decimal", clause("7.14", "ChargingSchedulePeriodType"));
    }
    Ok(())
}
