//! Hardware without OCPP: what a second of polling costs, in each kind of driver, beside the same questions asked bare.
//!
//! Each box charges all the while, so that sessions are metered and kept as they are in the field.

mod asker;
mod boxes;

use std::fmt::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub(crate) use asker::Asker;
pub(crate) use boxes::Boxes;

use crate::bed::{Bed, FLAT_TARIFF, Ground};
use crate::figures::{Figures, rounded};
use crate::measured::Measured;
use crate::report::target;
use crate::traffic;

/// Each driver by its kind. All are asked once a second.
const DRIVERS: [(&str, &str); 3] =
    [("map", "scripts/keba-p30"), ("rhai", "scripts/keba-p40"), ("wasm", "plugins/amperfied-connect")];
/// When memory is looked at, from the start on.
const METERED: Duration = Duration::from_secs(90);
/// What is to be seen of all of them after a start.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Devices {
    devices: usize,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    kind: &'static str,
    /// From the start of the server until each device was seen.
    start_seconds: f64,
    questions_per_turn: f64,
    turns_per_second: f64,
    cores: f64,
    /// Of the server and of the bare asker, for each question.
    micros: f64,
    bare_micros: f64,
    /// By what half of them and all of them hold: what one more costs.
    kib: f64,
    /// Of what the server holds beside one that has nothing to do.
    kib_of_all: f64,
}

pub(crate) fn measure(ground: Ground<'_>, devices: usize, seconds: f64) -> Result<Devices> {
    let rows = DRIVERS.iter().map(|(kind, unit)| row(ground, kind, unit, devices, seconds));
    Ok(Devices { devices, rows: rows.collect::<Result<_>>()? })
}

fn row(ground: Ground<'_>, kind: &'static str, unit: &str, devices: usize, seconds: f64) -> Result<Row> {
    let mut boxes = Measured::begun(&std::env::current_exe()?, &["boxes".to_owned(), devices.to_string()])?;
    let count = boxes.address("count")?;
    let ports: Vec<u16> = boxes.address("ports")?.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let empty_kib = resident(ground, unit, &[], Duration::from_secs(2))?;
    let half = &ports[..devices / 2];
    let half_kib = resident(ground, unit, half, METERED)?;

    let first = Instant::now();
    let bed = bed(ground, unit, &ports)?;
    until_seen(&bed, devices)?;
    let start_seconds = first.elapsed().as_secs_f64();
    // The sessions begin, and what is written for the first time is.
    thread::sleep(Duration::from_secs(5));
    let (asked, turns, used) = (asked(&count)?, turns(&bed)?, bed.server.cpu_seconds()?);
    let began = Instant::now();
    thread::sleep(Duration::from_secs_f64(seconds));
    let (used, took) = (bed.server.cpu_seconds()? - used, began.elapsed().as_secs_f64());
    let (asked, turns) = (self::asked(&count)? - asked, self::turns(&bed)? - turns);
    if asked == 0.0 || turns == 0.0 {
        bail!("no box was asked");
    }
    // The first readings of all sessions come a minute after their start, and leave what is kept from then on.
    thread::sleep(METERED.saturating_sub(first.elapsed()));
    let all_kib = bed.server.resident_kib()?;
    let kib = (all_kib - half_kib) / (devices - half.len()) as f64;
    let kib_of_all = (all_kib - empty_kib) / devices as f64;
    drop(bed);
    let bare_micros = bare(&ports, asked / turns, seconds)?;
    Ok(Row {
        kind,
        start_seconds,
        questions_per_turn: asked / turns,
        turns_per_second: turns / took,
        cores: used / took,
        micros: used * 1e6 / asked,
        bare_micros,
        kib,
        kib_of_all,
    })
}

/// What a server holds that has driven these for so long.
fn resident(ground: Ground<'_>, unit: &str, ports: &[u16], after: Duration) -> Result<f64> {
    let bed = bed(ground, unit, ports)?;
    until_seen(&bed, ports.len())?;
    thread::sleep(after);
    bed.server.resident_kib()
}

