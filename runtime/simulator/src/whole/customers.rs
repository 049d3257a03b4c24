//! CustomerInformation and its pages (2.0.1 N09, N10).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, flag, refused, same, text, time, word};
use super::state::State;

/// Characters in a page.
const PAGE: usize = 512;
const IDENTIFIERS: [&str; 3] = ["idToken", "customerIdentifier", "customerCertificate"];

impl State {
    pub(super) fn customer_information(&mut self, asked: &Value) -> Reply {
        let given = IDENTIFIERS.iter().filter(|member| asked.get(**member).is_some()).count();
        let (reports, clears) = (flag(asked, "report") == Some(true), flag(asked, "clear") == Some(true));
        if !reports && !clears {
            return Ok(refused(self.version, "Rejected", "MissingParam"));
        }
        if given != 1 {
            return Ok(refused(self.version, "Invalid", "MissingParam"));
        }
        let token = text(asked, "customerIdentifier").unwrap_or_else(|| word(&asked["idToken"], "idToken")).to_owned();
        let known = self.known_of(&token);
        if clears {
            // N10.FR.02: the local list is the server's own.
            self.cache.retain(|name, _| !same(name, &token));
            self.driver_tariffs.retain(|name, _| !same(name, &token));
        }
        let text = match (reports, known.is_empty()) {
            (true, false) => known,
            (true, true) => "nothing is known of this customer".to_owned(),
            (false, _) => "cleared".to_owned(),
        };
        self.customer_pages(asked, &text);
        Ok(accepted())
    }

    fn known_of(&self, token: &str) -> String {
        let cached = self.cache.iter().filter(|(name, _)| same(name, token));
        let cached = cached.map(|(name, info)| format!("cache: {name} {info}\n"));
        let listed = self.local_list.entries.iter().filter(|entry| same(word(&entry["idToken"], "idToken"), token));
        let listed = listed.map(|entry| format!("local list: {entry}\n"));
        let running = self.transactions.iter().filter(|running| same(&running.token, token));
        let running = running.map(|running| format!("transaction: {} at EVSE {}\n", running.id, running.evse));
        cached.chain(listed).chain(running).collect()
    }

    fn customer_pages(&mut self, asked: &Value, text: &str) {
        let signs: Vec<char> = text.chars().collect();
        let pages: Vec<String> = signs.chunks(PAGE).map(|page| page.iter().collect()).collect();
        for (number, page) in pages.iter().enumerate() {
            let payload = json!({
                "data": page, "tbc": number + 1 < pages.len(), "seqNo": number, "generatedAt": time(self.now),
                "requestId": asked["requestId"],
            });
            self.say("NotifyCustomerInformation", payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn ask(report: bool, clear: bool, identifiers: &[(&str, Value)]) -> Value {
        let mut asked = json!({"requestId": 3, "report": report, "clear": clear});
        for (member, value) in identifiers {
            asked[*member] = value.clone();
        }
        asked
    }

    #[test]
    fn a_customer_is_named_once_reported_and_forgotten() {
        let mut play = Play::new(Version::Ocpp201);
        let token = json!({"idToken": "CARD", "type": "ISO14443"});
        play.hear(
            "Authorize",
            &json!({"idToken": token}),
            json!({"idTokenInfo": {"status": "Accepted", "language1": "x".repeat(600)}}),
        );
        let named = ("idToken", token);
        let both = [named.clone(), ("customerIdentifier", json!("CARD"))];
        play.check("CustomerInformation", ask(true, false, &[]), json!({"status": "Invalid"}));
        play.check("CustomerInformation", ask(true, false, &both), json!({"status": "Invalid"}));
        play.check(
            "CustomerInformation",
            ask(false, false, std::slice::from_ref(&named)),
            json!({"status": "Rejected"}),
        );
        play.follows(&[]);
        let page = |number: usize, tbc: bool| {
            ("NotifyCustomerInformation", json!({"requestId": 3, "seqNo": number, "tbc": tbc}))
        };
        play.check("CustomerInformation", ask(true, true, std::slice::from_ref(&named)), json!({"status": "Accepted"}));
        play.follows(&[page(0, true), page(1, false)]);
        play.check("CustomerInformation", ask(true, false, &[named]), json!({"status": "Accepted"}));
        let said = play.follows(&[page(0, false)]);
        assert_eq!(said[0].1["data"], "nothing is known of this customer");
    }
}
