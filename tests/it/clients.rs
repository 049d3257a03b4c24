//! Stations that other people wrote: the PyPI libraries `ocpp`, in both versions, and `websockets`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use amprule_tests::{Setup, TestServer, folders, units, until};
use serde_json::{Value, json};

/// A Python process that charges and says so, one JSON object a line.
struct Client {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(server: &TestServer, script: &str, station: &str) -> Self {
        let python = folders::target().join("venv/bin/python");
        assert!(python.exists(), "the real clients are missing in target/venv; `cargo xtask test` installs them");
        let mut command = Command::new(python);
        command.arg(folders::root().join("tests/clients").join(script)).args(["--url", &server.ocpp]);
        command.args(["--station", station, "--token", "CARD-1", "--sessions", "2", "--pause"]);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("start a real client");
        let input = child.stdin.take().expect("its input is ours");
        let lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        Self { child, input, lines }
    }

    /// The next line that has this member.
    fn until(&mut self, member: &str) -> Value {
        loop {
            let line = self
                .lines
                .next()
                .unwrap_or_else(|| panic!("the client ended before it said {member}; its error stands above"));
            let said: Value = serde_json::from_str(&line.expect("read the client's output")).expect("it says JSON");
            if !said[member].is_null() {
                return said;
            }
        }
    }

    fn go_on(&mut self) {
        self.input.write_all(b"go on\n").expect("tell the client to go on");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both stations charge 10 kWh, twice; between the sessions the price goes from 0.40 to 0.60.
async fn charge(script: &str, station: &str) -> Vec<Value> {
    let server = Setup::default().tariff("0.40").start().await;
    let api = server.api();
    api.accept(&["CARD-1"]);
    let old = api.get("/api/v1/extensions/tariff").ok()["hash"].clone();
    let mut client = Client::start(&server, script, station);
    client.until("ended");
    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.60"));
    until("the new price is active", || (api.get("/api/v1/extensions/tariff").ok()["hash"] != old).then_some(())).await;
    client.go_on();
    // The library offers compression, and marks all that it says.
    let compressed = client.until("done")["compressed"].clone();
    assert!(compressed["sent"].as_u64() > Some(20) && compressed["heard"].as_u64() > Some(20), "{compressed}");
    api.sessions(station)
}

fn check(sessions: &[Value]) {
    let totals: Vec<&str> = sessions.iter().filter_map(|session| session["total"].as_str()).collect();
    assert_eq!(totals, ["4.00", "6.00"], "{sessions:?}");
    for session in sessions {
        assert_eq!((&session["energyWh"], &session["state"]), (&10_000.into(), &"ended".into()), "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_the_pypi_library_charges_with_ocpp_1_6() {
    check(&charge("station16.py", "python-16").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_the_pypi_library_charges_with_ocpp_2_0_1() {
    check(&charge("station201.py", "python-201").await);
}

/// What is agreed on, whether anything is compressed then, and how much of a long list is left on the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_the_pypi_library_compresses_in_each_way_that_it_can() {
    let server = TestServer::start().await;
    let mut client = Client::start(&server, "compressing.py", "packed");
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let list: Vec<Value> =
        (0..400).map(|n| json!({"idTag": format!("CARD-{n}"), "idTagInfo": {"status": "Accepted"}})).collect();
    let list = json!({"listVersion": 1, "updateType": "Full", "localAuthorizationList": list});
    let windows = format!("{both}; server_max_window_bits=9");
    for (name, agreed) in [("usual", both), ("windows", &windows), ("no-context", both), ("bare", both), ("none", "")] {
        let ready = client.until("ready");
        assert_eq!((&ready["ready"], &ready["agreed"]), (&name.into(), &agreed.into()));
        let answer = server.api().post(&format!("/api/v1/stations/packed-{name}/calls/SendLocalList"), &list);
        assert_eq!(answer.ok()["payload"]["status"], "Accepted", "{name}");
        let told = client.until("listed");
        let number = |member: &str| told[member].as_u64().expect("a number");
        let (letters, bytes, sent, heard) = (number("letters"), number("bytes"), number("sent"), number("heard"));
        assert_eq!(told["listed"], 400, "{told}");
        match name {
            "none" => assert_eq!((sent, heard), (0, 0), "{told}"),
            // The list is longer than the station's window.
            "windows" => assert!(sent > 3 && heard > 3 && bytes == letters + 6, "{told}"),
            _ => assert!(sent > 3 && heard > 3 && bytes < letters / 5, "{told}"),
        }
    }
    client.until("done");
}
