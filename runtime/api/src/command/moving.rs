//! The command `move`: a station is led to another system (OCPP 2.0.1, B09 and B10).

use amprule_domain::StationId;
use amprule_domain::command::{Command, ProfileChange};
use amprule_domain::station::StationRecord;

use super::order::{CommandBody, needed, within};
use crate::Api;
use crate::problem::{Answer, Problem};

/// An address (OCPP 2.1; 2.0.1 has room for 512 characters).
const URL_MAX: usize = 2_000;
/// s, after which a station that is away is gone for good.
const GONE_AFTER_S: u32 = 1_800;
const GONE_AFTER_MIN_S: u32 = 5;
const GONE_AFTER_MAX_S: u32 = 86_400;
const PROFILE_MAX: u8 = 3;

/// What the body says, before anything is known of the station.
pub(super) fn read(body: &CommandBody) -> Answer<ProfileChange> {
    let url = needed("/url", body.url.clone())?;
    let is_address = url.starts_with("ws://") || url.starts_with("wss://");
    if !is_address || url.len() > URL_MAX {
        let message = format!("begins with ws:// or wss:// and has at most {URL_MAX} characters");
        return Err(Problem::invalid("/url", message));
    }
    if body.profile.is_some_and(|profile| profile > PROFILE_MAX) {
        return Err(Problem::invalid("/profile", "is 0 to 3; without it the one that the station has"));
    }
    for (path, part) in [("/apn", &body.apn), ("/vpn", &body.vpn)] {
        if part.as_ref().is_some_and(|part| !part.is_object()) {
            return Err(Problem::invalid(path, "must be an object"));
        }
    }
    let gone_after_s = body.gone_after_s.unwrap_or(GONE_AFTER_S);
    Ok(ProfileChange {
        profile: body.profile.unwrap_or(ProfileChange::AS_NOW),
        url: Some(url),
        slot: body.slot,
        interface: body.interface.clone(),
        lowers: body.lower.unwrap_or(false),
        gone_after_s: Some(within("/goneAfterS", gone_after_s, GONE_AFTER_MIN_S, GONE_AFTER_MAX_S)?),
        identity: body.identity.clone(),
        password: body.password.clone(),
        apn: body.apn.clone(),
        vpn: body.vpn.clone(),
        ..ProfileChange::default()
    })
}

/// With the profile that the station has, where none is named.
pub(super) async fn completed(api: &Api, station: &StationId, command: Command) -> Answer<Command> {
    let Command::Move(change) = command else { return Ok(command) };
    let record = if change.profile == ProfileChange::AS_NOW { api.store.station(station).await? } else { None };
    let profile = record.map_or(change.profile, |record| record.security_profile);
    Ok(Command::Move(ProfileChange { profile, ..change }))
}

/// What can be known before the station is asked.
pub(super) fn check(record: &StationRecord, change: &ProfileChange) -> Answer<()> {
    let ProfileChange { profile, lowers, .. } = *change;
    let is_plain = change.url.as_deref().is_some_and(|url| url.starts_with("ws://"));
    if is_plain != (profile < 2) {
        let (scheme, kind) = if is_plain { ("ws://", "0 or 1") } else { ("wss://", "2 or 3") };
        let message =
            format!("is {profile}, and an address with {scheme} has {kind}; name the other system's `profile`");
        return Err(Problem::invalid("/profile", message));
    }
    let has = record.security_profile;
    if profile < has && !(lowers && profile >= 2) {
        let message = format!(
            "is {profile}, and the station has security profile {has}: a lower one is taken from 3 to 2 only, with `lower`, where the \
             station allows it (AllowSecurityProfileDowngrade)"
        );
        return Err(Problem::invalid("/profile", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::station;

    /// B09.FR.04 and B09.FR.31: a station's profile is lowered from 3 to 2 only, and where it allows it.
    #[test]
    fn a_station_is_not_led_to_where_it_has_a_lower_profile() {
        let rows = [
            (1, "ws://a", 1, false, true),
            (1, "wss://a", 2, false, true),
            (2, "ws://a", 1, true, false),
            (3, "wss://a", 2, false, false),
            (3, "wss://a", 2, true, true),
            (3, "wss://a", 3, false, true),
            (0, "wss://a", 0, false, false),
        ];
        for (has, url, profile, lowers, is_fine) in rows {
            let record = StationRecord { security_profile: has, ..station("cs-1") };
            let url = Some(url.to_owned());
            let change = ProfileChange { profile, url, lowers, gone_after_s: Some(600), ..ProfileChange::default() };
            assert_eq!(check(&record, &change).is_ok(), is_fine, "{has} {change:?}");
        }
    }
}
