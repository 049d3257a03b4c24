//! Drivers: turns that are played against wires that answer at once.

use amprule_domain::Timestamp;
use amprule_hooks::driver::{Exchange, Shall, TurnInput, Turned, WireAnswer, WireAsk, WireWhat};
use amprule_hooks::manifest::{Declaration, parse};
use amprule_hooks::{Source, Unit};

use crate::harness::{budget, compile, price, printed, refuse, source};

const MANIFEST: &str = r#"id = "box"
version = "1"
hooks = ["device"]
[device]
vendor = "Maker"
model = "Box"
wires = { main = "modbus", web = "http", bus = "mqtt", air = "udp" }
"#;

fn driver(body: &str) -> Source {
    let declaration = Declaration { file: "plugin.toml", manifest: MANIFEST, parameters: None, entry: "main.rhai" };
    let (manifest, _) = parse(&declaration).unwrap_or_else(|found| panic!("{}", printed(&found)));
    Source { manifest, ..source(&format!("fn turn(device) {{\n{body}\n}}")) }
}

/// What the device answers.
type Device = fn(&WireAsk) -> WireAnswer;

fn registers(ask: &WireAsk) -> WireAnswer {
    match &ask.what {
        WireWhat::Read(read) if read.address >= 9_000 => WireAnswer::Refused("there is no such register".to_owned()),
        WireWhat::Read(read) => WireAnswer::Words((0..read.count).map(|at| read.address + at).collect()),
        WireWhat::Write(_) => WireAnswer::Done,
        WireWhat::Http(ask) if ask.path == "/none" => WireAnswer::Refused("status 404".to_owned()),
        WireWhat::Topic(ask) if ask.stale_s == Some(5) => WireAnswer::Refused("nothing was heard for 5 s".to_owned()),
        WireWhat::Topic(ask) if ask.topic == "power" => WireAnswer::Text("11.5".to_owned()),
        WireWhat::Topic(_) => WireAnswer::Text("ON".to_owned()),
        WireWhat::Publish(publish) if publish.retain => WireAnswer::Refused("nobody keeps it".to_owned()),
        WireWhat::Publish(_) => WireAnswer::Done,
        WireWhat::Message(message) if message.fits.is_none() => WireAnswer::Text(String::new()),
        WireWhat::Message(message) if message.switches => WireAnswer::Text("TCH-OK :done".to_owned()),
        WireWhat::Message(_) => WireAnswer::Text(r#"{"E total": 7}"#.to_owned()),
        WireWhat::Http(_) => WireAnswer::Text(r#"{"car": 2, "nrg": [0, 11.5], "card": "0042"}"#.to_owned()),
    }
}

/// Asked again until it ends: its answer, or its fault, in words.
fn turn(unit: &dyn Unit, device: Device, kept: Option<&str>) -> (String, Vec<WireAsk>) {
    let shall = Shall { be_on: true, most_deciamperes: Some(160), ..Shall::default() };
    let (now, kept) = (Timestamp::UNIX_EPOCH, kept.map(str::to_owned));
    let mut input = TurnInput { now, shall, is_fresh: true, kept, said: Vec::new(), parameters: Default::default() };
    loop {
        let result = unit.drive(&input, &budget()).result;
        let asked = || input.said.iter().map(|said| said.ask.clone()).collect();
        match result {
            Ok(Turned::Wants(ask)) => {
                let answer = device(&ask);
                input.said.push(Exchange { ask, answer });
            }
            Ok(Turned::Ends(output)) => {
                let kept = output.kept.unwrap_or_default();
                return (format!("{:?} {:?} {kept}", output.seen.state, output.seen.power_w), asked());
            }
            Err(fault) => return (fault.to_string(), asked()),
        }
    }
}

#[test]
fn what_a_wire_answers_is_what_the_script_goes_on_with() {
    for (body, expect, asks) in [
        (
            "let words = read(\"main\", 100, 2); seen(\"charging\", #{ power_w: u16_of(words, 1) })",
            "Charging Some(101) ",
            1,
        ),
        (
            "let x = read(\"main\", 9000, 1); seen(\"plugged\", #{ power_w: if x == () { 7 } else { 8 } })",
            "Plugged Some(7) ",
            1,
        ),
        ("write(\"main\", 5, 16); write(\"main\", 6, words_u32(70_000)); seen(\"available\")", "Available None ", 2),
        (
            "let x = http_get(\"web\", \"/s\"); seen(\"charging\", #{ power_w: x.at(\"/nrg/1\") * 1000 })",
            "Charging Some(11500) ",
            1,
        ),
        (
            "let x = http_get(\"web\", \"/none\"); seen(if x == () { \"faulted\" } else { \"plugged\" })",
            "Faulted None ",
            1,
        ),
        (
            "let x = http_get(\"web\", \"/s\"); seen(\"plugged\", #{ token: x.at(\"/card\"), keep: x.at(\"/card\") })",
            "Plugged None \"0042\"",
            1,
        ),
        (
            "seen(\"available\", #{ keep: #{ at: device.now_s, list: [1, 2.5, \"x\"] } })",
            "Available None {\"at\":0,\"list\":[1,2.5,\"x\"]}",
            0,
        ),
        (
            "let x = topic(\"bus\", \"power\"); seen(if topic(\"bus\", \"on\") == \"ON\" { \"charging\" } else { \"plugged\" }, #{ power_w: x * 2 })",
            "Charging Some(23) ",
            2,
        ),
        (
            "publish(\"bus\", \"on\", \"ON\"); seen(if topic(\"bus\", \"on\", 5) == () { \"plugged\" } else { \"charging\" })",
            "Plugged None ",
            2,
        ),
        (
            "send(\"air\", \"x\"); let done = send(\"air\", \"ena 1\", \"TCH\"); let x = query(\"air\", \"report 3\"); seen(\"plugged\", #{ power_w: x.at(\"/E total\"), keep: done })",
            "Plugged Some(7) \"TCH-OK :done\"",
            3,
        ),
        ("seen(\"charging\", #{ power_w: device.kept.w + device.limit_a })", "Charging Some(36) ", 0),
    ] {
        let (said, asked) = turn(&*compile(&driver(body)), registers, Some(r#"{"w": 20}"#));
        assert_eq!((said.as_str(), asked.len()), (expect, asks), "{body}");
    }
}

#[test]
fn what_goes_wrong_in_a_turn_ends_it_with_a_sentence() {
    for (body, expect) in [
        (
            "write(\"main\", 5, 70_000); seen(\"available\")",
            "what is written into one register is 0 to 65535, and not 70000",
        ),
        ("let x = read(\"main\", -1, 2); seen(\"available\")", "a register is 0 to 65535, and not -1"),
        (
            "let x = read(\"main\", 1, 2); seen(\"plugged\", #{ power_w: u32_of(x, 1) })",
            "there are 2 words, and not 2 from 1 on",
        ),
        ("http_send(\"web\", \"DELETE\", \"/s\"); seen(\"available\")", "\"DELETE\" is not one of GET, POST, PUT"),
        ("http_send(\"web\", \"GET\", \"/none\"); seen(\"available\")", "status 404"),
        ("publish(\"bus\", \"on\", \"ON\", true); seen(\"available\")", "nobody keeps it"),
        ("let x = topic(\"bus\", \"on\", -1); seen(\"available\")", "-1 is no age in seconds"),
        ("seen(\"asleep\")", "state: \"asleep\" is not one of available"),
        ("seen(\"plugged\", #{ power_w: \"a lot\" })", "power_w: expected a number, got a string"),
        (
            "seen(\"plugged\", #{ keep: device.params })",
            "keep: numbers, texts, lists and maps have a place in it, and not the parameters",
        ),
        ("loop { }", "operations"),
        ("1", "expected what was seen, like seen(\"charging\", #{ energy_wh: 1000 })"),
    ] {
        let (said, _) = turn(&*compile(&driver(body)), registers, None);
        assert!(said.contains(expect), "{body}: {said}");
    }
    let refused = printed(&refuse(&driver("bill(\"EUR\", [])")));
    assert!(refused.contains("turn does not answer with bill(…): that is for `fn price(session)`"), "{refused}");
    let fault = price("fn price(session) { let x = read(\"main\", 1, 1); bill(\"EUR\", []) }").unwrap_err().to_string();
    assert!(fault.contains("only `fn turn(device)` has wires"), "{fault}");
}

/// A wire that answers otherwise when the script is called again cannot be: what was said stays said.
#[test]
fn a_turn_asks_the_same_when_it_is_called_again() {
    let unit = compile(&driver(
        "let a = read(\"main\", 1, 1); write(\"main\", 2, a[0]); let b = read(\"main\", 3, 1); seen(\"plugged\")",
    ));
    let (said, asked) = turn(&*unit, registers, None);
    let what: Vec<&WireWhat> = asked.iter().map(|ask| &ask.what).collect();
    assert!(matches!(what[..], [WireWhat::Read(_), WireWhat::Write(_), WireWhat::Read(_)]), "{said}: {what:?}");
}
