//! Controls of distributed energy resources (2.1 R04).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::asked::{Reply, accepted, decimal, flag, integer, moment, refused, status, text, time, word};
use super::errands::{Due, Errand};
use super::state::State;

const MOST: usize = 24;
/// Types that are for good only, and are never scheduled.
const DEFAULT_ONLY: [&str; 2] = ["EnterService", "Gradients"];
/// The member that holds a type's settings, and the member of the report with the name that they have there.
const FIELDS: [(&str, &str, &str); 7] = [
    ("EnterService", "enterService", "enterService"),
    ("FixedPFAbsorb", "fixedPFAbsorb", "fixedPF"),
    ("FixedPFInject", "fixedPFInject", "fixedPF"),
    ("FixedVar", "fixedVar", "fixedVar"),
    ("FreqDroop", "freqDroop", "freqDroop"),
    ("Gradients", "gradient", "gradient"),
    ("LimitMaxDischarge", "limitMaxDischarge", "limitMaxDischarge"),
];

/// A control, and how far it has come.
pub(super) struct Control {
    pub(super) asked: Value,
    is_superseded: bool,
    is_running: bool,
}

impl Control {
    fn id(&self) -> &str {
        word(&self.asked, "controlId")
    }

    fn kind(&self) -> &str {
        word(&self.asked, "controlType")
    }

    fn is_default(&self) -> bool {
        flag(&self.asked, "isDefault").unwrap_or(false)
    }

    fn settings(&self) -> &Value {
        &self.asked[field(self.kind()).0]
    }

    /// Of a scheduled one that does not go on for ever.
    fn end(&self) -> Option<Timestamp> {
        let start = moment(self.settings(), "startTime")?;
        let seconds = decimal(self.settings(), "duration")? as i64;
        start.checked_add(SignedDuration::from_secs(seconds)).ok()
    }

    fn priority(&self) -> i64 {
        integer(self.settings(), "priority").unwrap_or(i64::MAX)
    }
}

/// Where the settings of a type stand, and how the report names them. All others are curves.
fn field(kind: &str) -> (&'static str, &'static str) {
    FIELDS.iter().find(|(name, ..)| *name == kind).map_or(("curve", "curve"), |(_, field, name)| (field, name))
}

impl State {
    pub(super) fn set_der(&mut self, asked: &Value) -> Reply {
        let mut control = Control { asked: asked.clone(), is_superseded: false, is_running: false };
        if let Err(reason) = self.check_der(&control) {
            return Ok(refused(self.version, "Rejected", reason));
        }
        self.der.retain(|other| other.id() != control.id());
        let rivals = |other: &&mut Control| {
            other.kind() == control.kind() && other.is_default() == control.is_default() && !other.is_superseded
        };
        // The lower number wins, and of equals the newer (R04.FR.09).
        let priority = control.priority();
        let is_beaten = self.der.iter_mut().filter(rivals).any(|other| other.priority() < priority);
        let beaten = self.der.iter_mut().filter(rivals).filter(|other| !is_beaten && other.priority() >= priority);
        let superseded: Vec<String> = beaten
            .map(|other| {
                other.is_superseded = true;
                other.id().to_owned()
            })
            .collect();
        control.is_superseded = is_beaten;
        if let Some(start) = moment(control.settings(), "startTime") {
            self.errands.push_back(Errand::At(start, Due::Der));
        }
        self.der.push(control);
        let mut answer = accepted();
        if !superseded.is_empty() {
            answer["supersededIds"] = json!(superseded);
        }
        Ok(answer)
    }

