//! What a station would say of a device, and what would be written to it, if the device showed one thing after the other.
//!
//! Everything that the station asks is granted, as by a policy that lets everybody charge.

use std::sync::Arc;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::event::{ChargingEvent, Phase, StationEvent, TransactionEvent};
use amprule_domain::reply::{AuthorizationStatus, Reply, TokenInfo, TransactionReply};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, SessionNo, Timestamp, TransactionId};
use amprule_hooks::Version;
use amprule_hooks::driver::{self, Guest, Observed, Wires};
use futures_util::FutureExt as _;
use jiff::SignedDuration;

use crate::station::{Said, VirtualStation};
use crate::tape::Recorder;

/// On which a car charges that nobody shows a card for.
pub const TOKEN: &str = "SIMULATED";
const GRANTED: TokenInfo = TokenInfo::status(AuthorizationStatus::Accepted);
/// From one thing that the device shows to the next. A session is metered as often.
const LATER: SignedDuration = SignedDuration::from_secs(60);
/// While it shows one thing: by then a station has said what it has to say.
const MOST_TURNS: u32 = 8;

/// What a device shows for a while.
pub struct Scene<'c> {
    pub name: &'c str,
    pub hardware: Box<dyn Wires + 'c>,
}

/// What came of a scene, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    pub name: String,
    pub lines: Vec<String>,
    /// The driver failed there.
    pub is_failed: bool,
}

/// # Errors
/// The unit is no driver, or cannot be opened.
pub fn simulate(version: &Arc<Version>, scenes: &[Scene<'_>], began: Timestamp) -> Result<Vec<Played>, Fault> {
    let driver = driver::of(version).ok_or_else(|| Fault::new(FaultClass::NotLoaded, "the unit drives no hardware"))?;
    let guest = driver.open(&version.parameters, None)?;
    let every = SignedDuration::try_from(driver.every()).unwrap_or(SignedDuration::from_secs(1));
    let station = VirtualStation::new(Some(IdToken::new(TOKEN, "Central")), LATER, 0.0);
    let mut stage = Stage { guest, station, now: began, is_connected: false, names: 0, began_at: None };
    Ok(scenes.iter().map(|scene| stage.play(scene, every)).collect())
}

struct Stage {
    guest: Box<dyn Guest>,
    station: VirtualStation,
    now: Timestamp,
    is_connected: bool,
    /// Given to sessions.
    names: u32,
    /// What the register showed when the session began.
    began_at: Option<Energy>,
}

impl Stage {
    /// Until the station has nothing more to say, and wants nothing else.
    fn play(&mut self, scene: &Scene<'_>, every: SignedDuration) -> Played {
        let (mut lines, mut is_failed) = (Vec::new(), false);
        self.now += LATER;
        for at in 0..MOST_TURNS {
            let shall = self.station.shall(self.now);
            let recorder = Recorder::around(&*scene.hardware);
            let came = self.guest.turn(shall, self.now, &recorder).now_or_never();
            lines.extend(recorder.writes().into_iter().map(|write| format!("is written   {write}")));
            let seen = match came {
                Some(Ok(seen)) => seen,
                failed => {
                    let why = failed.and_then(Result::err).map(|fault| fault.message);
                    lines.push(format!(
                        "fails        {}",
                        why.unwrap_or_else(|| "the turn waits for something".to_owned())
                    ));
                    is_failed = true;
                    break;
                }
            };
            if at == 0 {
                lines.insert(0, format!("is seen      {}", words(&seen)));
            }
            self.station.brought_about(shall, self.now);
            let said = self.tell(seen);
            let is_quiet = said.is_empty() && self.station.shall(self.now) == shall;
            lines.extend(said.into_iter().map(|said| format!("station      {said}")));
            // What a box shows at its start is looked at once more.
            if is_quiet && at > 0 {
                break;
            }
            self.now += every;
        }
        Played { name: scene.name.to_owned(), lines, is_failed }
    }

    /// What the station says of it, each granted.
    fn tell(&mut self, seen: Observed) -> Vec<String> {
        self.names += 1;
        let name = TransactionId::new(format!("simulated-{}", self.names));
        self.station.observed(seen, self.now, || name);
        if !std::mem::replace(&mut self.is_connected, true) {
            self.station.connected(self.now);
        }
        let mut told = Vec::new();
        while let Some(said) = self.station.next().cloned() {
            told.push(self.word(&said));
            self.station.answered(&granted(&said), self.now);
        }
        told
    }

    fn word(&mut self, said: &Said) -> String {
        match &said.event {
            StationEvent::Provisioning(_) => "begins".to_owned(),
            StationEvent::Authorization(card) => format!("shows the card {}", card.id_token),
            StationEvent::Availability(status) => {
                let error = status.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                format!("is {}{error}", status.status)
            }
            StationEvent::Charging(ChargingEvent::Transaction(event)) => self.session(event),
            _ => "says something else".to_owned(),
        }
    }

    fn session(&mut self, event: &TransactionEvent) -> String {
        let register = event.register();
        let at = register.map(|register| format!(", the register at {register}")).unwrap_or_default();
        let charging = event.charging.unwrap_or_default().as_str();
        match event.phase {
            Phase::Started => {
                self.began_at = register;
                let token = event.token.as_ref().map(|token| format!(" by {}", token.id_token)).unwrap_or_default();
                format!("session started{token}{at}")
            }
            Phase::Updated => format!("session updated: {charging}{at}"),
            Phase::Ended => {
                let flowed = register.zip(self.began_at).map(|(end, begin)| format!(", {}", end.saturating_sub(begin)));
                let why = event.stop_reason.as_deref().unwrap_or("-");
                format!("session ended: {why}{}{at}", flowed.unwrap_or_default())
            }
        }
    }
}

fn granted(said: &Said) -> Reply {
    match &said.event {
        StationEvent::Authorization(_) => Reply::Authorize(GRANTED),
        StationEvent::Charging(ChargingEvent::Transaction(event)) => Reply::Transaction(TransactionReply {
            transaction: event.transaction.clone().unwrap_or_else(|| TransactionId::new("")),
            number: SessionNo(1),
            token: event.token.as_ref().map(|_| GRANTED),
            total_cost: None,
            limit: None,
            news: None,
        }),
        _ => Reply::Empty,
    }
}

/// What matters to a session.
fn words(seen: &Observed) -> String {
    let json = seen.json();
    let member = |(name, unit): (&str, &str)| {
        let value = json.get(name).filter(|value| !value.is_null())?;
        Some(format!("{}{unit}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let members =
        [("state", ""), ("error", ""), ("energyWh", " Wh"), ("sessionWh", " Wh of the session"), ("powerW", " W")];
    members.into_iter().filter_map(member).collect::<Vec<_>>().join(", ")
}
