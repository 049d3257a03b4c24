//! What 1.6 says in other words than 2.x, or cannot say.

use amprule_domain::TransactionId;
use amprule_domain::command::{Most, Trigger};
use amprule_domain::reply::{AuthorizationStatus, Refusal, TokenInfo};
use amprule_domain::token::IdToken;

use crate::encode::{Object, Times};
use crate::loose::Loose;
use crate::strictness::Repairs;

/// Characters of an idTag (CiString20Type).
pub(crate) const MAX_ID_TAG: usize = 20;

/// An idTag has no type (OCPP 1.6, 7.28).
pub(crate) fn id_token(id_tag: impl Into<String>) -> IdToken {
    IdToken::new(id_tag, IdToken::UNTYPED)
}

/// The idTag, where one is given.
pub(crate) fn token(repairs: &mut Repairs, id_tag: Loose<'_>) -> Result<Option<IdToken>, Refusal> {
    Ok(repairs.text("idTag", id_tag, MAX_ID_TAG)?.map(id_token))
}

/// 1.6 numbers connectors through the station; each is an EVSE of its own with one connector. 0 is the whole station.
pub(crate) const fn connector_of(connector_id: u32) -> u32 {
    if connector_id == 0 { 0 } else { 1 }
}

/// The number of a transaction. 0 and below, and more than 31 bits, are what stations send when they know none.
pub(crate) fn transaction(repairs: &mut Repairs, value: &Loose<'_>) -> Result<Option<TransactionId>, Refusal> {
    match repairs.whole("transactionId", value)? {
        Some(number) if (1..=i64::from(i32::MAX)).contains(&number) => Ok(Some(TransactionId::new(number.to_string()))),
        _ => repairs.note(crate::strictness::Odd::TransactionUnclear, "transactionId").map(|()| None),
    }
}

/// IdTagInfo (7.27). Its message to the driver has no place in 1.6; a parent that does not fit is left out, since a cut one would match others.
pub(crate) fn id_tag_info(token: &TokenInfo, times: Times) -> String {
    let parent = token.group.as_deref().filter(|group| group.chars().count() <= MAX_ID_TAG);
    Object::new(times)
        .maybe(token.cache_until, |object, until| object.time("expiryDate", until))
        .maybe(parent, |object, parent| object.text("parentIdTag", parent))
        .text("status", authorization_status(token.status))
        .finish()
}

/// AuthorizationStatus (7.2) has five words for the ten of 2.x.
const fn authorization_status(status: AuthorizationStatus) -> &'static str {
    match status {
        AuthorizationStatus::Accepted => "Accepted",
        AuthorizationStatus::Blocked | AuthorizationStatus::NoCredit => "Blocked",
        AuthorizationStatus::Expired => "Expired",
        AuthorizationStatus::ConcurrentTx => "ConcurrentTx",
        AuthorizationStatus::Invalid
        | AuthorizationStatus::NotAllowedTypeEVSE
        | AuthorizationStatus::NotAtThisLocation
        | AuthorizationStatus::NotAtThisTime
        | AuthorizationStatus::Unknown => "Invalid",
    }
}

/// MessageTrigger (7.37), whose words 2.x has too.
pub(crate) const fn trigger(message: Trigger) -> Option<&'static str> {
    Some(match message {
        Trigger::Boot => "BootNotification",
        Trigger::Heartbeat => "Heartbeat",
        Trigger::MeterValues => "MeterValues",
        Trigger::Status => "StatusNotification",
        Trigger::SignCertificate
        | Trigger::SignV2gCertificate
        | Trigger::SignV2g20Certificate
        | Trigger::SignCombinedCertificate => return None,
    })
}

/// ChargingProfilePurposeType (7.11), of a limit for one transaction or for each.
pub(crate) const fn purpose(is_of_transaction: bool) -> &'static str {
    if is_of_transaction { "TxProfile" } else { "TxDefaultProfile" }
}

/// ChargingRateUnitType (7.12), and the number.
pub(crate) fn limit(most: Most) -> (&'static str, String) {
    match most {
        Most::Watts(watts) => ("W", watts.to_string()),
        Most::DeciAmperes(tenths) => ("A", format!("{}.{}", tenths / 10, tenths % 10)),
    }
}

/// A transaction's number, as we send it. `None`: it began in another version, where it has a name.
pub(crate) fn number(transaction: &TransactionId) -> Option<i64> {
    transaction.as_str().parse().ok()
}
