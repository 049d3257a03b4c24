//! Operation modes of a period (OCPP 2.1, block Q): which limits and setpoints each of them has. Without one it charges only.

use serde_json::Value;

use super::profiles::Sent;
use super::{Verdict, clause};
use crate::version::Version;

const CHARGING: &str = "ChargingOnly";
const LIMITS: [&str; 3] = ["limit", "limit_L2", "limit_L3"];
const DISCHARGING: [&str; 3] = ["dischargeLimit", "dischargeLimit_L2", "dischargeLimit_L3"];
const SETPOINTS: [&str; 3] = ["setpoint", "setpoint_L2", "setpoint_L3"];
const REACTIVE: [&str; 3] = ["setpointReactive", "setpointReactive_L2", "setpointReactive_L3"];

/// The table of the standard.
const PER_MODE: &str = "Q, limits and setpoints per operation mode";
pub(super) fn check(sent: Sent<'_>, path: &str, period: &Value) -> Verdict {
    if sent.order.version < Version::V21 {
        return Ok(());
    }
    fits_the_purpose(sent, path, period)?;
    single_phases(sent, path, period)?;
    has_what_it_needs(sent, path, period)?;
    has_nothing_else(sent, path, period)
}

fn mode(period: &Value) -> &str {
    period["operationMode"].as_str().unwrap_or(CHARGING)
}

/// Only what is for a transaction may give back.
fn fits_the_purpose(sent: Sent<'_>, path: &str, period: &Value) -> Verdict {
    let fits = match sent.purpose() {
        "PriorityCharging" | "ChargingStationMaxProfile" => mode(period) == CHARGING,
        "LocalGeneration" => [CHARGING, "ExternalLimits"].contains(&mode(period)),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let rule = format!("must not be {} in a profile for {}", mode(period), sent.purpose());
    sent.order.forbids(format!("{path}/operationMode"), rule, clause("", "K01.FR.71, Q"))
}

/// A dynamic profile may have its first value later.
fn has_what_it_needs(sent: Sent<'_>, path: &str, period: &Value) -> Verdict {
    let needs = match mode(period) {
        CHARGING => "limit",
        "CentralSetpoint" | "CentralFrequency" => "setpoint",
        _ => return Ok(()),
    };
    if sent.kind() == "Dynamic" || !period[needs].is_null() {
        return Ok(());
    }
    let rule = format!("is required where `operationMode` is {}", mode(period));
    sent.order.forbids(format!("{path}/{needs}"), rule, clause("", PER_MODE))
}

/// A car tells whether it takes phases one by one, and of its transaction alone is that known.
fn single_phases(sent: Sent<'_>, path: &str, period: &Value) -> Verdict {
    for [first, others @ ..] in [LIMITS, DISCHARGING, SETPOINTS, REACTIVE] {
        let Some(single) = others.into_iter().find(|single| !period[*single].is_null()) else { continue };
        let is_limit = first == "limit";
        let forbids = |rule: String, limits: &'static str, others: &'static str| {
            let of = clause("", if is_limit { limits } else { others });
            sent.order.forbids(format!("{path}/{single}"), rule, of)
        };
        if sent.purpose() != "TxProfile" {
            let rule = "is for a TxProfile only: no other is for one car".to_owned();
            return forbids(rule, "K01.FR.143", "V2X.09");
        }
        if period[first].is_null() {
            return forbids(format!("needs `{first}` beside it, which is of the first phase"), "K01.FR.145", "V2X.07");
        }
    }
    Ok(())
}

fn has_nothing_else(sent: Sent<'_>, path: &str, period: &Value) -> Verdict {
    let strange: &[&[&str; 3]] = match mode(period) {
        CHARGING => &[&DISCHARGING, &SETPOINTS, &REACTIVE],
        "CentralSetpoint" => &[],
        "CentralFrequency" => &[&LIMITS, &DISCHARGING, &REACTIVE],
        "Idle" => &[&LIMITS, &DISCHARGING, &SETPOINTS, &REACTIVE],
        _ => &[&SETPOINTS, &REACTIVE],
    };
    let Some(member) = strange.iter().copied().flatten().find(|member| !period[**member].is_null()) else {
        return Ok(());
    };
    let at = format!("{path}/{member}");
    match mode(period) {
        CHARGING => {
            let rule =
                "needs an `operationMode` that has it: with ChargingOnly, or without one, a period has limits alone";
            sent.order.forbids(at, rule, clause("", "Q02.FR.02"))
        }
        mode => {
            let rule = format!("must be left out where `operationMode` is {mode}");
            let is_limit = mode == "CentralFrequency" && !REACTIVE.contains(member);
            sent.order.forbids(at, rule, clause("", if is_limit { "Q07.FR.03" } else { PER_MODE }))
        }
    }
}
