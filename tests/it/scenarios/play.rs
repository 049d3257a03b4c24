//! A station that plays a scenario, step by step.
//!
//! | step | meaning |
//! |---|---|
//! | `call`, `payload` | a CALL; it has to be answered with a CALLRESULT |
//! | `id` | its message id, to repeat a message; otherwise each has its own |
//! | `keep`, `as` | remembers this member of the answer, under its own name or another: `$transactionId` |
//! | `sameAs` | the answer equals that of the step with this number, from 0 |
//! | `expect` | members that the answer has |
//! | `error` | the code of the CALLERROR that is the right answer |
//! | `reconnect` | a new socket |
//! | `boot` | a new socket, and a BootNotification |
//! | `restart` | the server restarts: `kill` as a power cut would, `stop` as an operator would |
//! | `times`, `every`, `steps` | these steps so many times, each turn so many minutes after the one before |

use amprule_tests::{Answer, TestServer, Wire, clock, station16, station201};
use serde_json::Value;

use super::expect;
use super::moments::{Moments, Turn};

pub(super) struct Play<'a> {
    station: &'a str,
    protocol: &'a str,
    wire: Wire,
    moments: Moments,
    calls: usize,
    /// One for each step; `Null` where nothing was called, and for what is repeated.
    answers: Vec<Value>,
}

impl<'a> Play<'a> {
    pub(super) async fn run(server: &mut TestServer, station: &'a str, scenario: &'a Value) -> Result<(), String> {
        let protocol = scenario["protocol"].as_str().ok_or("a scenario names its protocol")?;
        let wire = server.station(station, protocol).await;
        let moments = Moments::new(clock::now(), scenario["station"]["timeZone"].as_str());
        let mut play = Self { station, protocol, wire, moments, calls: 0, answers: Vec::new() };
        for (number, step) in scenario["steps"].as_array().ok_or("a scenario has steps")?.iter().enumerate() {
            let answer = play.steps(server, step).await.map_err(|why| format!("step {number}: {why}"))?;
            play.answers.push(answer);
        }
        let expected = play.moments.fill(&scenario["sessions"], Turn::default());
        expect::sessions(&server.api().sessions(station), &expected)
    }

    async fn steps(&mut self, server: &mut TestServer, step: &Value) -> Result<Value, String> {
        let Some(steps) = step["steps"].as_array() else {
            return self.step(server, step, Turn::default()).await;
        };
        for turn in Turn::all(step) {
            for step in steps {
                self.step(server, step, turn).await?;
            }
        }
        Ok(Value::Null)
    }

    async fn step(&mut self, server: &mut TestServer, step: &Value, turn: Turn) -> Result<Value, String> {
        match step["restart"].as_str() {
            Some("kill") => server.kill(),
            Some(_) => drop(server.stop()),
            None => {}
        }
        if !step["restart"].is_null() {
            server.restart();
        }
        if let Some(action) = step["call"].as_str() {
            let payload = self.moments.fill(&step["payload"], turn);
            let answer = self.call(step["id"].as_str(), action, payload).await?;
            return self.check(step, answer, turn);
        }
        self.wire = server.station(self.station, self.protocol).await;
        if step["boot"] == true {
            let boot = if self.protocol == "ocpp1.6" { station16::boot() } else { station201::boot() };
            self.call(None, "BootNotification", boot).await?;
        }
        Ok(Value::Null)
    }

    async fn call(&mut self, id: Option<&str>, action: &str, payload: Value) -> Result<Answer, String> {
        self.calls += 1;
        let id = id.map_or_else(|| format!("call-{}", self.calls), str::to_owned);
        let answer = self.wire.try_request_as(&id, action, payload).await;
        answer.ok_or_else(|| format!("the connection closed while {action} waited"))
    }

    fn check(&mut self, step: &Value, answer: Answer, turn: Turn) -> Result<Value, String> {
        let answer = match (answer, step["error"].as_str()) {
            (Answer::Error { code, .. }, Some(wanted)) if code == wanted => return Ok(Value::Null),
            (Answer::Result(answer), None) => answer,
            (answer, Some(wanted)) => return Err(format!("answered {answer:?}, and not with {wanted}")),
            (answer, None) => return Err(format!("answered {answer:?}")),
        };
        if let Some(name) = step["keep"].as_str() {
            let kept = step["as"].as_str().unwrap_or(name).to_owned();
            self.moments.kept.insert(kept, answer[name].clone());
        }
        let wanted = self.moments.fill(&step["expect"], turn);
        if !wanted.is_null() && !expect::has(&answer, &wanted) {
            return Err(format!("answered {answer}, and {wanted} is expected"));
        }
        let same = step["sameAs"].as_u64().and_then(|at| self.answers.get(usize::try_from(at).ok()?));
        match same {
            Some(earlier) if *earlier != answer => Err(format!("answered {answer}, and {earlier} before")),
            _ => Ok(answer),
        }
    }
}
