//! The local authorisation list and the cache (2.0.1 D01, D02, C11; 1.6 5.10, 5.15).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asked::{Fault, Reply, accepted, integer, list, refused, status, word};
use super::state::State;

/// The list, as the server wrote its entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocalList {
    pub version: i64,
    pub entries: Vec<Value>,
}

impl State {
    pub(super) fn get_local_list_version(&self) -> Reply {
        let is_v16 = self.version.is_v16();
        let version = if self.local_list.entries.is_empty() { 0 } else { self.local_list.version };
        Ok(match (is_v16, self.has_list()) {
            // 1.6: there is no list at all.
            (true, false) => json!({"listVersion": -1}),
            (true, true) => json!({"listVersion": version}),
            (false, false) => json!({"versionNumber": 0}),
            (false, true) => json!({"versionNumber": version}),
        })
    }

    fn has_list(&self) -> bool {
        if self.version.is_v16() {
            self.keys.is("LocalAuthListEnabled")
        } else {
            self.model.is("LocalAuthListCtrlr", "Enabled")
        }
    }

    pub(super) fn send_local_list(&mut self, asked: &Value) -> Reply {
        let is_v16 = self.version.is_v16();
        if !self.has_list() {
            return Ok(refused(self.version, if is_v16 { "NotSupported" } else { "Failed" }, "NotEnabled"));
        }
        self.list_fits(asked)?;
        let version = integer(asked, if is_v16 { "listVersion" } else { "versionNumber" }).unwrap_or_default();
        let sent = list(asked, "localAuthorizationList");
        let is_full = word(asked, "updateType") == "Full";
        if !is_full && version <= self.local_list.version {
            return Ok(refused(self.version, "VersionMismatch", "InvalidMessageSeq"));
        }
        let names: BTreeSet<String> = sent.iter().map(name).collect();
        let lacks_info = is_full && sent.iter().any(|entry| info(entry).is_none());
        if version <= 0 || names.len() < sent.len() || lacks_info {
            return Ok(refused(self.version, "Failed", "InvalidValue"));
        }
        let entries = if is_full { sent.to_vec() } else { self.merged(sent) };
        let most = if is_v16 {
            self.keys.most("LocalAuthListMaxLength")
        } else {
            self.model.most("LocalAuthListCtrlr", "Entries")
        };
        if entries.len() > most {
            return Ok(refused(self.version, "Failed", "OutOfStorage"));
        }
        self.model.put("LocalAuthListCtrlr", "Entries", entries.len());
        self.local_list = LocalList { version, entries };
        Ok(accepted())
    }

    /// What is sent replaces its namesake, or removes it when it says nothing of the token.
    fn merged(&self, sent: &[Value]) -> Vec<Value> {
        let names: BTreeSet<String> = sent.iter().map(name).collect();
        let kept = self.local_list.entries.iter().filter(|entry| !names.contains(&name(entry)));
        kept.chain(sent.iter().filter(|entry| info(entry).is_some())).cloned().collect()
    }

    fn list_fits(&self, asked: &Value) -> Result<(), Fault> {
        if !self.version.is_v16() {
            return self.fits("LocalAuthListCtrlr", "SendLocalList", asked, "localAuthorizationList");
        }
        let (count, most) = (list(asked, "localAuthorizationList").len(), self.keys.most("SendLocalListMaxLength"));
        if count > most { Err(Fault::Occurrence(format!("{count} entries are more than {most}"))) } else { Ok(()) }
    }

    pub(super) fn clear_cache(&mut self) -> Reply {
        let is_on = if self.version.is_v16() {
            self.keys.is("AuthorizationCacheEnabled")
        } else {
            self.model.is("AuthCacheCtrlr", "Enabled")
        };
        if !is_on {
            return Ok(status("Rejected"));
        }
        self.cache.clear();
        Ok(accepted())
    }
}

/// A token and its type are one name (2.0.1 C01.FR.25).
fn name(entry: &Value) -> String {
    match entry["idTag"].as_str() {
        Some(tag) => tag.to_lowercase(),
        None => format!("{}/{}", word(&entry["idToken"], "type"), word(&entry["idToken"], "idToken").to_lowercase()),
    }
}