    fn check_der(&self, control: &Control) -> Result<(), &'static str> {
        let (wanted, _) = field(control.kind());
        let fields = FIELDS.iter().map(|(_, field, _)| *field).chain(["curve"]);
        let given: Vec<&str> = fields.filter(|field| control.asked.get(*field).is_some()).collect();
        let settings = control.settings();
        let is_timed = settings.get("startTime").is_some() || settings.get("duration").is_some();
        let is_default = control.is_default();
        if given != [wanted] {
            Err("InvalidValue")
        } else if is_default && is_timed {
            Err("UnsupportedParam")
        } else if !is_default && DEFAULT_ONLY.contains(&control.kind()) {
            Err("UnsupportedRequest")
        } else if !is_default && settings.get("startTime").is_none() {
            Err("MissingParam")
        } else if self.der.len() >= MOST {
            Err("OutOfStorage")
        } else {
            Ok(())
        }
    }

    /// Says which scheduled controls have begun and ended by now.
    pub(super) fn der_turns(&mut self) {
        let now = self.now;
        let mut said = Vec::new();
        for control in self.der.iter_mut().filter(|control| !control.is_default() && !control.is_superseded) {
            let Some(start) = moment(control.settings(), "startTime") else { continue };
            let end = control.end();
            let runs = start <= now && end.is_none_or(|end| end > now);
            if runs != control.is_running {
                control.is_running = runs;
                said.push(json!({"controlId": control.id(), "started": runs, "timestamp": time(now)}));
                if let Some(end) = end.filter(|_| runs) {
                    self.errands.push_back(Errand::At(end, Due::Der));
                }
            }
        }
        said.into_iter().for_each(|said| self.say("NotifyDERStartStop", said));
        self.der.retain(|control| control.is_default() || control.end().is_none_or(|end| end > now));
    }

    pub(super) fn get_der(&mut self, asked: &Value) -> Reply {
        let found: Vec<(&str, Value)> = self.der.iter().filter(|one| is_meant(one, asked)).map(reported).collect();
        if found.is_empty() {
            return Ok(status("NotFound"));
        }
        let pages: Vec<Value> = found
            .chunks(self.habits.page.max(1))
            .map(|page| {
                let mut lists: Map<String, Value> = Map::new();
                for (member, control) in page {
                    let list = lists.entry(*member).or_insert_with(|| json!([]));
                    list.as_array_mut().into_iter().for_each(|list| list.push(control.clone()));
                }
                Value::Object(lists)
            })
            .collect();
        let count = pages.len();
        for (number, mut page) in pages.into_iter().enumerate() {
            page["requestId"] = asked["requestId"].clone();
            page["tbc"] = json!(number + 1 < count);
            self.say("ReportDERControl", page);
        }
        Ok(accepted())
    }

    pub(super) fn clear_der(&mut self, asked: &Value) -> Reply {
        let gone: Vec<String> =
            self.der.iter().filter(|one| is_meant(one, asked)).map(|one| one.id().to_owned()).collect();
        if gone.is_empty() {
            return Ok(status("NotFound"));
        }
        for control in self.der.iter().filter(|one| one.is_running && gone.contains(&one.id().to_owned())) {
            let said = json!({"controlId": control.id(), "started": false, "timestamp": time(self.now)});
            self.errands.push_back(Errand::Say(crate::pump::Own::Call("NotifyDERStartStop", said)));
        }
        self.der.retain(|one| !gone.contains(&one.id().to_owned()));
        Ok(accepted())
    }
}

/// By its id, else by its type, else each.
fn is_meant(control: &Control, asked: &Value) -> bool {
    let is_default = flag(asked, "isDefault").is_none_or(|wanted| wanted == control.is_default());
    match (text(asked, "controlId"), text(asked, "controlType")) {
        (Some(id), _) => control.id() == id,
        (None, kind) => is_default && kind.is_none_or(|kind| kind == control.kind()),
    }
}

/// The list of the report that a control stands in, and how.
fn reported(control: &Control) -> (&'static str, Value) {
    let (member, name) = field(control.kind());
    let mut said = json!({"id": control.id(), name: control.settings()});
    if !DEFAULT_ONLY.contains(&control.kind()) {
        said["isDefault"] = json!(control.is_default());
        said["isSuperseded"] = json!(control.is_superseded);
    }
    if member == "curve" {
        said["curveType"] = json!(control.kind());
    }
    (member, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::whole::play::Play;

    fn fixed(id: &str, is_default: bool, settings: Value) -> Value {
        json!({"isDefault": is_default, "controlId": id, "controlType": "FixedPFInject", "fixedPFInject": settings})
    }

    fn settings(priority: i64) -> Value {
        json!({"priority": priority, "displacement": 0.9, "excitation": true})
    }

    #[test]
    fn the_lower_number_wins_and_fields_fit_the_type() {
        let mut play = Play::new(Version::Ocpp21);
        let mut timed = settings(1);
        timed["startTime"] = json!("2026-05-04T12:00:10Z");
        timed["duration"] = json!(60);
        let mut wrong = fixed("X", true, settings(1));
        wrong["controlType"] = json!("FixedVar");
        let rows = [
            (fixed("A", true, settings(5)), json!({"status": "Accepted"})),
            (fixed("B", true, settings(3)), json!({"status": "Accepted", "supersededIds": ["A"]})),
            (fixed("C", true, settings(9)), json!({"status": "Accepted"})),
            (wrong, json!({"status": "Rejected"})),
            (fixed("X", true, timed.clone()), json!({"status": "Rejected"})),
            (fixed("X", false, settings(1)), json!({"status": "Rejected"})),
            (fixed("D", false, timed), json!({"status": "Accepted"})),
        ];
        for (asked, answer) in rows {
            play.check("SetDERControl", asked, answer);
        }
        play.check("GetDERControl", json!({"requestId": 4, "controlId": "C"}), json!({"status": "Accepted"}));
        let list = json!([{"id": "C", "isSuperseded": true, "fixedPF": {"priority": 9}}]);
        play.follows(&[("ReportDERControl", json!({"requestId": 4, "tbc": false, "fixedPFInject": list}))]);
        let turn = |started: bool| ("NotifyDERStartStop", json!({"controlId": "D", "started": started}));
        play.passes(10, &Due::Der);
        play.follows(&[turn(true)]);
        play.passes(60, &Due::Der);
        play.follows(&[turn(false)]);
        let clear = |asked: Value, word: &str| (asked, json!({"status": word}));
        let rows = [
            clear(json!({"isDefault": false}), "NotFound"),
            clear(json!({"isDefault": true, "controlType": "FixedVar"}), "NotFound"),
            clear(json!({"isDefault": true}), "Accepted"),
            clear(json!({"isDefault": true}), "NotFound"),
        ];
        for (asked, answer) in rows {
            play.check("ClearDERControl", asked, answer);
        }
    }
}
