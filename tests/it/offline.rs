//! Conversations that go wrong: repeated, late, out of order, half missing. Each is a file of tests/scenarios.
//!
//! A step is a CALL with its payload; `"@-30"` is the moment thirty minutes ago, `"$transactionId"` what an earlier
//! answer named. At the end the station has exactly the sessions that the file describes.

use std::collections::HashMap;

use amprule_tests::{Setup, TestServer, Wire, clock, folders};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_with_the_sessions_it_describes() {
    let mut server = Setup::default().tariff("0.50").start().await;
    server.api().accept(&["CARD-1"]);
    let mut failed = Vec::new();
    for file in folders::files(&folders::root().join("tests/scenarios")) {
        let name = file.file_stem().expect("a scenario has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("read a scenario");
        let scenario: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Err(why) = Play::run(&mut server, &name, &scenario).await {
            failed.push(format!("{name}: {}\n    {why}", scenario["what"].as_str().unwrap_or_default()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

struct Play<'a> {
    station: String,
    protocol: &'a str,
    wire: Wire,
    now: Timestamp,
    kept: HashMap<String, Value>,
    /// One for each step; `Null` where nothing was called.
    answers: Vec<Value>,
}

impl<'a> Play<'a> {
    async fn run(server: &mut TestServer, station: &str, scenario: &'a Value) -> Result<(), String> {
        let protocol = scenario["protocol"].as_str().ok_or("a scenario names its protocol")?;
        let wire = server.station(station, protocol).await;
        let now = clock::now();
        let (station, kept, answers) = (station.to_owned(), HashMap::new(), Vec::new());
        let mut play = Self { station, protocol, wire, now, kept, answers };
        for step in scenario["steps"].as_array().ok_or("a scenario has steps")? {
            let answer = play.step(server, step).await?;
            play.answers.push(answer);
        }
        play.compare(server, scenario["sessions"].as_array().ok_or("a scenario has sessions")?)
    }

    async fn step(&mut self, server: &mut TestServer, step: &Value) -> Result<Value, String> {
        match step["restart"].as_str() {
            Some("kill") => server.kill(),
            Some(_) => drop(server.stop()),
            None => {}
        }
        if !step["restart"].is_null() {
            server.restart();
        }
        let Some(action) = step["call"].as_str() else {
            self.wire = server.station(&self.station, self.protocol).await;
            return Ok(Value::Null);
        };
        let payload = self.fill(&step["payload"]);
        let answer = match step["id"].as_str() {
            Some(id) => self.wire.request_as(id, action, payload).await,
            None => self.wire.request(action, payload).await,
        };
        self.check(step, answer.result())
    }

    fn check(&mut self, step: &Value, answer: Value) -> Result<Value, String> {
        if let Some(name) = step["keep"].as_str() {
            self.kept.insert(name.to_owned(), answer[name].clone());
        }
        let same = step["sameAs"].as_u64().and_then(|at| self.answers.get(usize::try_from(at).ok()?));
        match same {
            Some(earlier) if *earlier != answer => Err(format!("answered {answer}, and {earlier} before")),
            _ => Ok(answer),
        }
    }

    /// Puts moments and kept values into a payload.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match (text.strip_prefix('@'), text.strip_prefix('$')) {
                (Some(minutes), _) => json!(clock::after(self.now, minutes.parse().expect("@ is followed by minutes"))),
                (_, Some(name)) => self.kept.get(name).cloned().unwrap_or_default(),
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, member)| (name.clone(), self.fill(member))).collect::<Map<_, _>>(),
            ),
            _ => value.clone(),
        }
    }

    fn compare(&self, server: &TestServer, expected: &[Value]) -> Result<(), String> {
        let sessions = server.api().sessions(&self.station);
        if sessions.len() != expected.len() {
            return Err(format!("{} sessions instead of {}", sessions.len(), expected.len()));
        }
        sessions.iter().zip(expected).try_for_each(|(session, expected)| agree(session, expected))
    }
}

/// Every member that is expected is as expected; `hasMarks` names marks among others.
fn agree(session: &Value, expected: &Value) -> Result<(), String> {
    for (name, wanted) in expected.as_object().ok_or("a session is described by an object")? {
        let is_so = match name.as_str() {
            "hasMarks" => has_all(&session["marks"], wanted),
            name => session[name] == *wanted,
        };
        if !is_so {
            return Err(format!("{name} should be {wanted}: {session}"));
        }
    }
    Ok(())
}

fn has_all(list: &Value, wanted: &Value) -> bool {
    let (Some(list), Some(wanted)) = (list.as_array(), wanted.as_array()) else { return false };
    wanted.iter().all(|word| list.contains(word))
}
