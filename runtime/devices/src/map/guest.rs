//! A map at one device: a turn brings about what shall be so, reads its points, and says what it saw.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::ports::BoxFuture;
use amprule_domain::{Energy, Timestamp};
use amprule_hooks::driver::{DeviceState, Guest, Observed, Shall, Standing, WireProblem, Wires};
use jiff::SignedDuration;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::document::Map;
use super::reads::{Reads, Refused, Values, is_over};
use super::value::Value;
use super::write::Write;

/// Between two tries of what was refused.
const REFUSED_REST: SignedDuration = SignedDuration::from_secs(1);

pub(super) struct MapGuest {
    map: Arc<Map>,
    reads: Reads,
    told: Told,
    /// Of the last turn.
    values: Values,
    /// What it was not let say.
    trouble: Option<String>,
}

/// What it knows between two turns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    /// `commands.open` was said since the device was away.
    is_open: bool,
    /// What was brought about last, in amperes, and when.
    done: Option<(Decimal, Timestamp)>,
    /// With how many phases it charges, as it was told.
    phases: Option<u8>,
    /// What was refused last, when, and why.
    refused_word: Option<(Decimal, Timestamp, String)>,
    /// When each heartbeat was said last.
    fed: Vec<Timestamp>,
    /// The most that the device itself bears, if it says so.
    max_a: Option<Decimal>,
    /// What stands in the reads, for a tape.
    refused: Refused,
}

impl MapGuest {
    pub(super) fn new(map: Arc<Map>) -> Self {
        Self { reads: Reads::new(&map), map, told: Told::default(), values: Values::new(), trouble: None }
    }

    async fn turned(&mut self, shall: Shall, now: Timestamp, wires: &dyn Wires) -> Result<Observed, WireProblem> {
        let opened = self.open(wires).await;
        // A watchdog that takes no food keeps nobody from switching off.
        let fed = self.feed(now, wires).await;
        let shall = self.while_phases_differ(shall);
        let brought = self.bring_about(shall, now, wires).await;
        let beside = match &brought {
            Ok(()) => self.say_beside(shall, wires).await,
            Err(_) => Ok(()),
        };
        let said = brought.and(beside).and(opened).and(fed);
        // A box that takes no word is looked at all the same: what flows there must be metered.
        self.trouble = said.as_ref().err().filter(|problem| problem.is_refusal).map(|problem| problem.why.clone());
        if self.trouble.is_none() {
            said?;
        }
        self.values = self.reads.values(now, wires).await?;
        let phases = self.values.get("phases").and_then(Value::number).and_then(|phases| phases.to_u8());
        // What it says of them counts once it was told: without its contactor some boxes say anything.
        let phases = phases.filter(|phases| self.told.phases.is_some() && [1, 3].contains(phases));
        self.told.phases = phases.or(self.told.phases);
        self.trouble = self.trouble.take().or_else(|| self.has_other_phases(shall));
        self.told.max_a = self.values.get("max_a").and_then(Value::number).or(self.told.max_a);
        Ok(self.observed(&self.values))
    }

    async fn open(&mut self, wires: &dyn Wires) -> Result<(), WireProblem> {
        if !self.told.is_open {
            self.reads.listen(wires).await?;
            let map = Arc::clone(&self.map);
            say_all(wires, &map, &map.commands.open, Decimal::ZERO).await?;
            self.told.is_open = true;
        }
        Ok(())
    }

    /// Once, when it changes, and again when a setpoint's life is over.
    async fn bring_about(&mut self, shall: Shall, now: Timestamp, wires: &dyn Wires) -> Result<(), WireProblem> {
        let again = self.map.commands.again_s.map(|seconds| SignedDuration::from_secs(seconds.into()));
        let holds = |at: Timestamp| again.is_none_or(|again| !is_over(at, again, now));
        let amperes = self.amperes(shall);
        if self.told.done.is_some_and(|(done, at)| done == amperes && holds(at)) {
            return Ok(());
        }
        // One that refused is not hammered.
        if let Some((refused, at, problem)) = &self.told.refused_word
            && *refused == amperes
            && !is_over(*at, REFUSED_REST, now)
        {
            return Err(WireProblem { is_refusal: true, is_there: true, why: problem.clone() });
        }
        // Until all of it is said, nobody knows what counts.
        self.told.done = None;
        let said = self.say(amperes, wires).await;
        let word = |problem: &WireProblem| (amperes, now, problem.why.clone());
        self.told.refused_word = said.as_ref().err().filter(|problem| problem.is_refusal).map(word);
        said?;
        self.told.done = Some((amperes, now));
        Ok(())
    }

