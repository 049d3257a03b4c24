//! `amprule simulate`: a fleet of stations, and what happens to it, a line each.

mod enter;
mod whole;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use amprule_domain::ports::Clock as _;
use amprule_simulator::{Cars, Fleet, FleetSettings, Keba, Progress, What};
use anyhow::{Context, Result, ensure};

use crate::cli::Simulate;
use crate::environment::SystemClock;
use crate::output::say;

/// The port of the first box.
const FIRST_BOX: u16 = 15_020;

pub(crate) fn run(options: Simulate) -> Result<ExitCode> {
    let settings = FleetSettings {
        speed: options.speed,
        seed: options.seed,
        days: if options.days == 0 { u32::MAX } else { options.days },
        ..FleetSettings::new(options.url.clone(), options.stations, SystemClock.now())
    };
    ensure!(
        options.url.starts_with("ws://") || options.url.starts_with("wss://"),
        "{} is no address of OCPP: ws://127.0.0.1:9000",
        options.url
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    let boxes = runtime.block_on(boxes(options.boxes))?;
    if let Some(data) = &options.enter_with {
        enter::enter(data, &options.api, &settings, &boxes)?;
    }
    let beside = runtime.block_on(whole::connect(&options.url, options.whole))?;
    if let Some(data) = options.enter_with.as_ref().filter(|_| options.whole > 0) {
        whole::ask(data, &options.api, &settings, options.whole)?;
    }
    let played = runtime.block_on(play(settings));
    drop(beside);
    played
}

/// At the same ports each time if they are free, so that a server that knows them finds them again.
async fn boxes(count: u16) -> Result<Vec<Keba>> {
    let mut boxes = Vec::new();
    for number in 0..count {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let cars = Cars::Come { stays: minutes(3) + minutes(1) * number.into(), pause: Duration::from_secs(20) };
        let keba = match Keba::listen(FIRST_BOX + number, cars).await {
            Ok(keba) => keba,
            Err(_) => Keba::listen(0, cars).await.context("listen for Modbus")?,
        };
        say(format_args!("a box without OCPP listens at modbus-tcp://127.0.0.1:{}", keba.port()));
        boxes.push(keba);
    }
    Ok(boxes)
}

async fn play(settings: FleetSettings) -> Result<ExitCode> {
    let failures = Arc::new(AtomicU64::new(0));
    let seen = failures.clone();
    let hinted = AtomicBool::new(false);
    let listener = move |progress: Progress| {
        if matches!(progress.what, What::Failed { .. } | What::GaveUp { .. }) {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(line) = line(&progress) {
            say(line);
        }
        let is_unknown =
            matches!(&progress.what, What::Refused { status, .. } if status == "Unknown" || status == "Invalid");
        if is_unknown && !hinted.swap(true, Ordering::Relaxed) {
            say("  (the server does not know the simulated drivers: --enter-with DATA enters them first)");
        }
    };
    let fleet = Fleet::new(settings, listener)?;
    tokio::select! {
        () = fleet.run() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(if failures.load(Ordering::Relaxed) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Readings are too many to print.
fn line(progress: &Progress) -> Option<String> {
    let said = match &progress.what {
        What::Metered { .. } => return None,
        What::Connected => "connected".to_owned(),
        What::Disconnected { reason } => format!("disconnected: {reason}"),
        What::GaveUp { reason } => format!("gave up: {reason}"),
        What::Started { connector, token, transaction } => {
            format!("connector {connector}: {token} charges, transaction {transaction}")
        }
        What::Refused { connector, token, status } => format!("connector {connector}: {token} is refused, {status}"),
        What::Flow { connector, flow, total_cost } => {
            format!("connector {connector}: {flow:?}{}", cost(total_cost.as_ref()))
        }
        What::Stopped { connector, energy_wh, reason, total_cost } => {
            let kwh = f64::from(*energy_wh) / 1000.0;
            format!("connector {connector}: {reason} after {kwh:.3} kWh{}", cost(total_cost.as_ref()))
        }
        What::Failed { connector, error } => {
            format!("connector {connector}: the server answered with an error: {error}")
        }
        What::DayEnded { day } => format!("day {day} is over"),
    };
    Some(format!("{} {} {said}", progress.at.strftime("%a %H:%M"), progress.station))
}

fn cost(total: Option<&String>) -> String {
    total.map(|total| format!(", cost so far {total}")).unwrap_or_default()
}
