//! Charging profiles: what they are for, and where (OCPP 2.0.1, K01; 1.6, 3.13 and 5.16).

use serde_json::Value;

use super::{Order, Verdict, clause, schedules};

/// A profile with what it comes in.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) order: Order<'a>,
    path: &'static str,
    pub(super) profile: &'a Value,
    /// 0 is the station.
    evse: Option<i64>,
    with_start: bool,
}

pub(super) fn set(order: Order<'_>) -> Verdict {
    let (path, member, place) = if order.is_v16() {
        ("/csChargingProfiles", "csChargingProfiles", "connectorId")
    } else {
        ("/chargingProfile", "chargingProfile", "evseId")
    };
    let (profile, evse) = (&order.asked[member], order.asked[place].as_i64());
    if evse.is_some_and(|evse| evse < 0) {
        let rule = "counts from 0 upwards: 0 is the station";
        return order.forbids(format!("/{place}"), rule, clause("6.43", "SetChargingProfileRequest"));
    }
    check(Sent { order, path, profile, evse, with_start: false })
}

pub(super) fn start(order: Order<'_>) -> Verdict {
    let profile = &order.asked["chargingProfile"];
    if profile.is_null() {
        return Ok(());
    }
    check(Sent { order, path: "/chargingProfile", profile, evse: None, with_start: true })
}

impl<'a> Sent<'a> {
    pub(super) fn at(self, member: &str) -> String {
        format!("{}/{member}", self.path)
    }

    pub(super) fn purpose(self) -> &'a str {
        self.profile["chargingProfilePurpose"].as_str().unwrap_or_default()
    }

    pub(super) fn kind(self) -> &'a str {
        self.profile["chargingProfileKind"].as_str().unwrap_or_default()
    }

    fn has(self, member: &str) -> bool {
        !self.profile[member].is_null()
    }
}

fn check(sent: Sent<'_>) -> Verdict {
    purpose(sent)?;
    transaction(sent)?;
    kind(sent)?;
    schedules::check(sent)
}

fn purpose(sent: Sent<'_>) -> Verdict {
    let Sent { order, evse, with_start, .. } = sent;
    let forbids = |rule: &str, of| order.forbids(sent.at("chargingProfilePurpose"), rule, of);
    match sent.purpose() {
        purpose if with_start && purpose != "TxProfile" => {
            forbids("is TxProfile where it comes with a start", clause("5.16.2", "F01.FR.09"))
        }
        "ChargingStationExternalConstraints" => forbids("is the station's own to set", clause("", "K01.FR.22")),
        "ChargePointMaxProfile" | "ChargingStationMaxProfile" if evse != Some(0) => {
            forbids("is for the station as a whole, 0", clause("5.16.3", "K03"))
        }
        "TxProfile" if evse == Some(0) => {
            let rule = format!("is for the {} of the transaction, not for 0", order.place());
            forbids(&rule, clause("5.16.3", "K01.FR.16"))
        }
        _ => Ok(()),
    }
}

fn transaction(sent: Sent<'_>) -> Verdict {
    let Sent { order, with_start, .. } = sent;
    let forbids = |rule: &str, of| order.forbids(sent.at("transactionId"), rule, of);
    match (sent.purpose(), sent.has("transactionId")) {
        ("TxProfile", true) if with_start => forbids("is not known before the start", clause("3.13.1", "F01.FR.11")),
        ("TxProfile", false) if !with_start && !order.is_v16() => {
            forbids("is required for a TxProfile", clause("", "K01.FR.03"))
        }
        ("TxProfile", _) | (_, false) => Ok(()),
        _ => forbids("is for a TxProfile only", clause("7.8", "ChargingProfileType")),
    }
}

fn kind(sent: Sent<'_>) -> Verdict {
    let Sent { order, .. } = sent;
    let most = ["ChargePointMaxProfile", "ChargingStationMaxProfile"].contains(&sent.purpose());
    if sent.kind() == "Relative" && most {
        let rule = "has no transaction that it could begin with";
        return order.forbids(sent.at("chargingProfileKind"), rule, clause("3.13.1", "K01.FR.38"));
    }
    if sent.kind() == "Recurring" && !sent.has("recurrencyKind") {
        let rule = "is required: a recurring profile comes again Daily or Weekly";
        return order.forbids(sent.at("recurrencyKind"), rule, clause("7.8", "ChargingProfileType"));
    }
    let asks_again = ["dynUpdateInterval", "dynUpdateTime"].into_iter().find(|member| sent.has(member));
    if let Some(member) = asks_again.filter(|_| sent.kind() != "Dynamic") {
        let rule = "is for a Dynamic profile only: no other is updated in its place";
        return order.forbids(sent.at(member), rule, clause("", "K01.FR.122, K28.FR.04"));
    }
    Ok(())
}
