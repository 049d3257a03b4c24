//! A tape that begins anywhere is made again by the driver that made it.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::ports::BoxFuture;
use amprule_hooks::driver::{self, HttpAsk, Message, ModbusRead, ModbusWrite, Publish, TopicAsk, WireProblem, Wires};
use amprule_hooks::manifest::MAP;
use amprule_hooks::{Compiler as _, HostLimits, Kind, Manifest, Source, Version};
use futures_util::FutureExt as _;
use jiff::SignedDuration;
use serde_json::Map;

use super::*;
use crate::MapCompiler;

/// With all that depends on what was said before, and when.
const BOX: &str = r#"
[device]
vendor = "Maker"
model = "Box"

[points]
state = { register = 1 }
power_w = { register = 2 }
energy_wh = { register = 3, type = "u32" }
heat = { register = 9, optional = true }
max_a = { register = 20 }

[[state]]
is = "charging"
when = { state = 3, heat = { until = 90 } }
[[state]]
is = "plugged"

[commands]
open = [{ register = 50, value = 1 }]
limit = [{ register = 51, scale = 10 }]
on = [{ register = 52, value = 1 }]
off = [{ register = 52, value = 0 }]
again_s = 30

[[heartbeat]]
every_s = 5
write = { register = 53, value = 7 }
"#;

fn version(map: &str) -> Arc<Version> {
    let source = Source {
        kind: Kind::Map,
        manifest: Manifest::bare("box", MAP, &[]),
        parameters: Map::new(),
        files: BTreeMap::from([(MAP.to_owned(), map.as_bytes().to_vec())]),
        tables: Arc::default(),
        hash: String::new(),
        code_hash: String::new(),
    };
    let unit = MapCompiler.compile(&source).expect("a map");
    Arc::new(Version::new(&source, unit, &HostLimits::default(), Timestamp::UNIX_EPOCH))
}

/// Hardware in the so manieth turn: it bears no blocks, has no register 9 now and then, is away for some turns, and refuses a limit in
/// others.
struct Moody(u16);

impl Moody {
    fn moods(&self) -> Result<(), WireProblem> {
        let problem = WireProblem { is_refusal: false, is_there: false, why: "main does not answer".to_owned() };
        if (40..43).contains(&self.0) { Err(problem) } else { Ok(()) }
    }
}

fn refused<T>() -> Result<T, WireProblem> {
    Err(WireProblem { is_refusal: true, is_there: true, why: "main refuses it".to_owned() })
}

impl Wires for Moody {
    fn read<'a>(&'a self, _: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        let answer = self.moods().and_then(|()| match (read.address, read.count) {
            (1, 4) => refused(),
            (9, _) if self.0 < 80 => refused(),
            (1, _) => Ok(vec![3]),
            (from, count) => Ok((from..from + count).map(|at| at * 2 + self.0 / 10).collect()),
        });
        Box::pin(std::future::ready(answer))
    }

    fn write<'a>(&'a self, _: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        let is_limit = matches!(write, ModbusWrite::Register { address: 51, .. });
        let answer =
            self.moods().and_then(|()| if is_limit && (56..59).contains(&self.0) { refused() } else { Ok(()) });
        Box::pin(std::future::ready(answer))
    }

    fn http<'a>(&'a self, _: &'a str, _: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(std::future::ready(refused()))
    }

    fn listen<'a>(&'a self, _: &'a str, _: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(std::future::ready(refused()))
    }

    fn topic<'a>(&'a self, _: &'a str, _: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(std::future::ready(refused()))
    }

    fn publish<'a>(&'a self, _: &'a str, _: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(std::future::ready(refused()))
    }

    fn message<'a>(&'a self, _: &'a str, _: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(std::future::ready(refused()))
    }
}

fn tape(version: &Arc<Version>, turns: u16) -> Vec<(usize, Turn)> {
    let driver = driver::of(version).expect("a driver");
    let mut guest = driver.open(&version.parameters, None).expect("it opens");
    let turn = |at: u16| {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(at.into());
        let shall = Shall { be_on: at % 50 > 3, most_deciamperes: (at > 55).then_some(100), ..Shall::default() };
        let before = Before { at: now, driver: "box 0".to_owned(), shall, standing: guest.standing() };
        let hardware = Moody(at);
        let recorder = Recorder::around(&hardware);
        let came = guest.turn(shall, now, &recorder).now_or_never().expect("nothing waits");
        let came = came.as_ref().map(|seen| guest.shown(seen)).map_err(|fault| fault.message.as_str());
        recorder.turn(before, came, &Veil::default())
    };
    // As a file has them.
    let lines: Vec<String> = (0..turns).map(turn).map(|turn| turn.line()).collect();
    read(&lines.join("\n")).expect("a tape")
}

