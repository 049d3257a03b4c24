//! Boxes that answer wrongly, slowly, endlessly or not at all, and two good ones beside them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use amprule_tests::wait::within;
use amprule_tests::{Setup, TestServer};

use super::hardware::{Hardware, device, hurried, until_session};

/// What a bad box does with one connection. It ends when it returns `None`.
type Does = fn(&mut TcpStream, usize) -> Option<()>;

struct Bad {
    name: &'static str,
    unit: &'static str,
    does: Does,
    /// What the log says of it. `None`: it is odd, and works.
    told: Option<&'static str>,
}

impl Bad {
    /// Who is known by its silence is given up soon; the others have time to show what they are, on a busy machine too.
    fn patience_ms(&self) -> u32 {
        let is_known_by_silence = self.told.is_some_and(|what| what.contains("within 500 ms"));
        if is_known_by_silence { 500 } else { 4_000 }
    }
}

const BAD: [Bad; 16] = [
    Bad {
        name: "elsewhere",
        unit: "shelly-plug",
        does: |to, at| answer(to, "302 Found", &format!("Location: http://127.0.0.1:{at}/\r\n"), ""),
        told: Some("which is not followed: grant that address itself"),
    },
    Bad {
        name: "endless",
        unit: "shelly-plug",
        does: |to, _| answer(to, "200 OK", "", &" ".repeat(1 << 20)),
        told: Some("more than 256 KiB; look whether it is what the driver is for"),
    },
    Bad {
        name: "dripping",
        unit: "shelly-plug",
        does: drip,
        told: Some("does not answer within 500 ms: look whether it is on"),
    },
    Bad { name: "brief", unit: "shelly-plug", does: answer_and_close, told: None },
    Bad {
        name: "page",
        unit: "shelly-plug",
        does: |to, _| answer(to, "200 OK", "Content-Type: text/html\r\n", "<html>was_on</html>"),
        told: Some("something else than JSON: expected value at line 1 column 1; look whether its API is switched on"),
    },
    Bad {
        name: "locked",
        unit: "shelly-plug",
        does: |to, _| answer(to, "401 Unauthorized", "WWW-Authenticate: Basic\r\n", "no"),
        told: Some("look at the user and the password in the wire's address"),
    },
    Bad {
        name: "mute",
        unit: "shelly-plug",
        does: say_nothing,
        told: Some("does not answer within 500 ms: look whether it is on"),
    },
    Bad { name: "storm", unit: "keba-p30", does: refuse_by_turns, told: Some("it is asked again") },
    Bad {
        name: "foreign",
        unit: "keba-p30",
        does: answer_another,
        told: Some("look whether it is what the driver is for, and the unit is right"),
    },
    Bad {
        name: "hasty",
        unit: "keba-p30",
        does: |to, _| {
            let asked = asked(to)?;
            to.write_all(&answered(&asked)).ok()?;
            None
        },
        told: None,
    },
    Bad {
        name: "silent",
        unit: "keba-p30",
        does: say_nothing,
        told: Some("does not answer within 500 ms: look whether it is on"),
    },
    Bad {
        name: "no-broker",
        unit: "tasmota-plug-mqtt",
        does: |to, _| {
            greeted(to)?;
            to.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok()?;
            None
        },
        told: Some("answers something else"),
    },
    Bad {
        name: "shut",
        unit: "tasmota-plug-mqtt",
        does: |to, _| {
            greeted(to)?;
            to.write_all(&[0x20, 2, 0, 5]).ok()?;
            None
        },
        told: Some("does not let us in for MQTT (status 5): look at the user and the password"),
    },
    Bad {
        name: "fleeting",
        unit: "tasmota-plug-mqtt",
        does: |to, _| {
            greeted(to)?;
            to.write_all(&[0x20, 2, 0, 0]).ok()?;
            None
        },
        told: Some("is not reached"),
    },
    Bad { name: "talkative", unit: "tasmota-plug-mqtt", does: flood, told: Some("does not answer within 500 ms") },
    Bad {
        name: "wordless",
        unit: "tasmota-plug-mqtt",
        does: say_nothing,
        told: Some("does not answer within 500 ms: look whether it is on"),
    },
];

