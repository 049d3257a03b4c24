//! Messages on the display (2.0.1 O).

use serde_json::{Value, json};

use super::asked::{Reply, accepted, integer, list, moment, refused, status, text, word};
use super::model::Place;
use super::state::State;

impl State {
    pub(super) fn set_display_message(&mut self, asked: &Value) -> Reply {
        let message = &asked["message"];
        if let Err((word, reason)) = self.check_message(message) {
            return Ok(refused(self.version, word, reason));
        }
        let is_front = word(message, "priority") == "AlwaysFront";
        // Only one is always in front (O01.FR.08).
        self.messages.retain(|one| one["id"] != message["id"] && !(is_front && word(one, "priority") == "AlwaysFront"));
        self.messages.push(message.clone());
        self.count_messages();
        Ok(accepted())
    }

    fn check_message(&self, message: &Value) -> Result<(), (&'static str, &'static str)> {
        let of = "DisplayMessageCtrlr";
        let format = word(&message["message"], "format");
        if !self.model.is(of, "Enabled") {
            return Err(("Rejected", "NotEnabled"));
        }
        if !self.model.lists(of, "SupportedFormats", format) {
            return Err(("NotSupportedMessageFormat", "UnsupportedParam"));
        }
        if !self.model.lists(of, "SupportedPriorities", word(message, "priority")) {
            return Err(("NotSupportedPriority", "UnsupportedParam"));
        }
        let states = self.model.value(of, "SupportedStates");
        let states = if states.is_empty() { "Charging,Faulted,Idle,Unavailable" } else { states };
        if text(message, "state").is_some_and(|state| states.split(',').all(|known| known != state)) {
            return Err(("NotSupportedState", "UnsupportedParam"));
        }
        let language = text(&message["message"], "language");
        if self.version.is_v21() && language.is_some_and(|language| !self.model.lists(of, "Language", language)) {
            return Err(("LanguageNotSupported", "UnsupportedParam"));
        }
        let transaction = text(message, "transactionId");
        if transaction.is_some_and(|id| !self.transactions.iter().any(|running| running.id == id)) {
            return Err(("UnknownTransaction", "UnknownTxId"));
        }
        let display = message.get("display").map(Place::of);
        if display.is_some_and(|display| !self.model.variables.iter().any(|each| each.component.is(&display))) {
            return Err(("Rejected", "UnsupportedParam"));
        }
        if moment(message, "endDateTime").is_some_and(|end| end <= self.now) {
            return Err(("Rejected", "InvalidValue"));
        }
        let others = self.messages.iter().filter(|one| one["id"] != message["id"]).count();
        if others >= self.model.most(of, "DisplayMessages") { Err(("Rejected", "OutOfStorage")) } else { Ok(()) }
    }

    fn count_messages(&mut self) {
        self.model.put("DisplayMessageCtrlr", "DisplayMessages", self.messages.len());
    }

    pub(super) fn get_display_messages(&mut self, asked: &Value) -> Reply {
        // What has ended is shown no more.
        let now = self.now;
        self.messages.retain(|one| moment(one, "endDateTime").is_none_or(|end| end > now));
        let ids = list(asked, "id");
        let is_it = |message: &&Value| {
            let same = |member: &str| asked.get(member).is_none_or(|asked| message.get(member) == Some(asked));
            (ids.is_empty() || ids.contains(&message["id"])) && same("priority") && same("state")
        };
        let found: Vec<Value> = self.messages.iter().filter(is_it).cloned().collect();
        if found.is_empty() {
            return Ok(status("Unknown"));
        }
        let pages: Vec<&[Value]> = found.chunks(self.habits.page.max(1)).collect();
        for (number, page) in pages.iter().enumerate() {
            let is_more = number + 1 < pages.len();
            let payload = json!({"messageInfo": page, "requestId": asked["requestId"], "tbc": is_more});
            self.say("NotifyDisplayMessages", payload);
        }
        Ok(accepted())
    }

    pub(super) fn clear_display_message(&mut self, asked: &Value) -> Reply {
        let id = integer(asked, "id");
        let count = self.messages.len();
        self.messages.retain(|one| integer(one, "id") != id);
        self.count_messages();
        Ok(status(if self.messages.len() < count { "Accepted" } else { "Unknown" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn message(id: i64, priority: &str, changes: &[(&str, Value)]) -> Value {
        let content = json!({"format": "UTF8", "language": "en", "content": "hello"});
        let mut message = json!({"id": id, "priority": priority, "message": content});
        for (member, value) in changes {
            message[*member] = value.clone();
        }
        json!({"message": message})
    }

    #[test]
    fn a_message_is_shown_when_the_display_can() {
        let mut play = Play::new(Version::Ocpp21);
        let content = |format: &str, language: &str| {
            [("message", json!({"format": format, "language": language, "content": "x"}))]
        };
        let rows = [
            (message(1, "AlwaysFront", &[]), "Accepted"),
            (message(2, "AlwaysFront", &[]), "Accepted"),
            (message(3, "Sometimes", &[]), "NotSupportedPriority"),
            (message(3, "InFront", &content("HTML", "en")), "NotSupportedMessageFormat"),
            (message(3, "InFront", &content("UTF8", "xx")), "LanguageNotSupported"),
            (message(3, "InFront", &[("state", json!("Suspended"))]), "NotSupportedState"),
            (message(3, "InFront", &[("transactionId", json!("tx-1"))]), "UnknownTransaction"),
            (message(3, "InFront", &[("endDateTime", json!("2026-05-04T11:00:00Z"))]), "Rejected"),
        ];
        for (asked, status) in rows {
            play.check("SetDisplayMessage", asked, json!({"status": status}));
        }
        assert_eq!(play.state.messages.len(), 1, "one is always in front");
        for id in 3..=6 {
            play.check("SetDisplayMessage", message(id, "NormalCycle", &[]), json!({"status": "Accepted"}));
        }
        play.check("SetDisplayMessage", message(7, "NormalCycle", &[]), json!({"status": "Rejected"}));
        play.check("SetDisplayMessage", message(6, "InFront", &[]), json!({"status": "Accepted"}));
    }

    #[test]
    fn messages_are_reported_in_pages_and_cleared() {
        let mut play = Play::new(Version::Ocpp201);
        for id in 1..=5 {
            play.ask("SetDisplayMessage", message(id, "NormalCycle", &[]));
        }
        play.check("GetDisplayMessages", json!({"requestId": 8}), json!({"status": "Accepted"}));
        let page = |tbc: bool| ("NotifyDisplayMessages", json!({"requestId": 8, "tbc": tbc}));
        play.follows(&[page(true), page(false)]);
        play.check("ClearDisplayMessage", json!({"id": 4}), json!({"status": "Accepted"}));
        play.check("ClearDisplayMessage", json!({"id": 4}), json!({"status": "Unknown"}));
        play.check("GetDisplayMessages", json!({"requestId": 8, "id": [4]}), json!({"status": "Unknown"}));
        play.follows(&[]);
    }
}