#[test]
fn a_tape_that_begins_anywhere_is_made_again_by_the_same_driver() {
    let version = version(BOX);
    let turns = tape(&version, 160);
    let faults = turns.iter().filter(|(_, turn)| turn.fault.is_some()).count();
    assert_eq!(faults, 3, "some came to nothing");
    for from in 0..turns.len() {
        let differing = replay(&version, &turns[from..]).expect("a driver");
        assert!(differing.is_empty(), "from {from} on: {:#?}", differing[0]);
    }
}

/// What is changed in the map, what is told of it in the first turn that differs, and how many do.
#[test]
fn what_another_driver_does_otherwise_is_told() {
    let turns = tape(&version(BOX), 40);
    for (from, to, what, differing) in [
        (
            "register = 53",
            "register = 54",
            &["- main: writes register 53 = 7", "+ main: writes register 54 = 7"][..],
            8,
        ),
        ("again_s = 30", "again_s = 60", &["- main: writes register 51 = 320", "- main: writes register 52 = 1"], 1),
        ("is = \"plugged\"", "is = \"available\"", &["- state plugged", "+ state available"], 40),
        ("power_w = { register = 2 }", "power_w = { register = 4 }", &["- main: read register 2"], 40),
        (
            "scale = 10",
            "scale = 10, multiple = true",
            &["- main: writes register 51 = 320", "+ main: writes register 51 = 320 (16)"],
            2,
        ),
        (
            "max_a = { register = 20 }",
            "max_a = { register = 21 }",
            &["- main: read register 20", "+ main: read register 21"],
            40,
        ),
        ("block", "block", &[], 0),
    ] {
        let map = BOX.replacen(from, to, 1);
        let told = replay(&version(&map), &turns).expect("a driver");
        assert_eq!(told.len(), differing, "{to}: {told:#?}");
        let first = told.first().map(|turn| turn.what.clone()).unwrap_or_default();
        for line in what {
            assert!(first.iter().any(|told| told == line), "{to}: {line}: {first:#?}");
        }
    }
}

/// Whatever becomes of the clock, a watchdog is fed and a setpoint lives.
#[test]
fn what_is_due_is_said_again_when_the_clock_was_set_back() {
    let version = version(BOX);
    let driver = driver::of(&version).expect("a driver");
    let mut guest = driver.open(&version.parameters, None).expect("it opens");
    let hardware = Moody(0);
    let written = [1_000, 1_001, 10, 11, 12].map(|second| {
        let recorder = Recorder::around(&hardware);
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        let shall = Shall { be_on: true, ..Shall::default() };
        drop(guest.turn(shall, now, &recorder).now_or_never().expect("nothing waits"));
        recorder.writes().len()
    });
    assert_eq!(written, [4, 0, 3, 0, 0]);
}

#[test]
fn a_turn_that_did_not_end_does_not_end_again() {
    let version = version(BOX);
    let mut turns = tape(&version, 2);
    let turn = &mut turns[1].1;
    turn.said.last_mut().expect("it asks").answer = Answer::Nothing;
    (turn.seen, turn.fault) = (None, Some("a turn of the driver takes more than 5 s".to_owned()));
    assert_eq!(replay(&version, &turns), Ok(Vec::new()));
}

/// What happens in a turn that a case cannot say, and how that is told.
#[test]
fn what_a_case_cannot_say_is_refused_with_the_reason() {
    let ask = r#""ask":{"read":{"function":"holding","register":1,"count":1}}"#;
    let http = r#""ask":{"http":{"method":"GET","path":"/a"}}"#;
    let write = r#""ask":{"write":{"register":1,"words":[1],"multiple":false}}"#;
    for (said, why) in [
        (
            format!(r#"{{"wire":"a",{ask},"answer":{{"failed":"it is away"}}}}"#),
            "a wire did not answer in this turn (it is away)",
        ),
        (format!(r#"{{"wire":"a",{ask},"answer":"nothing"}}"#), "the turn was over before"),
        (
            format!(r#"{{"wire":"a",{ask},"answer":{{"words":[1]}}}},{{"wire":"b",{ask},"answer":{{"words":[2]}}}}"#),
            "register 1 is read twice and not the same",
        ),
        (
            format!(r#"{{"wire":"a",{http},"answer":{{"text":"1"}}}},{{"wire":"a",{http},"answer":{{"text":"2"}}}}"#),
            "GET /a is asked twice",
        ),
        (
            format!(r#"{{"wire":"a",{write},"answer":{{"refused":"no"}}}}"#),
            "the hardware refuses a write in this turn (no)",
        ),
        (format!(r#"{{"wire":"a",{write},"answer":{{"failed":"it is away"}}}}"#), "a wire did not answer"),
    ] {
        let line = format!(
            r#"{{"at":"2026-01-01T00:00:00Z","driver":"box 1","fresh":true,"said":[{said}],"seen":{{"state":"charging"}}}}"#
        );
        let turns = read(&line).expect("a tape");
        let refused = case(&turns[0].1, "it").expect_err(&line);
        assert!(refused.contains(why), "{why}: {refused}");
    }
}
