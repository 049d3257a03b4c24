//! The configuration keys of 1.6: GetConfiguration and ChangeConfiguration (5.3, 5.8, 9).

use serde_json::{Value, json};

use super::asked::{Fault, Reply, list, same, status, word};
use super::state::State;

const ROWS: &str = include_str!("keys.txt");
const MEASURANDS: [&str; 7] = [
    "Energy.Active.Import.Register",
    "Energy.Active.Import.Interval",
    "Power.Active.Import",
    "Current.Import",
    "Current.Offered",
    "Voltage",
    "SoC",
];

pub(super) struct Keys(Vec<Key>);

pub(super) struct Key {
    name: &'static str,
    pub(super) reads: bool,
    pub(super) writes: bool,
    at_boot: bool,
    kind: &'static str,
    least: Option<i64>,
    most: Option<i64>,
    pub(super) value: String,
    next: Option<String>,
}

impl Key {
    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.splitn(4, ' ');
        let (name, access, kind) = (columns.next()?, columns.next()?, columns.next()?);
        let (kind, limits) = kind.split_once('(').unwrap_or((kind, ""));
        let (least, most) = limits.trim_end_matches(')').split_once("..").unwrap_or_default();
        Some(Self {
            name,
            reads: access.contains('R'),
            writes: access.contains('W'),
            at_boot: access.contains('!'),
            kind,
            least: least.parse().ok(),
            most: most.parse().ok(),
            value: columns.next().unwrap_or_default().to_owned(),
            next: None,
        })
    }

    fn fits(&self, value: &str) -> bool {
        let within =
            |number: i64| self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most);
        match self.kind {
            "boolean" => same(value, "true") || same(value, "false"),
            "integer" => value.parse().is_ok_and(within),
            "string" => within(value.chars().count() as i64),
            "measurands" => value.is_empty() || value.split(',').all(|word| MEASURANDS.contains(&word.trim())),
            _ => true,
        }
    }

    /// What can only be written is said without its value.
    fn said(&self) -> Value {
        let mut said = json!({"key": self.name, "readonly": !self.writes});
        if self.reads {
            said["value"] = json!(self.value);
        }
        said
    }
}

impl Keys {
    pub(super) fn new() -> Self {
        Self(ROWS.lines().filter(|line| !line.starts_with('#')).filter_map(Key::read).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Key> {
        self.0.iter().find(|key| same(key.name, name))
    }

    /// The station itself writes; nothing is checked.
    pub(super) fn put(&mut self, name: &str, value: &str) -> bool {
        let found = self.0.iter_mut().find(|key| same(key.name, name));
        found.map(|key| value.clone_into(&mut key.value)).is_some()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|key| same(&key.value, "true"))
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.value.parse().ok()
    }

    /// As a limit; a station that does not say one has none.
    pub(super) fn most(&self, name: &str) -> usize {
        self.integer(name).and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
    }

    pub(super) fn boot(&mut self) {
        for key in &mut self.0 {
            if let Some(next) = key.next.take() {
                key.value = next;
            }
        }
    }
}

impl State {
    pub(super) fn get_configuration(&self, asked: &Value) -> Reply {
        let names: Vec<&str> = list(asked, "key").iter().filter_map(Value::as_str).collect();
        let most = self.keys.most("GetConfigurationMaxKeys");
        if names.len() > most {
            return Err(Fault::Occurrence(format!("{} keys are more than {most}", names.len())));
        }
        if names.is_empty() {
            let all: Vec<Value> = self.keys.0.iter().map(Key::said).collect();
            return Ok(json!({"configurationKey": all, "unknownKey": []}));
        }
        let known: Vec<Value> = names.iter().filter_map(|name| self.keys.get(name)).map(Key::said).collect();
        let unknown: Vec<&&str> = names.iter().filter(|name| self.keys.get(name).is_none()).collect();
        Ok(json!({"configurationKey": known, "unknownKey": unknown}))
    }

    pub(super) fn change_configuration(&mut self, asked: &Value) -> Reply {
        let (name, value) = (word(asked, "key"), word(asked, "value").trim());
        let Some(key) = self.keys.get(name) else { return Ok(status("NotSupported")) };
        if !key.writes || !key.fits(value) || !self.keeps_up(name, value) {
            return Ok(status("Rejected"));
        }
        let at_boot = key.at_boot;
        if let Some(key) = self.keys.0.iter_mut().find(|key| same(key.name, name)) {
            if at_boot {
                key.next = Some(value.to_owned());
                return Ok(status("RebootRequired"));
            }
            value.clone_into(&mut key.value);
        }
        self.key_written(name, value);
        Ok(status("Accepted"))
    }

