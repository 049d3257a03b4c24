//! A box of another library's making, the server beside it, and what both come to.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use amprule_tests::{Management, Setup, folders, until};
use serde_json::{Value, json};

/// It is told what happens to it, and says what it was told to do and what it gives.
pub(crate) struct Hardware {
    child: Child,
    input: ChildStdin,
    /// Where it is: a port, or a file.
    pub(crate) place: String,
    pub(crate) port: u16,
    said: Arc<Mutex<Vec<String>>>,
}

/// In amperes of each phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Current {
    pub(crate) allowed: f64,
    pub(crate) given: f64,
}

impl Hardware {
    /// `script` has many kinds of boxes, whose lifetimes pass `hurry` times as fast.
    pub(crate) fn start(script: &str, kind: &str, hurry: u32) -> Self {
        Self::start_at(script, kind, "0", hurry)
    }

    /// `place` is where it is to be, or what it is to join.
    pub(crate) fn start_at(script: &str, kind: &str, place: &str, hurry: u32) -> Self {
        let python = folders::target().join("venv/bin/python");
        assert!(python.exists(), "pymodbus is missing in target/venv; `cargo xtask test` installs it");
        let mut command = Command::new(python);
        command.arg(folders::root().join("tests/clients").join(script)).args([kind, place, &hurry.to_string()]);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("start a box");
        let input = child.stdin.take().expect("its input is ours");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let ready = lines.next().expect("it says where it is").expect("read the box's output");
        let place = ready.strip_prefix("ready ").expect("it says where it is").to_owned();
        let port = place.parse().unwrap_or_default();
        let said = Arc::<Mutex<Vec<String>>>::default();
        let ear = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                ear.lock().expect("nobody panics with it").push(line);
            }
        });
        Self { child, input, place, port, said }
    }

    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.input, "{what}").expect("tell the box");
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().expect("nobody panics with it").clone()
    }

    pub(crate) fn written(&self, register: u16, value: i64) -> usize {
        let line = format!("write {register} {value}");
        self.said().iter().filter(|written| **written == line).count()
    }

    pub(crate) fn last_written(&self, register: u16) -> Option<i64> {
        let head = format!("write {register} ");
        self.said().iter().rev().find_map(|line| line.strip_prefix(&head)?.parse().ok())
    }

    /// All that it gave so far, change by change.
    pub(crate) fn currents(&self) -> Vec<Current> {
        let current = |line: &String| {
            let (allowed, given) = line.strip_prefix("allows ")?.split_once(" gives ")?;
            Some(Current { allowed: allowed.parse().ok()?, given: given.parse().ok()? })
        };
        self.said().iter().filter_map(current).collect()
    }

    pub(crate) async fn until_gives(&self, what: &str, amperes: f64) {
        let gives = || self.currents().last().is_some_and(|current| current.given == amperes);
        until(&format!("{what}: the box gives {amperes} A"), || gives().then_some(())).await;
    }

    pub(crate) async fn until_allows(&self, what: &str, amperes: f64) {
        let allows = || self.currents().last().is_some_and(|current| current.allowed == amperes);
        until(&format!("{what}: the box allows {amperes} A"), || allows().then_some(())).await;
    }
}

impl Drop for Hardware {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said();
            #[expect(clippy::print_stderr, reason = "a failed test shows what its box said last")]
            {
                eprintln!("the box said last {:#?}", &said[said.len().saturating_sub(30)..]);
            }
        }
    }
}

/// With a driver of the product, in whatever it is written, whose turns and lifetimes are `hurry` times as fast as in the field: a
/// test does not wait for seconds.
pub(crate) fn hurried(setup: Setup, unit: &str, hurry: u32) -> Setup {
    let (setup, folder) = match folders::root().join("scripts").join(unit).is_dir() {
        true => (setup.product_script(unit), format!("scripts/{unit}")),
        false => (setup.product_plugin(unit), format!("plugins/{unit}")),
    };
    // A map says it in its own file, and code in its manifest.
    let timed = ["device.toml", "plugin.toml"].map(|file| format!("{folder}/{file}"));
    let path = timed.into_iter().find(|path| folders::root().join(path).exists()).expect("a driver");
    let text = std::fs::read_to_string(folders::root().join(&path)).expect("a file of the product");
    setup.file(&path, hurry_up(&text, hurry))
}

fn hurry_up(text: &str, hurry: u32) -> String {
    let line = |line: &str| {
        let least = |key: &str| match key {
            "poll_ms" => Some(100),
            "again_s" | "every_s" => Some(1),
            _ => None,
        };
        let timed = line.split_once(" = ").and_then(|(key, value)| Some((key, value, least(key)?)));
        match timed {
            Some((key, value, least)) => {
                let number: u32 = value.parse().expect("a number alone");
                format!("{key} = {}\n", number.div_ceil(hurry).max(least))
            }
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

/// Of `[[devices]]`, metered each second.
pub(crate) fn device(id: &str, unit: &str, wire: &str) -> String {
    format!(
        "[[devices]]\nid = \"{id}\"\nunit = \"{unit}\"\ndefault_token = \"FLEET-1\"\nmeter_s = 1\n\
         [devices.wires]\nmain = \"{wire}\"\n"
    )
}

/// A car is there that may not charge on the default token: there is no session, and who looks is told why.
pub(crate) async fn until_refused(api: &Management, device: &str) {
    let remark = || api.get(&format!("/api/v1/devices/{device}")).body["remark"].as_str().map(str::to_owned);
    let remark = until(&format!("{device}: it is refused"), remark).await;
    assert!(remark.contains("the default_token may not charge"), "{remark}");
    assert_eq!(api.sessions(device), Vec::<Value>::new(), "{device}: nothing is to be paid");
}

pub(crate) async fn until_connector(api: &Management, station: &str, status: &str, error: Option<&str>) {
    let path = format!("/api/v1/stations/{station}");
    let is_so = || {
        let connector = &api.get(&path).body["connectors"][0];
        connector["status"] == status && connector["error"] == json!(error)
    };
    until(&format!("{station} is {status} {error:?}"), || is_so().then_some(())).await;
}

pub(crate) async fn until_session(
    api: &Management,
    station: &str,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> Value {
    let what = format!("{station}: {what}");
    until(&what, || api.sessions(station).into_iter().find(|session| holds(session))).await
}
