//! Charging profiles: set, cleared and reported (2.0.1 K01, K09, K10; 1.6 5.5, 5.16).

use serde_json::{Value, json};

use super::asked::{Fault, Reply, accepted, integer, list, refused, status, word};
use super::errands::Due;
use super::profiles::{Profile, id_of, purpose_of};
use super::state::State;

impl State {
    pub(super) fn set_charging_profile(&mut self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        if !is_v16 && !self.model.is("SmartChargingCtrlr", "Enabled") {
            return Err(Fault::NotSupported("smart charging is switched off".to_owned()));
        }
        let (evse, profile) = if is_v16 {
            (integer(asked, "connectorId"), &asked["csChargingProfiles"])
        } else {
            (integer(asked, "evseId"), &asked["chargingProfile"])
        };
        let evse = evse.unwrap_or(-1);
        if let Err(reason) = self.check_profile(evse, profile) {
            return Ok(refused(self.version, "Rejected", reason));
        }
        let running = self.transactions.iter().find(|running| running.evse == evse);
        let transaction = running.filter(|_| purpose_of(profile) == "TxProfile").map(|running| running.id.clone());
        self.install(Profile { evse, value: profile.clone(), received: self.now, transaction });
        Ok(accepted())
    }

    pub(super) fn install_for_start(&mut self, evse: i64, transaction: &str, profile: &Value) {
        let transaction = Some(transaction.to_owned()).filter(|id| !id.is_empty());
        self.install(Profile { evse, value: profile.clone(), received: self.now, transaction });
    }

    fn install(&mut self, profile: Profile) {
        let is_v16 = self.version.is_v16();
        self.profiles.retain(|other| {
            let is_same_place = other.evse == profile.evse && other.purpose() == profile.purpose();
            let is_replaced = is_v16 && is_same_place && other.stack_level() == profile.stack_level();
            other.id() != profile.id() && !is_replaced
        });
        let pulls = integer(&profile.value, "dynUpdateInterval").filter(|seconds| *seconds > 0);
        if let (Some(seconds), "Dynamic") = (pulls, profile.kind()) {
            self.after(seconds, Due::Pull(profile.id()));
        }
        self.profiles.push(profile);
        self.count_profiles();
        self.tell_modes();
    }

    pub(super) fn count_profiles(&mut self) {
        self.model.put("SmartChargingCtrlr", "Entries#ChargingProfiles", self.profiles.len());
    }

    pub(super) fn clear_charging_profile(&mut self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        let (id, criteria) = if is_v16 {
            (integer(asked, "id"), asked)
        } else {
            (integer(asked, "chargingProfileId"), &asked["chargingProfileCriteria"])
        };
        let evse = integer(criteria, if is_v16 { "connectorId" } else { "evseId" });
        let count = self.profiles.len();
        self.profiles.retain(|profile| {
            let is_it = match id {
                Some(id) => profile.id() == id,
                None => evse.is_none_or(|evse| profile.evse == evse) && meets(profile, criteria),
            };
            !is_it
        });
        self.count_profiles();
        self.tell_modes();
        Ok(status(if self.profiles.len() < count { "Accepted" } else { "Unknown" }))
    }

    pub(super) fn get_charging_profiles(&mut self, asked: &Value) -> Reply {
        let (evse, criteria) = (integer(asked, "evseId"), &asked["chargingProfile"]);
        let ids: Vec<i64> = list(criteria, "chargingProfileId").iter().filter_map(Value::as_i64).collect();
        let sources = list(criteria, "chargingLimitSource");
        let is_ours = sources.is_empty() || sources.iter().any(|source| source == "CSO");
        let is_it = |profile: &Profile| {
            let is_named = if ids.is_empty() { meets(profile, criteria) } else { ids.contains(&profile.id()) };
            is_ours && is_named && evse.is_none_or(|evse| profile.evse == evse)
        };
        let mut pages: Vec<(i64, Vec<Value>)> = Vec::new();
        for profile in self.profiles.iter().filter(|profile| is_it(profile)) {
            match pages.iter_mut().find(|(evse, page)| *evse == profile.evse && page.len() < self.habits.page) {
                Some((_, page)) => page.push(reported(profile)),
                None => pages.push((profile.evse, vec![reported(profile)])),
            }
        }
        if pages.is_empty() {
            return Ok(status("NoProfiles"));
        }
        let count = pages.len();
        for (number, (evse, page)) in pages.into_iter().enumerate() {
            let payload = json!({
                "requestId": asked["requestId"], "chargingLimitSource": "CSO", "chargingProfile": page,
                "tbc": number + 1 < count, "evseId": evse,
            });
            self.say("ReportChargingProfiles", payload);
        }
        Ok(accepted())
    }

    /// New limits for a dynamic profile (2.1 K28).
    pub(super) fn update_dynamic_schedule(&mut self, asked: &Value) -> Reply {
        let id = integer(asked, "chargingProfileId").unwrap_or(-1);
        if self.adapt(id, &asked["scheduleUpdate"]) {
            return Ok(accepted());
        }
        Ok(refused(self.version, "Rejected", "InvalidProfile"))
    }

    fn adapt(&mut self, id: i64, update: &Value) -> bool {
        let found = self.profiles.iter_mut().find(|profile| profile.id() == id && profile.kind() == "Dynamic");
        let Some(profile) = found else { return false };
        let period = &mut profile.value["chargingSchedule"][0]["chargingSchedulePeriod"][0];
        if let (Some(period), Some(update)) = (period.as_object_mut(), update.as_object()) {
            period.extend(update.clone());
        }
        profile.value["dynUpdateTime"] = json!(super::asked::time(self.now));
        self.tell_modes();
        true
    }

    /// A dynamic profile asks for its limits as often as it says.
    pub(super) fn pull(&mut self, id: i64) {
        let Some(profile) = self.profiles.iter().find(|profile| profile.id() == id) else { return };
        let seconds = integer(&profile.value, "dynUpdateInterval").unwrap_or_default();
        self.say("PullDynamicScheduleUpdate", json!({"chargingProfileId": id}));
        if seconds > 0 {
            self.after(seconds, Due::Pull(id));
        }
    }

    pub(super) fn heard_limits(&mut self, said: &Value, answer: &Value) {
        if word(answer, "status") == "Accepted" {
            self.adapt(integer(said, "chargingProfileId").unwrap_or(-1), &answer["scheduleUpdate"]);
        }
    }
}

fn meets(profile: &Profile, criteria: &Value) -> bool {
    let purpose = criteria.get("chargingProfilePurpose").is_none_or(|_| profile.purpose() == purpose_of(criteria));
    purpose && integer(criteria, "stackLevel").is_none_or(|level| profile.stack_level() == level)
}

/// With the transaction that it is for.
fn reported(profile: &Profile) -> Value {
    let mut value = profile.value.clone();
    if let Some(transaction) = &profile.transaction {
        value["transactionId"] = json!(transaction);
    }
    debug_assert_eq!(id_of(&value), profile.id());
    value
}

#[cfg(test)]
mod tests;
