//! The command `security-profile`: what it needs, and what a station may not be told.

use amprule_domain::command::ProfileChange;
use amprule_domain::doors::Page;
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::security;
use amprule_domain::station::StationRecord;

use super::order::{CommandBody, needed};
use crate::Api;
use crate::problem::{Answer, Problem};

/// A station is not moved to where nothing is encrypted (A05.FR.01).
const PROFILES: std::ops::RangeInclusive<u8> = 2..=3;
/// An address (OCPP 2.0.1, ocppCsmsUrl).
const URL_MAX: usize = 512;

/// What the body says, before anything is known of the station.
pub(super) fn read(body: &CommandBody) -> Answer<ProfileChange> {
    let profile = needed("/profile", body.profile)?;
    if !PROFILES.contains(&profile) {
        let message = "is 2 (TLS and password) or 3 (TLS and the station's certificate): no station is moved to less";
        return Err(Problem::invalid("/profile", message));
    }
    if let Some(url) = &body.url
        && (!url.starts_with("wss://") || url.len() > URL_MAX)
    {
        return Err(Problem::invalid("/url", format!("begins with wss:// and has at most {URL_MAX} characters")));
    }
    Ok(ProfileChange {
        profile,
        url: body.url.clone(),
        slot: body.slot,
        interface: body.interface.clone(),
        lowers: body.lower.unwrap_or(false),
        ..ProfileChange::default()
    })
}

/// Whether this station can be told: OCPP 2.0.1, A05; what it holds itself is asked of it.
pub(super) async fn check(api: &Api, record: &StationRecord, change: &ProfileChange) -> Answer<()> {
    let ProfileChange { profile, lowers, .. } = *change;
    let has = record.security_profile;
    if profile == has {
        return Err(Problem::invalid("/profile", format!("the station has security profile {has} already")));
    }
    if profile < has && !lowers {
        let message = format!(
            "the station has security profile {has}; a lower one needs `lower`, and a station that allows it \
             (AllowSecurityProfileDowngrade)"
        );
        return Err(Problem::invalid("/profile", message));
    }
    if profile > api.settings.profile_max {
        let message = match profile {
            2 => "needs encrypted connections here: [ocpp.tls] of the configuration",
            _ => {
                "needs certificates of stations that are believed here: `station_roots` of [ocpp.tls] in the configuration"
            }
        };
        return Err(Problem::invalid("/profile", message));
    }
    if profile == 2 && record.password_hash.is_none() {
        return Err(Problem::invalid(
            "/profile",
            "needs a password of the station's; the command `password` gives it one",
        ));
    }
    if profile == 3 && !has_certificate(api, record).await? {
        let message = "the station has no certificate that is known here; the command `trigger` with `sign-certificate` has it \
                       ask for one";
        return Err(Problem::invalid("/profile", message));
    }
    Ok(())
}

/// It has taken one that was signed here, or has shown one.
async fn has_certificate(api: &Api, record: &StationRecord) -> Answer<bool> {
    let find = Some(security::STATION.to_owned());
    let filter = HoldingFilter { kind: Kind::Certificate, station: Some(record.id.clone()), find };
    let found = api.store.holdings(&filter, &Page { after: None, limit: 10 }).await?;
    let is_there = |holding: &serde_json::Value| holding["signed"].is_object() || holding["inUse"].is_object();
    Ok(found.items.iter().any(|(_, holding)| is_there(&holding.body)))
}