    /// It has other phases than it was told of, because it began anew for instance: it is off until they are switched.
    fn while_phases_differ(&self, shall: Shall) -> Shall {
        Shall { be_on: shall.be_on && self.has_other_phases(shall).is_none(), ..shall }
    }

    /// In words for people.
    fn has_other_phases(&self, shall: Shall) -> Option<String> {
        let (wanted, has) = shall.phases.zip(self.told.phases).filter(|(wanted, has)| wanted != has)?;
        Some(format!("it is to charge with {wanted} of its phases, and says {has}: look whether it can switch them"))
    }

    /// Phases, and the lock, when nothing may flow any more and nothing does.
    async fn say_beside(&mut self, shall: Shall, wires: &dyn Wires) -> Result<(), WireProblem> {
        let map = Arc::clone(&self.map);
        let mut said = Ok(());
        if let Some(phases) = shall.phases.filter(|phases| self.told.phases != Some(*phases) && !shall.be_on) {
            if !self.values.is_empty() && self.state(&self.values).0 == DeviceState::Charging {
                let why = "it still charges: its phases are switched when it does not".to_owned();
                return Err(WireProblem { is_refusal: true, is_there: true, why });
            }
            let commands = if phases == 1 { &map.commands.one_phase } else { &map.commands.three_phases };
            said = say_all(wires, &map, commands, Decimal::ZERO).await;
            if said.is_ok() {
                self.told.phases = Some(phases);
            }
        }
        if shall.unlock {
            said = said.and(say_all(wires, &map, &map.commands.unlock, Decimal::ZERO).await);
        }
        said
    }

    async fn say(&self, amperes: Decimal, wires: &dyn Wires) -> Result<(), WireProblem> {
        let map = &self.map;
        if amperes.is_zero() && !map.commands.off.is_empty() {
            return say_all(wires, map, &map.commands.off, amperes).await;
        }
        // A limit first: what is switched on then begins with it. Whatever is refused, the rest is said.
        let limited = say_all(wires, map, &map.commands.limit, amperes).await;
        limited.and(say_all(wires, map, &map.commands.on, amperes).await)
    }

    /// Of each phase, as the hardware can; nothing is 0.
    fn amperes(&self, shall: Shall) -> Decimal {
        let about = &self.map.device;
        let most = self.told.max_a.map_or(about.max_a, |max| max.min(about.max_a));
        let wanted = shall.most_deciamperes.map(|deciamperes| Decimal::from(deciamperes) / Decimal::TEN);
        // Less than a car can take is nothing: more than what is allowed is never said (IEC 61851-1, 6 A at least).
        let amperes = wanted.map_or(most, |wanted| wanted.min(most));
        // A switch cannot limit: it is on if all that flows through it may flow.
        let least = if self.map.commands.limit.is_empty() { most } else { about.min_a };
        if shall.be_on && amperes >= least { amperes } else { Decimal::ZERO }
    }

    async fn feed(&mut self, now: Timestamp, wires: &dyn Wires) -> Result<(), WireProblem> {
        let map = Arc::clone(&self.map);
        for (at, heartbeat) in map.heartbeat.iter().enumerate() {
            let every = SignedDuration::from_secs(heartbeat.every_s.into());
            if self.told.fed.get(at).is_none_or(|fed| is_over(*fed, every, now)) {
                heartbeat.write.say(wires, &map.device.wire, Decimal::ZERO).await?;
                match self.told.fed.get_mut(at) {
                    Some(fed) => *fed = now,
                    None => self.told.fed.push(now),
                }
            }
        }
        Ok(())
    }