/// A server with a tariff, that driver, and a device for each port.
fn bed(ground: Ground<'_>, unit: &str, ports: &[u16]) -> Result<Bed> {
    let id = Path::new(unit).file_name().and_then(|name| name.to_str()).context("a unit's folder has a name")?;
    let mut configuration = String::new();
    for (number, port) in ports.iter().enumerate() {
        writeln!(
            configuration,
            "[[devices]]\nid = \"box-{number}\"\nunit = \"{id}\"\ndefault_token = \"{}\"\n\
             wires = {{ main = \"modbus-tcp://127.0.0.1:{port}?unit=255\" }}",
            traffic::TOKEN
        )?;
    }
    let bed = ground.bed_as(&[FLAT_TARIFF, unit], &configuration, |data| {
        let folder = data.parent().context("the data folder lies in one")?.join(unit);
        let file = ["device.toml", "plugin.toml"].map(|name| folder.join(name)).into_iter().find(|file| file.exists());
        let file = file.context("a driver says how often it is asked")?;
        let text = std::fs::read_to_string(&file)?;
        Ok(std::fs::write(&file, text.replace("poll_ms = 2000", "poll_ms = 1000"))?)
    })?;
    bed.api.accept(traffic::TOKEN)?;
    Ok(bed)
}

fn until_seen(bed: &Bed, devices: usize) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let all = all(bed)?;
        if all.iter().filter(|device| !device["seenAt"].is_null()).count() == devices {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("not all devices were seen within {} s", PATIENCE.as_secs())
}

fn turns(bed: &Bed) -> Result<f64> {
    Ok(all(bed)?.iter().filter_map(|device| device["turns"].as_f64()).sum())
}

fn all(bed: &Bed) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page: Value = serde_json::from_str(&bed.api.get(&format!("/api/v1/devices?limit=1000{after}"))?)?;
        all.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

fn asked(address: &str) -> Result<f64> {
    let told = std::io::read_to_string(std::net::TcpStream::connect(address)?)?;
    told.trim().parse().context("the boxes count what they are asked")
}

/// The same boxes asked as often by a program that does nothing else.
fn bare(ports: &[u16], questions: f64, seconds: f64) -> Result<f64> {
    let questions = questions.round().max(1.0);
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let arguments = ["ask".to_owned(), ports.join(","), questions.to_string()];
    let mut asker = Measured::begun(&std::env::current_exe()?, &arguments)?;
    asker.address("begun")?;
    let used = asker.cpu_seconds()?;
    let began = Instant::now();
    thread::sleep(Duration::from_secs_f64(seconds));
    let (used, took) = (asker.cpu_seconds()? - used, began.elapsed().as_secs_f64());
    Ok(used * 1e6 / (ports.len() as f64 * questions * took))
}

impl Figures for Devices {
    fn add_to(&self, json: &mut Value) {
        json["devices"] = self.devices.into();
        for row in &self.rows {
            json[format!("devices{}", row.kind)] = json!({
                "startSeconds": rounded(row.start_seconds),
                "questionsPerTurn": rounded(row.questions_per_turn),
                "turnsPerSecond": rounded(row.turns_per_second),
                "cores": rounded(row.cores),
                "microsPerQuestion": rounded(row.micros),
                "bareMicrosPerQuestion": rounded(row.bare_micros),
                "kibPerDevice": rounded(row.kib),
                "kibPerDeviceOfAll": rounded(row.kib_of_all),
            });
        }
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} boxes over Modbus TCP that charge, each asked once a second:", self.devices)?;
        for row in &self.rows {
            let Row {
                kind,
                start_seconds,
                questions_per_turn,
                turns_per_second,
                cores,
                micros,
                bare_micros,
                kib,
                kib_of_all,
            } = row;
            let most = if *kind == "wasm" { target::DEVICE_KIB_WASM } else { target::DEVICE_KIB };
            writeln!(
                f,
                "  {kind:<5} {cores:.2} cores (at most {:.0}) for {turns_per_second:.0} turns of {questions_per_turn:.1} questions; \
                 {micros:.1} µs a question, bare {bare_micros:.1}; {kib:.0} KiB for one more device (at most {most:.0}), {kib_of_all:.0} for each with what the server needs for them all; all seen after {start_seconds:.1} s",
                target::DEVICE_CORES
            )?;
        }
        Ok(())
    }
}