fn info(entry: &Value) -> Option<&Value> {
    entry.get("idTokenInfo").or_else(|| entry.get("idTagInfo"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    /// The version, how it is sent, tokens and whether anything is said of them, the answer, and how many are there then.
    type Row = (i64, &'static str, &'static [(&'static str, bool)], &'static str, usize);

    fn entry(version: Version, token: &str, knows: bool) -> Value {
        let info = json!({"status": "Accepted"});
        match (version, knows) {
            (Version::Ocpp16, true) => json!({"idTag": token, "idTagInfo": info}),
            (Version::Ocpp16, false) => json!({"idTag": token}),
            (_, true) => json!({"idToken": {"idToken": token, "type": "ISO14443"}, "idTokenInfo": info}),
            (_, false) => json!({"idToken": {"idToken": token, "type": "ISO14443"}}),
        }
    }

    fn send(version: Version, number: i64, kind: &str, tokens: &[(&str, bool)]) -> Value {
        let entries: Vec<Value> = tokens.iter().map(|(token, knows)| entry(version, token, *knows)).collect();
        let member = if version.is_v16() { "listVersion" } else { "versionNumber" };
        json!({member: number, "updateType": kind, "localAuthorizationList": entries})
    }

    #[test]
    fn a_list_is_replaced_merged_and_guarded() {
        for version in [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21] {
            let mut play = Play::new(version);
            let rows: [Row; 8] = [
                (3, "Full", &[("A", true), ("B", true)], "Accepted", 2),
                (3, "Differential", &[("C", true)], "VersionMismatch", 2),
                (4, "Differential", &[("C", true), ("a", false)], "Accepted", 2),
                (5, "Differential", &[("D", true), ("D", true)], "Failed", 2),
                (5, "Full", &[("D", false)], "Failed", 2),
                (0, "Full", &[("D", true)], "Failed", 2),
                (2, "Full", &[("D", true)], "Accepted", 1),
                (6, "Full", &[], "Accepted", 0),
            ];
            for (number, kind, tokens, status, count) in rows {
                play.check("SendLocalList", send(version, number, kind, tokens), json!({"status": status}));
                assert_eq!(play.state.local_list.entries.len(), count);
            }
            let member = if version.is_v16() { "listVersion" } else { "versionNumber" };
            play.check("GetLocalListVersion", json!({}), json!({member: 0}));
            play.ask("SendLocalList", send(version, 7, "Full", &[("A", true)]));
            play.check("GetLocalListVersion", json!({}), json!({member: 7}));
        }
    }

    #[test]
    fn a_list_beyond_its_limits_is_refused() {
        for version in [Version::Ocpp16, Version::Ocpp201] {
            let mut play = Play::new(version);
            let names: Vec<String> = (0..51).map(|number| format!("T{number}")).collect();
            let chunk = |from: usize, to: usize| -> Vec<(&str, bool)> {
                names[from..to].iter().map(|name| (name.as_str(), true)).collect()
            };
            let too_many = send(version, 1, "Full", &chunk(0, 17));
            let code = play.fault("SendLocalList", too_many);
            assert!(code.ends_with("ConstraintViolation"), "{code}");
            for (number, from, to, status) in
                [(1, 0, 16, "Accepted"), (2, 16, 32, "Accepted"), (3, 32, 48, "Accepted"), (4, 48, 51, "Failed")]
            {
                play.check(
                    "SendLocalList",
                    send(version, number, "Differential", &chunk(from, to)),
                    json!({"status": status}),
                );
            }
        }
    }

    #[test]
    fn the_cache_is_emptied_when_there_is_one() {
        let mut play = Play::new(Version::Ocpp201);
        play.hear(
            "Authorize",
            &json!({"idToken": {"idToken": "A", "type": "ISO14443"}}),
            json!({"idTokenInfo": {"status": "Blocked"}}),
        );
        assert_eq!(play.state.cache["A"]["status"], "Blocked");
        play.check("ClearCache", json!({}), json!({"status": "Accepted"}));
        assert!(play.state.cache.is_empty());
        play.state.model.put("AuthCacheCtrlr", "Enabled", false);
        play.check("ClearCache", json!({}), json!({"status": "Rejected"}));
    }
}
