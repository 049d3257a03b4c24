//! Frames that are not what they should be: the standard's answers, and a server that survives all of them.

use amprule_tests::golden::{self, VERSIONS};
use amprule_tests::station16::meter_values;
use amprule_tests::{Setup, TestServer, Wire, ago, folders, process};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// Every file of tests/frames is a conversation of one station.
#[tokio::test(flavor = "multi_thread")]
async fn every_malformed_frame_gets_the_standards_answer_and_the_connection_lives() {
    let server = TestServer::start().await;
    let mut wrong = Vec::new();
    for file in folders::files(&folders::root().join("tests/frames")) {
        let name = file.file_stem().expect("a table has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("read a table of frames");
        let table: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut wire = server.station(&name, table["protocol"].as_str().expect("a table names its protocol")).await;
        boot(&mut wire).await;
        for case in table["frames"].as_array().expect("a table has frames") {
            let answer = answer(&mut wire, case["send"].as_str().expect("a case sends a text")).await;
            if let Err(why) = judge(case, answer.as_ref()) {
                wrong.push(format!("{name}: {}: {why}", case["why"].as_str().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn boot(wire: &mut Wire) {
    let payload = json!({
        "chargePointVendor": "Example", "chargePointModel": "M", "reason": "PowerUp",
        "chargingStation": {"vendorName": "Example", "model": "M"},
    });
    wire.call("BootNotification", payload).await;
}

/// What came back before the answer to a Heartbeat that is sent right behind.
async fn answer(wire: &mut Wire, text: &str) -> Option<Value> {
    wire.send(text).await;
    wire.send(r#"[2,"behind","Heartbeat",{}]"#).await;
    let first = wire.frame().await.expect("the connection lives");
    if first[1] == "behind" {
        return None;
    }
    let behind = wire.frame().await.expect("the connection lives");
    assert_eq!(behind[1], "behind", "one frame has one answer");
    Some(first)
}

fn judge(case: &Value, answer: Option<&Value>) -> Result<(), String> {
    let Some(answer) = answer else {
        return if case["id"].is_null() { Ok(()) } else { Err("it was not answered".to_owned()) };
    };
    if answer[1] != case["id"] {
        return Err(format!("it was answered with {answer}"));
    }
    let code = if answer[0] == 4 { answer[2].clone() } else { Value::Null };
    let wanted = case["codes"].as_array().cloned().unwrap_or_else(|| vec![case["code"].clone()]);
    if wanted.contains(&code) { Ok(()) } else { Err(format!("it was answered with {answer}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_hold_for_depth_length_and_size() {
    let mut server = TestServer::start().await;
    let mut wire = server.station("cs-1", "ocpp1.6").await;
    boot(&mut wire).await;
    let deep =
        format!(r#"[2,"deep","DataTransfer",{{"vendorId":"x","data":{}{}}}]"#, "[".repeat(3_000), "]".repeat(3_000));
    let answered = answer(&mut wire, &deep).await.expect("a deep payload is answered");
    assert_eq!((&answered[0], &answered[1]), (&4.into(), &"deep".into()));
    let long = "i".repeat(10_000);
    let answered =
        answer(&mut wire, &format!(r#"[2,"{long}","Heartbeat",{{}}]"#)).await.expect("a long id is answered");
    assert_eq!((&answered[0], &answered[1]), (&4.into(), &long.as_str().into()));

    // 100 MB are refused at the frame's head; the close may arrive while we are still writing.
    let before = process::resident_kib(server.pid());
    let mut huge = server.station("cs-2", "ocpp1.6").await;
    if huge.try_send(&"x".repeat(100 << 20)).await {
        huge.closed().await;
    }
    let grown = process::resident_kib(server.pid()).saturating_sub(before);
    assert!(grown < 32 * 1024, "the frame was not kept: {grown} KiB");
    assert!(server.is_running());
    wire.call("Heartbeat", json!({})).await;
}

/// A small generator with a seed of its own, so that a failure can be seen again.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % sides
    }

    /// One to four changes of bytes: flipped, removed, doubled, swapped for a structural one, cut off.
    fn mutate(&mut self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match self.roll(6) {
                _ if bytes.is_empty() => bytes.push(b'['),
                0 => bytes[at] ^= 1 << self.roll(7),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                3 => bytes[at] = b"[]{},:\"\\0-9eE.tfn"[self.roll(17)],
                4 => bytes.truncate(at),
                _ => bytes.rotate_left(at),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What a station says of every action, and what makes sessions.
fn seeds(version: &str, protocol: &str) -> Vec<String> {
    let said = golden::all_actions(version).into_iter().flat_map(|(action, lines)| {
        let said = lines.into_iter().filter(|line| line.word == "in");
        said.map(move |line| json!([2, "m-1", action, line.payload]).to_string())
    });
    said.chain(sessions(protocol)).collect()
}

fn sessions(protocol: &str) -> Vec<String> {
    let calls = if protocol == "ocpp1.6" {
        vec![
            ("Heartbeat", json!({})),
            ("BootNotification", amprule_tests::station16::boot()),
            ("StartTransaction", amprule_tests::station16::start(1, "CARD-1", 10, &ago(9))),
            ("MeterValues", meter_values(1, 1, 500, &ago(5))),
            ("StopTransaction", amprule_tests::station16::stop(1, 900, &ago(1))),
            ("StatusNotification", json!({"connectorId": 1, "errorCode": "NoError", "status": "Charging"})),
            ("DataTransfer", json!({"vendorId": "x", "messageId": "y", "data": "z"})),
        ]
    } else {
        let event = amprule_tests::station201::Event::started("t-1", "CARD-1", 0, "2026-06-01T10:00:00Z");
        vec![
            ("Heartbeat", json!({})),
            ("BootNotification", amprule_tests::station201::boot()),
            ("TransactionEvent", event.payload()),
            ("NotifyReport", json!({"requestId": 1, "generatedAt": "2026-06-01T10:00:00Z", "seqNo": 0})),
        ]
    };
    calls.into_iter().map(|(action, payload)| json!([2, "m-1", action, payload]).to_string()).collect()
}

async fn batter(ocpp: String, (version, protocol): (&str, &'static str), number: usize, frames: usize) {
    let seeds = seeds(version, protocol);
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1));
    let name = format!("mutant-{number}");
    let mut wire = Wire::connect(&ocpp, &name, protocol).await;
    for at in 0..frames {
        let seed = dice.roll(seeds.len());
        let text = dice.mutate(&seeds[seed]);
        let message = if dice.roll(50) == 0 { Message::binary(text.into_bytes()) } else { Message::text(text) };
        let lives = wire.try_send_message(message).await;
        // Every so often all answers are read, so that neither side waits for the other.
        if !lives || (at % 20 == 0 && !catch_up(&mut wire, version).await) {
            wire = Wire::connect(&ocpp, &name, protocol).await;
        }
    }
    // The binary frame may have ended the connection; what counts is that the server still serves.
    let mut wire = Wire::connect(&ocpp, &name, protocol).await;
    wire.call("Heartbeat", json!({})).await;
}

/// Codes of CALLERROR (OCPP-J 1.6, 4.2.3; 2.0.1 part 4, 4.3).
const CODES: [&str; 8] = [
    "NotImplemented",
    "NotSupported",
    "InternalError",
    "ProtocolError",
    "SecurityError",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
];

/// An answer, or a request of the server's own.
fn is_of_the_standard(frame: &Value, version: &str) -> bool {
    let own = match version {
        "v16" => ["FormationViolation", "OccurenceConstraintViolation", "GenericError"],
        _ => ["FormatViolation", "OccurrenceConstraintViolation", "MessageTypeNotSupported"],
    };
    let is_code =
        |code: &str| CODES.contains(&code) || own.contains(&code) || (version != "v16" && code == "RpcFrameworkError");
    match frame.as_array().map(Vec::as_slice) {
        Some([kind, id, payload]) if *kind == 3 => id.is_string() && payload.is_object(),
        Some([kind, id, code, text, details]) if *kind == 4 => {
            id.is_string() && code.as_str().is_some_and(is_code) && text.is_string() && details.is_object()
        }
        Some([kind, id, action, payload]) if *kind == 2 => id.is_string() && action.is_string() && payload.is_object(),
        _ => false,
    }
}

async fn catch_up(wire: &mut Wire, version: &str) -> bool {
    if !wire.try_send(r#"[2,"sync","Heartbeat",{}]"#).await {
        return false;
    }
    while let Some(text) = wire.text().await {
        let frame: Value = serde_json::from_str(&text).unwrap_or_default();
        assert!(is_of_the_standard(&frame, version), "{version}: {text}");
        if text.starts_with(r#"[3,"sync""#) {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn mutated_frames_neither_crash_nor_grow_the_server() {
    let frames: usize = if amprule_tests::is_slow_run() { 100_000 } else { 10_000 };
    let mut server = Setup::default().tariff("0.40").start().await;
    server.api().accept(&["CARD-1"]);
    // One tenth first: what is filled once (caches, pools, answers to repeat) is filled.
    for (part, most_kib) in [(frames / 10, u64::MAX), (frames, 48 * 1024)] {
        let before = process::resident_kib(server.pid());
        let ocpp = server.ocpp.clone();
        let tasks = VERSIONS.iter().enumerate();
        let tasks: Vec<_> = tasks
            .map(|(number, version)| tokio::spawn(batter(ocpp.clone(), *version, number, part / VERSIONS.len())))
            .collect();
        for task in tasks {
            task.await.expect("the server answers to the end");
        }
        let grown = process::resident_kib(server.pid()).saturating_sub(before);
        assert!(grown < most_kib, "{part} mutated frames left {grown} KiB behind");
    }
    assert!(server.is_running());
}
