//! One station of a fleet: plays its plan, reconnects when it must, and stops when it is told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::plan::DAY_S;
use crate::progress::{Listener, Progress, What};
use crate::tempo::Tempo;
use crate::{
    Answer, CallError, Charge, FleetSettings, Flow, Handler, Meter, Outcome, Planned, SimStation, StationSettings,
    Step, Version, accepting, plan_day,
};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Real time between heartbeats of a quiet station.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) struct Runner {
    number: u32,
    settings: Arc<FleetSettings>,
    station: StationSettings,
    name: Arc<str>,
    tempo: Tempo,
    listener: Listener,
    chance: Chance,
    link: Option<SimStation>,
    charges: HashMap<u32, Running>,
    /// The lifetime register of each connector.
    registers: HashMap<u32, i64>,
    /// Transactions that the server wants to end.
    ordered: Arc<Mutex<Vec<String>>>,
}

struct Running {
    charge: Charge,
    energy_wh: u32,
}

/// The station gave up.
struct GaveUp;

/// When and where a step happens.
#[derive(Clone, Copy)]
struct Slot {
    day: u32,
    second: u32,
    connector: u32,
}

impl Runner {
    pub(crate) fn new(number: u32, settings: Arc<FleetSettings>, tempo: Tempo, listener: Listener) -> Self {
        let station = settings.station(number);
        Self {
            number,
            name: Arc::from(station.id.as_str()),
            chance: Chance::new(settings.seed, &[number, 15]),
            station,
            settings,
            tempo,
            listener,
            link: None,
            charges: HashMap::new(),
            registers: HashMap::new(),
            ordered: Arc::default(),
        }
    }

    pub(crate) async fn run(mut self) {
        for day in 0..self.settings.days {
            if self.play(day).await.is_err() {
                return;
            }
            self.tell(day, DAY_S, What::DayEnded { day });
        }
        if let Some(link) = &self.link {
            link.close().await;
        }
    }

    async fn play(&mut self, day: u32) -> Result<(), GaveUp> {
        let FleetSettings { seed, meter_every_s, .. } = *self.settings;
        for planned in plan_day(seed, self.number, day, self.settings.tokens.len(), meter_every_s) {
            let slot = Slot { day, second: planned.at_s, connector: planned.connector };
            self.wait_for(slot).await?;
            self.perform(slot, planned).await?;
        }
        self.wait_for(Slot { day, second: DAY_S, connector: 0 }).await
    }

    /// Beats until then.
    async fn wait_for(&mut self, slot: Slot) -> Result<(), GaveUp> {
        let due = self.tempo.due(slot.day, slot.second);
        while Instant::now() + HEARTBEAT < due {
            tokio::time::sleep(HEARTBEAT).await;
            self.connected(slot).await?.heartbeat().await.ok();
        }
        tokio::time::sleep_until(due).await;
        Ok(())
    }

    /// Does one step. What the connection breaks is done again on the next one, as a station with a queue does.
    async fn perform(&mut self, slot: Slot, planned: Planned) -> Result<(), GaveUp> {
        loop {
            self.connected(slot).await?;
            match self.step(slot, planned.step).await {
                Ok(()) => return Ok(()),
                Err(CallError::Closed | CallError::Silence(_)) => {
                    self.link = None;
                    self.tell_at(slot, What::Disconnected { reason: "the connection broke".to_owned() });
                }
                Err(error) => {
                    self.tell_at(slot, What::Failed { connector: slot.connector, error: error.to_string() });
                    return Ok(());
                }
            }
        }
    }

    async fn step(&mut self, slot: Slot, step: Step) -> Result<(), CallError> {
        if let Some(stopped) = self.ordered_stop(slot) {
            return self.stop(slot, stopped, "Remote").await;
        }
        match step {
            Step::Plug => self.link()?.status(slot.connector, true, self.shown(slot)).await,
            Step::Unplug => self.link()?.status(slot.connector, false, self.shown(slot)).await,
            Step::Start { token } => self.start(slot, token).await,
            Step::Meter { energy_wh, power_w } => self.meter(slot, energy_wh, power_w).await,
            Step::Suspend { energy_wh } => self.flow(slot, energy_wh, Flow::Suspended).await,
            Step::Resume { energy_wh } => self.flow(slot, energy_wh, Flow::Charging).await,
            Step::Full { energy_wh } => self.flow(slot, energy_wh, Flow::Idle).await,
            Step::Stop { energy_wh } => self.stop(slot, energy_wh, "EVDisconnected").await,
        }
    }

    async fn start(&mut self, slot: Slot, token: usize) -> Result<(), CallError> {
        let token = self.settings.tokens[token].clone();
        let connector = slot.connector;
        let asked = self.link()?.authorize(&token).await?;
        if !asked.accepted() {
            self.refused(slot, token, asked);
            return Ok(());
        }
        let meter = self.meter_at(slot, 0);
        let (mut charge, outcome) = self.link()?.start(connector, &token, meter).await?;
        if !outcome.accepted() && outcome.status.is_some() {
            self.link()?.stop(&mut charge, meter, "DeAuthorized").await?;
            self.refused(slot, token, outcome);
            return Ok(());
        }
        let transaction = charge.transaction.clone();
        self.charges.insert(connector, Running { charge, energy_wh: 0 });
        self.tell_at(slot, What::Started { connector, token, transaction });
        Ok(())
    }