    /// Security only ever rises, and only to what the station has the means for (whitepaper A05).
    fn keeps_up(&self, name: &str, value: &str) -> bool {
        if same(name, "AuthorizationKey") {
            return secret(value).is_some();
        }
        if !same(name, "SecurityProfile") {
            return true;
        }
        let (present, wanted) = (self.keys.integer(name).unwrap_or(0), value.parse::<i64>().unwrap_or(-1));
        let has_key = self.has_password || self.password.is_some();
        let has_root = self.certificates.has("CentralSystemRootCertificate");
        let has_means = match wanted {
            1 => has_key,
            2 => has_key && has_root,
            3 => has_root && self.certificates.has("ChargePointCertificate"),
            _ => true,
        };
        wanted >= present && has_means
    }

    fn key_written(&mut self, name: &str, value: &str) {
        if same(name, "AuthorizationKey") {
            if let Some(secret) = secret(value) {
                self.change_password(secret);
            }
        } else if same(name, "SecurityProfile") {
            self.has_password |= self.password.is_some();
            self.reopen();
        }
    }
}

/// The bytes of a hexadecimal key; they go raw into the Basic header.
fn secret(key: &str) -> Option<Vec<u8>> {
    let is_hex = key.len().is_multiple_of(2) && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..key.len()).step_by(2);
    is_hex.then(|| pairs.filter_map(|at| u8::from_str_radix(&key[at..at + 2], 16).ok()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Version;
    use crate::whole::play::Play;

    #[test]
    fn keys_are_written_as_their_kind_allows() {
        let mut play = Play::new(Version::Ocpp16);
        let rows = [
            ("HeartbeatInterval", "60", "Accepted"),
            ("heartbeatinterval", "60", "Accepted"),
            ("HeartbeatInterval", "-1", "Rejected"),
            ("HeartbeatInterval", "soon", "Rejected"),
            ("NumberOfConnectors", "3", "Rejected"),
            ("WebSocketPingInterval", "30", "RebootRequired"),
            ("MeterValuesSampledData", "SoC,Voltage", "Accepted"),
            ("MeterValuesSampledData", "Happiness", "Rejected"),
            ("Coffee", "black", "NotSupported"),
            ("AuthorizationKey", "0123456789abcdef0123456789abcdef01234567", "Accepted"),
            ("AuthorizationKey", "not hexadecimal but long enough for it", "Rejected"),
            ("SecurityProfile", "2", "Rejected"),
            ("SecurityProfile", "1", "Accepted"),
            ("SecurityProfile", "0", "Rejected"),
        ];
        for (key, value, status) in rows {
            play.check("ChangeConfiguration", json!({"key": key, "value": value}), json!({"status": status}));
        }
    }

    #[test]
    fn keys_are_read_by_name_or_all_and_secrets_never() {
        let mut play = Play::new(Version::Ocpp16);
        play.check(
            "GetConfiguration",
            json!({"key": ["chargeprofilemaxstacklevel", "AuthorizationKey", "Coffee"]}),
            json!({
                "configurationKey": [
                    {"key": "ChargeProfileMaxStackLevel", "readonly": true, "value": "8"},
                    {"key": "AuthorizationKey", "readonly": false},
                ],
                "unknownKey": ["Coffee"],
            }),
        );
        let all = play.ask("GetConfiguration", json!({}));
        assert!(all["configurationKey"].as_array().unwrap().len() > 40);
        let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
        assert_eq!(play.fault("GetConfiguration", json!({"key": many})), "OccurenceConstraintViolation");
    }

    #[test]
    fn what_needs_a_boot_holds_after_it() {
        let mut play = Play::new(Version::Ocpp16);
        play.ask("ChangeConfiguration", json!({"key": "WebSocketPingInterval", "value": "30"}));
        assert_eq!(play.state.keys.integer("WebSocketPingInterval"), Some(0));
        play.ask("Reset", json!({"type": "Soft"}));
        assert_eq!(play.state.keys.integer("WebSocketPingInterval"), Some(30));
    }
}
