//! Controls of distributed energy resources (OCPP 2.1, R04): each kind with its own settings, and which of them are for good only.

use super::{Order, Verdict, clause};

/// The member with the settings of a kind. All others have a curve.
const SETTINGS: [(&str, &str); 7] = [
    ("EnterService", "enterService"),
    ("FixedPFAbsorb", "fixedPFAbsorb"),
    ("FixedPFInject", "fixedPFInject"),
    ("FixedVar", "fixedVar"),
    ("FreqDroop", "freqDroop"),
    ("Gradients", "gradient"),
    ("LimitMaxDischarge", "limitMaxDischarge"),
];
const CURVE: &str = "curve";
const DEFAULT_ONLY: [&str; 2] = ["EnterService", "Gradients"];

pub(super) fn set(order: Order<'_>) -> Verdict {
    let asked = order.asked;
    let kind = asked["controlType"].as_str().unwrap_or_default();
    let own = SETTINGS.iter().find(|(known, _)| *known == kind).map_or(CURVE, |(_, member)| member);
    let mut members = SETTINGS.iter().map(|(_, member)| *member).chain([CURVE]);
    if let Some(strange) = members.find(|member| *member != own && !asked[*member].is_null()) {
        let rule = format!("must be left out: the settings of {kind} are `{own}`");
        return order.forbids(format!("/{strange}"), rule, clause("", "R04.FR.16"));
    }
    if asked[own].is_null() {
        let rule = format!("is required: it has the settings of {kind}");
        return order.forbids(format!("/{own}"), rule, clause("", "R04.FR.16"));
    }
    if asked["isDefault"] == false && DEFAULT_ONLY.contains(&kind) {
        let rule = format!("must be true: {kind} is never scheduled");
        return order.forbids("/isDefault", rule, clause("", "R04.FR.14"));
    }
    let timed = ["startTime", "duration"].into_iter().find(|member| !asked[own][*member].is_null());
    if let Some(member) = timed.filter(|_| asked["isDefault"] == true) {
        let rule = "must be left out: a default control holds until another one does";
        return order.forbids(format!("/{own}/{member}"), rule, clause("", "R04.FR.12"));
    }
    Ok(())
}
