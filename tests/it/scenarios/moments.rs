//! Payloads with their moments: a scenario plays now, and tells of minutes and hours before.
//!
//! | text | what is sent |
//! |---|---|
//! | `@-30`, `@-30.5`, `@90` | so many minutes after now, in UTC |
//! | `@-30+250ms` | the same with a fraction of a second |
//! | `@local-30` | the wall clock of the station's zone, without an offset |
//! | `@offset-30` | the wall clock with its offset |
//! | `@wrong-30` | the wall clock, called UTC |
//! | `@fold-30`, `@gap30` | from the latest hour that the station's zone had twice, or not at all |
//! | `$transactionId` | what an earlier answer named |
//! | `{n}` | in what is repeated: the number of the turn, from 0 |
//!
//! In a list, `{"times": 3, "every": 5, "item": …}` stands for three items, each five minutes after the one before.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// One of the turns of something that is repeated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    number: u32,
    /// By which its moments are later than they are written.
    minutes: f64,
}

/// What is known when a payload is filled.
pub(super) struct Moments {
    now: Timestamp,
    zone: TimeZone,
    pub(super) kept: HashMap<String, Value>,
}

impl Turn {
    pub(super) fn all(repeated: &Value) -> impl Iterator<Item = Self> + use<> {
        let times = repeated["times"].as_u64().and_then(|times| u32::try_from(times).ok());
        let every = repeated["every"].as_f64().unwrap_or(0.0);
        (0..times.expect("a repetition says how many times"))
            .map(move |number| Self { number, minutes: every * f64::from(number) })
    }
}

impl Moments {
    pub(super) fn new(now: Timestamp, zone: Option<&str>) -> Self {
        let zone = zone.map_or(TimeZone::UTC, |name| TimeZone::get(name).expect("a zone that IANA knows"));
        Self { now, zone, kept: HashMap::new() }
    }

    pub(super) fn fill(&self, value: &Value, turn: Turn) -> Value {
        match value {
            Value::String(text) => self.text(text, turn),
            Value::Array(items) => items.iter().flat_map(|item| self.items(item, turn)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, member)| (name.clone(), self.fill(member, turn))).collect::<Map<_, _>>(),
            ),
            _ => value.clone(),
        }
    }

    fn items(&self, item: &Value, turn: Turn) -> Vec<Value> {
        match &item["item"] {
            Value::Null => vec![self.fill(item, turn)],
            repeated => Turn::all(item).map(|turn| self.fill(repeated, turn)).collect(),
        }
    }

    fn text(&self, text: &str, turn: Turn) -> Value {
        if let Some(moment) = text.strip_prefix('@') {
            return json!(self.moment(moment, turn));
        }
        if let Some(name) = text.strip_prefix('$') {
            return self.kept.get(name).cloned().unwrap_or_default();
        }
        match text {
            "{n}" => json!(turn.number),
            _ => json!(text.replace("{n}", &turn.number.to_string())),
        }
    }

    fn moment(&self, text: &str, turn: Turn) -> String {
        for spelling in ["local", "offset", "wrong"] {
            if let Some(rest) = text.strip_prefix(spelling) {
                return self.on_the_wall(spelling, self.instant(rest, turn));
            }
        }
        self.instant(text, turn).to_string()
    }

    fn on_the_wall(&self, spelling: &str, at: Timestamp) -> String {
        let wall = at.to_zoned(self.zone.clone());
        match spelling {
            "offset" => wall.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            "wrong" => format!("{}Z", wall.datetime()),
            _ => wall.datetime().to_string(),
        }
    }

    fn instant(&self, text: &str, turn: Turn) -> Timestamp {
        let (base, text) = match (text.strip_prefix("fold"), text.strip_prefix("gap")) {
            (Some(rest), _) => (self.clocks_changed(false), rest),
            (_, Some(rest)) => (self.clocks_changed(true), rest),
            _ => (self.now, text),
        };
        let (minutes, millis) = text.split_once('+').unwrap_or((text, "0ms"));
        let minutes: f64 = minutes.parse().unwrap_or_else(|_| panic!("@{text} is not a number of minutes"));
        let millis = millis.trim_end_matches("ms").parse().expect("a fraction is written in milliseconds");
        base + SignedDuration::from_secs_f64((minutes + turn.minutes) * 60.0) + SignedDuration::from_millis(millis)
    }

    /// When the zone last began or ended its summer time.
    fn clocks_changed(&self, to_summer: bool) -> Timestamp {
        let change = self.zone.preceding(self.now).find(|change| change.dst().is_dst() == to_summer);
        change.expect("the station's zone has a summer time").timestamp()
    }
}

#[test]
fn moments_are_written_as_the_table_says() {
    let moments = Moments::new("2026-11-27T10:00:00Z".parse().expect("a time"), Some("Europe/Berlin"));
    let turn = Turn { number: 2, minutes: 10.0 };
    for (text, expect) in [
        ("@-30", json!("2026-11-27T09:30:00Z")),
        ("@-30.5", json!("2026-11-27T09:29:30Z")),
        ("@90", json!("2026-11-27T11:30:00Z")),
        ("@-30+250ms", json!("2026-11-27T09:30:00.25Z")),
        ("@local-30", json!("2026-11-27T10:30:00")),
        ("@offset-30", json!("2026-11-27T10:30:00+01:00")),
        ("@wrong-30", json!("2026-11-27T10:30:00Z")),
        ("@fold-60", json!("2026-10-25T00:00:00Z")),
        ("@gap30", json!("2026-03-29T01:30:00Z")),
        ("t-{n}", json!("t-0")),
        ("{n}", json!(0)),
        ("$nothing", json!(null)),
    ] {
        assert_eq!(moments.fill(&json!(text), Turn::default()), expect, "{text}");
    }
    let list = json!([1, {"times": 2, "every": 5, "item": {"at": "@0", "n": "{n}"}}]);
    let later = |at: &str, n: u32| json!({"at": at, "n": n});
    let expect = json!([1, later("2026-11-27T10:00:00Z", 0), later("2026-11-27T10:05:00Z", 1)]);
    assert_eq!(moments.fill(&list, Turn::default()), expect);
    assert_eq!(moments.fill(&json!("@-30"), turn), "2026-11-27T09:40:00Z");
}