    fn refused(&self, slot: Slot, token: String, outcome: Outcome) {
        let status = outcome.status.unwrap_or_default();
        self.tell_at(slot, What::Refused { connector: slot.connector, token, status });
    }

    async fn meter(&mut self, slot: Slot, energy_wh: u32, power_w: u32) -> Result<(), CallError> {
        let meter = Meter { power_w: Some(power_w), ..self.meter_at(slot, energy_wh) };
        let Some((link, running)) = self.running(slot)? else { return Ok(()) };
        running.energy_wh = energy_wh;
        let Outcome { total_cost, .. } = link.meter(&mut running.charge, meter).await?;
        self.tell_at(slot, What::Metered { connector: slot.connector, energy_wh, power_w, total_cost });
        Ok(())
    }

    async fn flow(&mut self, slot: Slot, energy_wh: u32, flow: Flow) -> Result<(), CallError> {
        let meter = self.meter_at(slot, energy_wh);
        let Some((link, running)) = self.running(slot)? else { return Ok(()) };
        running.energy_wh = energy_wh;
        let Outcome { total_cost, .. } = link.flow(&mut running.charge, flow, meter).await?;
        self.tell_at(slot, What::Flow { connector: slot.connector, flow, total_cost });
        Ok(())
    }

    async fn stop(&mut self, slot: Slot, energy_wh: u32, reason: &'static str) -> Result<(), CallError> {
        let connector = slot.connector;
        let meter = self.meter_at(slot, energy_wh);
        let Some((link, running)) = self.running(slot)? else { return Ok(()) };
        let Outcome { total_cost, .. } = link.stop(&mut running.charge, meter, reason).await?;
        self.charges.remove(&connector);
        self.registers.insert(connector, meter.register_wh);
        self.tell_at(slot, What::Stopped { connector, energy_wh, reason, total_cost });
        Ok(())
    }

    /// The energy at which an order of the server ends this connector's transaction, if there is one.
    fn ordered_stop(&self, slot: Slot) -> Option<u32> {
        let running = self.charges.get(&slot.connector)?;
        let mut ordered = self.ordered.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ordered.iter().position(|transaction| *transaction == running.charge.transaction)?;
        ordered.swap_remove(place);
        Some(running.energy_wh)
    }

    fn link(&self) -> Result<&SimStation, CallError> {
        self.link.as_ref().ok_or(CallError::Closed)
    }

    fn running(&mut self, slot: Slot) -> Result<Option<(&SimStation, &mut Running)>, CallError> {
        let link = self.link.as_ref().ok_or(CallError::Closed)?;
        Ok(self.charges.get_mut(&slot.connector).map(|running| (link, running)))
    }

    fn meter_at(&self, slot: Slot, energy_wh: u32) -> Meter {
        let register = self.registers.get(&slot.connector).copied().unwrap_or(1_000 * i64::from(self.number));
        Meter::new(self.shown(slot), register + i64::from(energy_wh))
    }

    fn shown(&self, slot: Slot) -> jiff::Timestamp {
        self.tempo.shown(slot.day, slot.second)
    }

    /// The connection, made anew when there is none.
    async fn connected(&mut self, slot: Slot) -> Result<&SimStation, GaveUp> {
        if self.link.as_ref().is_some_and(SimStation::is_closed) {
            self.link = None;
        }
        if self.link.is_none() {
            self.link = Some(self.connect(slot).await?);
        }
        self.link.as_ref().ok_or(GaveUp)
    }

    async fn connect(&mut self, slot: Slot) -> Result<SimStation, GaveUp> {
        let mut pause = FIRST_PAUSE;
        let mut reason = String::new();
        for _ in 0..self.settings.attempts {
            match self.try_connect().await {
                Ok(link) => {
                    self.tell_at(slot, What::Connected);
                    return Ok(link);
                }
                Err(error) => reason = error,
            }
            self.tell_at(slot, What::Disconnected { reason: reason.clone() });
            // A fleet that lost its server must not come back as one.
            tokio::time::sleep(pause.mul_f64(f64::from(self.chance.between(50, 100)) / 100.0)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.tell_at(slot, What::GaveUp { reason });
        Err(GaveUp)
    }

    async fn try_connect(&self) -> Result<SimStation, String> {
        let handler = obeying(self.station.version, Arc::clone(&self.ordered));
        let link = SimStation::connect_with(self.station.clone(), handler).await.map_err(|error| chain(&error))?;
        link.boot().await.map_err(|error| error.to_string())?;
        Ok(link)
    }

    fn tell_at(&self, slot: Slot, what: What) {
        self.tell(slot.day, slot.second, what);
    }

    fn tell(&self, day: u32, second: u32, what: What) {
        (self.listener)(Progress { station: Arc::clone(&self.name), at: self.tempo.shown(day, second), what });
    }
}

/// Ends transactions when told to, but begins none: the day is planned.
fn obeying(version: Version, ordered: Arc<Mutex<Vec<String>>>) -> Handler {
    let otherwise = accepting(version);
    Arc::new(move |action, payload| match action {
        "RemoteStartTransaction" | "RequestStartTransaction" => Answer::Result(json!({"status": "Rejected"})),
        "RemoteStopTransaction" | "RequestStopTransaction" => {
            if let Some(transaction) = transaction(payload) {
                ordered.lock().unwrap_or_else(PoisonError::into_inner).push(transaction);
            }
            Answer::Result(json!({"status": "Accepted"}))
        }
        _ => otherwise(action, payload),
    })
}

fn transaction(payload: &Value) -> Option<String> {
    match payload.get("transactionId")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
