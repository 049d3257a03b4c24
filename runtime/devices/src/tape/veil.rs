//! What a tape must not have in it: where wires lead, passwords and keys.

use amprule_hooks::Version;
use amprule_wires::Addresses;
use serde_json::{Map, Value};

use super::said::{Answer, Ask, Said};

const HIDDEN: &str = "***";
/// What is secret by its name, in an address's query and in JSON.
const SECRETS: [&str; 11] =
    ["password", "passwd", "passphrase", "pass", "pwd", "secret", "psk", "key", "token", "auth", "pin"];
/// A shorter value stands in too much else.
const LEAST: usize = 4;

/// What is covered, and by what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Veil {
    /// Places, by the names of the wires that lead there: in what people are told.
    places: Vec<(String, String)>,
    /// Passwords of the wires, and values of a unit's secret parameters: everywhere.
    secrets: Vec<String>,
}

impl Veil {
    pub(crate) fn of(wires: &Addresses) -> Self {
        let mut places = Vec::new();
        for (name, address) in wires {
            let (place, host) = address.place();
            places.push((place, name.clone()));
            places.extend((host.len() >= LEAST).then(|| (host.to_owned(), name.clone())));
        }
        // A place is longer than its host.
        places.sort_by_key(|(place, _)| std::cmp::Reverse(place.len()));
        let secrets =
            wires.values().flat_map(|address| address.secrets()).filter(|secret| secret.len() >= LEAST).collect();
        Self { places, secrets }
    }

    /// With what the operator keeps to himself: of this version, and of what one device has in its place.
    pub(crate) fn and_of(mut self, version: &Version, own: &Map<String, Value>) -> Self {
        let mut declared = version.manifest.parameters.iter().filter(|(_, parameter)| parameter.secret).peekable();
        if declared.peek().is_some() {
            let all = serde_json::to_value(&version.parameters).unwrap_or_default();
            let values = declared.flat_map(|(name, _)| [all.get(name), own.get(name)]);
            self.secrets.extend(values.flatten().flat_map(texts));
        }
        self
    }

    /// What people are told.
    pub(crate) fn why(&self, why: &str) -> String {
        let placed = self.places.iter().fold(why.to_owned(), |why, (place, name)| why.replace(place, name));
        self.text(&placed)
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    pub(crate) fn json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => {
                let member = |(name, value): (String, Value)| match value {
                    Value::String(_) | Value::Number(_) if is_secret(&name) => (name, HIDDEN.into()),
                    value => (name, self.json(value)),
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            other => other,
        }
    }

    pub(crate) fn ask(&self, ask: Ask) -> Ask {
        match ask {
            Ask::Http { method, path, body, switches, expect } => {
                let body = body.map(|body| self.answered(&body));
                Ask::Http { method, path: self.text(&queried(&path)), body, switches, expect }
            }
            Ask::Publish { topic, body, retain, switches } => {
                Ask::Publish { topic: self.text(&topic), body: self.answered(&body), retain, switches }
            }
            Ask::Message { text, fits, switches } => Ask::Message { text: self.text(&text), fits, switches },
            other => other,
        }
    }

    pub(crate) fn said(&self, Said { wire, ask, answer }: Said) -> Said {
        let answer = match answer {
            Answer::Text(text) => Answer::Text(self.answered(&text)),
            Answer::Refused(why) => Answer::Refused(self.why(&why)),
            Answer::Hindered(why) => Answer::Hindered(self.why(&why)),
            Answer::Failed(why) => Answer::Failed(self.why(&why)),
            other => other,
        };
        Said { wire, ask: self.ask(ask), answer }
    }

    /// A text that is JSON stays as it is unless something in it is secret.
    fn answered(&self, text: &str) -> String {
        let text = self.text(text);
        let Ok(value) = serde_json::from_str::<Value>(&text) else { return text };
        let veiled = self.json(value.clone());
        if veiled == value { text } else { veiled.to_string() }
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) if text.len() >= LEAST => vec![text.clone()],
        Value::Number(number) if number.to_string().len() >= LEAST => vec![number.to_string()],
        _ => Vec::new(),
    }
}

/// By its name: `sta_pass`, `Password1`.
pub fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    SECRETS.iter().any(|word| name.ends_with(word))
}

/// A path, without what its query keeps secret.
fn queried(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if is_secret(key) => format!("{key}={HIDDEN}"),
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use amprule_wires::WireAddress;

    use super::*;

    #[test]
    fn where_wires_lead_and_what_is_secret_is_covered() {
        let address = WireAddress::parse("http://admin:s3cret@box.local:8080/rpc").expect("an address");
        let mut veil = Veil::of(&[("main".to_owned(), Box::new(address))].into());
        veil.secrets = vec!["hunter22".to_owned()];
        for (text, covered) in [
            ("box.local:8080 does not answer", "main does not answer"),
            ("box.local is not known", "main is not known"),
            ("the key hunter22 is wrong", "the key *** is wrong"),
        ] {
            assert_eq!(veil.why(text), covered);
        }
        for (text, covered) in [
            (r#"{"car": 2,  "card": 1}"#, r#"{"car": 2,  "card": 1}"#),
            (r#"{"Password1":"x","pin":1234}"#, r#"{"Password1":"***","pin":"***"}"#),
            (r#"{"wifi":{"ssid":"y","wpa_psk":"x"}}"#, r#"{"wifi":{"ssid":"y","wpa_psk":"***"}}"#),
            ("say hunter22", "say ***"),
        ] {
            assert_eq!(veil.answered(text), covered);
        }
        assert_eq!(queried("/set?auth_key=abc&amp=16"), "/set?auth_key=***&amp=16");
    }
}