    fn observed(&self, values: &Values) -> Observed {
        let number = |name: &str| values.get(name).and_then(Value::number);
        let text = |name: &str| values.get(name).map(Value::text);
        let (state, plugged, error) = self.state(values);
        let about = &self.map.device;
        let currents = ["current_l1_a", "current_l2_a", "current_l3_a"].iter().filter_map(|name| number(name));
        let amperes = currents.fold(None, |sum: Option<Decimal>, next| sum.unwrap_or_default().checked_add(next));
        let thousandths = |number: Decimal| number.checked_mul(Decimal::ONE_THOUSAND)?.round().to_i64();
        Observed {
            state,
            plugged,
            vendor: text("vendor").unwrap_or_else(|| about.vendor.clone()),
            model: text("model").unwrap_or_else(|| about.model.clone()),
            serial: text("serial"),
            firmware: text("firmware"),
            phases: self.told.phases.unwrap_or(about.phases),
            error: error.or_else(|| text("error").filter(|error| error != "0" && state == DeviceState::Faulted)),
            token: text("token").filter(|token| !token.trim_matches('0').is_empty()),
            register: number("energy_wh").and_then(Energy::from_decimal_wh),
            session_register: number("session_wh").and_then(Energy::from_decimal_wh),
            power_w: number("power_w").and_then(|power| power.round().to_i64()),
            current_ma: amperes.and_then(thousandths),
            limit_deciamperes: number("limit_a").and_then(|limit| limit.checked_mul(Decimal::TEN)?.round().to_u32()),
        }
    }

    fn state(&self, values: &Values) -> (DeviceState, Option<bool>, Option<String>) {
        if self.map.is_meter() {
            return (DeviceState::Available, None, None);
        }
        let rules = &self.map.state;
        let rule = rules.iter().find(|rule| rule.when.iter().all(|(name, wanted)| wanted.holds(values.get(name))));
        match rule {
            Some(rule) => (rule.is, rule.plugged, rule.says.clone().filter(|_| rule.is == DeviceState::Faulted)),
            None => (DeviceState::Faulted, None, Some("no rule of the map says what this state is".to_owned())),
        }
    }
}

/// All of them, whatever is refused or not answered: the one behind it may be what switches off. Then the first that was not done.
async fn say_all(wires: &dyn Wires, map: &Map, writes: &[Write], amperes: Decimal) -> Result<(), WireProblem> {
    let mut all = Ok(());
    for write in writes {
        all = all.and(write.say(wires, &map.device.wire, amperes).await);
    }
    all
}

impl Guest for MapGuest {
    fn turn<'a>(
        &'a mut self,
        shall: Shall,
        now: Timestamp,
        wires: &'a dyn Wires,
    ) -> BoxFuture<'a, Result<Observed, Fault>> {
        Box::pin(async move {
            let turned = self.turned(shall, now, wires).await;
            turned.map_err(|problem| {
                // A device that was away may have begun anew: all is said again.
                if !problem.is_there {
                    (self.told.is_open, self.told.done) = (false, None);
                    self.told.fed.clear();
                }
                Fault::new(FaultClass::HostIo, problem.why)
            })
        })
    }

    /// All that it knows is at the device.
    fn hand_over(&self) -> Option<String> {
        None
    }

    fn standing(&self) -> Standing {
        let told = Told { refused: self.reads.refused(), ..self.told.clone() };
        let is_fresh = !told.is_open && told.done.is_none();
        let map = if told == Told::default() { None } else { serde_json::to_value(told).ok() };
        Standing { is_fresh, kept: None, map }
    }

    /// Another map's is taken as far as it fits.
    fn stand(&mut self, standing: Standing) {
        let phases = self.told.phases;
        self.told = standing.map.and_then(|told| serde_json::from_value(told).ok()).unwrap_or_default();
        // What all is to be said again is limits: phases are switched while nothing flows.
        self.told.phases = self.told.phases.or(phases);
        self.told.fed.truncate(self.map.heartbeat.len());
        self.reads.refuse(&self.told.refused);
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    fn readings(&self) -> BTreeMap<String, String> {
        match self.map.is_meter() {
            true => self.values.iter().map(|(name, value)| (name.clone(), value.text())).collect(),
            false => BTreeMap::new(),
        }
    }

    fn missing(&self) -> Vec<String> {
        self.reads.lacking().collect()
    }
}