/// All of them at one server: what they do is told once each, and the good ones go on.
#[tokio::test(flavor = "multi_thread")]
async fn bad_boxes_are_told_once_and_take_no_other_down() {
    let called = Arc::new(AtomicUsize::new(0));
    let ear = Arc::clone(&called);
    let trap = listen(move |_| _ = ear.fetch_add(1, Ordering::SeqCst));
    let mut good = [("keba-p30", "modbus_box.py", "modbus-tcp"), ("go-e-charger", "http_box.py", "http")]
        .map(|(unit, script, kind)| (unit, Hardware::start(script, unit, 10), kind));
    let mut setup = Setup::default().tariff("0.40");
    let mut config = String::new();
    for unit in ["keba-p30", "go-e-charger", "shelly-plug", "tasmota-plug-mqtt"] {
        setup = hurried(setup, unit, 20);
    }
    for (unit, hardware, kind) in &good {
        config += &device(unit, unit, &format!("{kind}://127.0.0.1:{}", hardware.port));
    }
    for bad in &BAD {
        let does = bad.does;
        let port = listen(move |mut to| while does(&mut to, trap.into()).is_some() {});
        let (kind, path) = match bad.unit {
            "keba-p30" => ("modbus-tcp", ""),
            "tasmota-plug-mqtt" => ("mqtt", "/plug"),
            _ => ("http", ""),
        };
        let patience = bad.patience_ms();
        config += &device(bad.name, bad.unit, &format!("{kind}://127.0.0.1:{port}{path}?timeout_ms={patience}"));
    }
    let server = setup.config(&config).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);

    for (unit, hardware, _) in &mut good {
        hardware.tell("plug");
        hardware.until_gives(unit, 32.0).await;
    }
    for round in 1..=6 {
        for (unit, hardware, _) in &mut good {
            hardware.tell("flow 10");
            let is_metered = |session: &serde_json::Value| session["energyWh"] == round * 10;
            until_session(&api, unit, "it is metered", is_metered).await;
        }
    }
    for bad in &BAD {
        let name = bad.name;
        within(Duration::from_secs(20), name, || (bad.told.is_none() || !told(&server, name).is_empty()).then_some(()))
            .await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for bad in &BAD {
        let lines = told(&server, bad.name);
        match bad.told {
            Some(what) => assert!(lines.len() == 1 && lines[0].contains(what), "{}: {lines:#?}", bad.name),
            None => assert!(lines.is_empty(), "{}: {lines:#?}", bad.name),
        }
    }
    assert_eq!(called.load(Ordering::SeqCst), 0, "nobody follows a redirect");
    let what = "a box that closes after each answer works";
    until_session(&api, "brief", what, |session| session["state"] == "active").await;
    for (unit, hardware, _) in &mut good {
        assert_eq!(hardware.currents().last().map(|current| current.given), Some(32.0), "{unit} goes on charging");
    }
}

/// What the log says of one device's troubles.
fn told(server: &TestServer, station: &str) -> Vec<String> {
    let is_of =
        |line: &&str| line.contains("the device does not work") && line.contains(&format!("station={station} "));
    server.log().lines().filter(is_of).map(str::to_owned).collect()
}

/// Its port, where each connection has a thread of its own.
fn listen(heard: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let heard = heard.clone();
            thread::spawn(move || heard(stream));
        }
    });
    port
}

/// The head of a request, which has no body here.
fn request(to: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        to.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    String::from_utf8(head).ok()
}

fn answer(to: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    request(to)?;
    write!(to, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).ok()
}

fn drip(to: &mut TcpStream, _: usize) -> Option<()> {
    request(to)?;
    to.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").ok()?;
    (0..1000).try_for_each(|_| {
        thread::sleep(Duration::from_secs(1));
        to.write_all(b" ").ok()
    })
}

/// As a plug that is on, without a word that it closes.
fn answer_and_close(to: &mut TcpStream, _: usize) -> Option<()> {
    let body = r#"{"was_on":true,"output":true,"apower":2300.0,"current":10.0,"aenergy":{"total":1000.0}}"#;
    answer(to, "200 OK", "", body)?;
    None
}

fn say_nothing(to: &mut TcpStream, _: usize) -> Option<()> {
    let mut heard = [0; 64];
    to.read(&mut heard).ok().filter(|count| *count > 0).map(|_| ())
}

/// One request over Modbus TCP: a head of 7 bytes, which says how long the rest is.
fn asked(to: &mut TcpStream) -> Option<Vec<u8>> {
    let mut asked = vec![0; 7];
    to.read_exact(&mut asked).ok()?;
    let mut rest = vec![0; usize::from(u16::from_be_bytes([asked[4], asked[5]])) - 1];
    to.read_exact(&mut rest).ok()?;
    asked.extend(rest);
    Some(asked)
}

/// As a box whose registers are all 0.
fn answered(asked: &[u8]) -> Vec<u8> {
    let said = match asked[7] {
        3 | 4 => {
            let bytes = 2 * asked[11];
            [&[asked[7], bytes][..], &vec![0; bytes.into()]].concat()
        }
        _ => asked[7..12].to_vec(),
    };
    framed(asked, &said)
}

fn framed(asked: &[u8], said: &[u8]) -> Vec<u8> {
    let length = u8::try_from(said.len() + 1).expect("a short answer");
    [&asked[..4], &[0, length, asked[6]], said].concat()
}

/// With another exception each time.
fn refuse_by_turns(to: &mut TcpStream, _: usize) -> Option<()> {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let asked = asked(to)?;
    let code = [4, 6, 8, 10, 11, 5][ASKED.fetch_add(1, Ordering::SeqCst) % 6];
    to.write_all(&framed(&asked, &[asked[7] | 0x80, code])).ok()
}

/// The answer to a question that nobody asked.
fn answer_another(to: &mut TcpStream, _: usize) -> Option<()> {
    let asked = asked(to)?;
    let mut answered = answered(&asked);
    answered[1] = answered[1].wrapping_add(7);
    to.write_all(&answered).ok()
}

/// What a client of MQTT says first.
fn greeted(to: &mut TcpStream) -> Option<()> {
    let mut head = [0; 2];
    to.read_exact(&mut head).ok()?;
    let mut rest = vec![0; head[1].into()];
    to.read_exact(&mut rest).ok()
}

/// As a broker that confirms nothing, and says what nobody listens to without an end.
fn flood(to: &mut TcpStream, _: usize) -> Option<()> {
    greeted(to)?;
    to.write_all(&[0x20, 2, 0, 0]).ok()?;
    let message = [&[0x30, 0x88, 0x08, 0, 6][..], b"plug/x", &[b'x'; 1024]].concat();
    loop {
        to.write_all(&message.repeat(8)).ok()?;
        thread::sleep(Duration::from_millis(1));
    }
}
