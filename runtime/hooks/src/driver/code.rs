//! A driver in code at one device: a unit that is called until its turn has all that it asks its wires for.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::ports::BoxFuture;
use amprule_domain::pricing::Parameters;

use super::turn::{Exchange, TurnInput, TurnOutput, Turned, WireAnswer, WireAsk, WireWhat};
use super::{Abilities, Driver, Guest, Observed, Shall, Standing, WireProblem, Wires};
use crate::Deadline;
use crate::settings::CallLimits;
use crate::unit::{Budget, Unit};
use crate::version::Version;

/// What one turn may ask its wires for.
const MOST_ASKED: usize = 64;
/// Of what is said and heard in one turn, in bytes; of a path or a topic, and of what is sent there.
const MOST_SAID: usize = 1 << 20;
const MOST_PLACE: usize = 2 << 10;
const MOST_BODY: usize = 64 << 10;
/// Of what is kept.
const MOST_KEPT: usize = 16 << 10;

/// The driver that a version is, if it is one.
pub fn of(version: &Arc<Version>) -> Option<Box<dyn Driver + '_>> {
    match version.unit().driver() {
        Some(driver) => Some(Box::new(driver)),
        None => version.unit().device().map(|_| Box::new(Code(Arc::clone(version))) as Box<dyn Driver>),
    }
}

struct Code(Arc<Version>);

impl Driver for Code {
    fn wires(&self) -> Vec<(String, &'static str)> {
        let facts = self.0.unit().device();
        let wires = facts.iter().flat_map(|facts| &facts.wires);
        wires.map(|(name, kind)| (name.clone(), kind.as_str())).collect()
    }

    fn every(&self) -> Duration {
        self.0.unit().device().map_or(Duration::from_secs(1), super::DeviceFacts::every)
    }

    fn abilities(&self) -> Abilities {
        self.0.unit().device().map(|facts| facts.abilities).unwrap_or_default()
    }

    fn open(&self, parameters: &Parameters, inherited: Option<&str>) -> Result<Box<dyn Guest>, Fault> {
        let (version, parameters) = (Arc::clone(&self.0), parameters.clone());
        Ok(Box::new(CodeGuest { version, parameters, kept: inherited.map(str::to_owned), is_fresh: true }))
    }
}

struct CodeGuest {
    version: Arc<Version>,
    parameters: Parameters,
    kept: Option<String>,
    is_fresh: bool,
}

impl Guest for CodeGuest {
    fn turn<'a>(
        &'a mut self,
        shall: Shall,
        now: Timestamp,
        wires: &'a dyn Wires,
    ) -> BoxFuture<'a, Result<Observed, Fault>> {
        Box::pin(async move {
            let (kept, parameters) = (self.kept.clone(), self.parameters.clone());
            // Until the turn has ended well.
            let is_fresh = std::mem::replace(&mut self.is_fresh, true);
            let input = TurnInput { now, shall, is_fresh, kept, said: Vec::new(), parameters };
            let TurnOutput { seen, kept } = turn(self.version.unit(), &self.version.granted, input, wires).await?;
            (self.kept, self.is_fresh) = (kept, false);
            Ok(seen)
        })
    }

    fn hand_over(&self) -> Option<String> {
        self.kept.clone()
    }

    fn standing(&self) -> Standing {
        Standing { is_fresh: self.is_fresh, kept: self.kept.clone(), map: None }
    }

    fn stand(&mut self, Standing { is_fresh, kept, .. }: Standing) {
        (self.is_fresh, self.kept) = (is_fresh, kept);
    }
}

/// Calls until nothing more is wanted. All calls of a turn share what one call may use.
pub(super) async fn turn(
    unit: &dyn Unit,
    granted: &CallLimits,
    mut input: TurnInput,
    wires: &dyn Wires,
) -> Result<TurnOutput, Fault> {
    let (mut fuel, mut said) = (granted.fuel, 0);
    loop {
        let deadline = Deadline::after(granted.wall);
        let answer = unit.drive(&input, &Budget { fuel, memory: granted.memory, deadline, tables: None });
        fuel = fuel.saturating_sub(answer.used.fuel);
        match answer.result? {
            Turned::Ends(output) if output.kept.as_ref().is_some_and(|kept| kept.len() > MOST_KEPT) => {
                let why = format!("it keeps more than {} KiB for its next turn", MOST_KEPT >> 10);
                return Err(Fault::new(FaultClass::InvalidOutput, why));
            }
            Turned::Ends(output) => return Ok(output),
            Turned::Wants(_) if input.said.len() >= MOST_ASKED => {
                let why = format!("it asks its wires for more than {MOST_ASKED} things in one turn");
                return Err(Fault::new(FaultClass::GuestError, why));
            }
            Turned::Wants(ask) => {
                said += size(&ask)?;
                let answer = heard(&ask, wires).await?;
                said += match &answer {
                    WireAnswer::Text(text) | WireAnswer::Refused(text) => text.len(),
                    WireAnswer::Words(words) => words.len() * 2,
                    WireAnswer::Done => 0,
                };
                if said > MOST_SAID {
                    let why = format!("it says and hears more than {} KiB in one turn", MOST_SAID >> 10);
                    return Err(Fault::new(FaultClass::GuestError, why));
                }
                input.said.push(Exchange { ask, answer });
            }
        }
    }
}

/// In bytes.
fn size(ask: &WireAsk) -> Result<usize, Fault> {
    let (place, body) = match &ask.what {
        WireWhat::Read(_) | WireWhat::Write(_) => (0, 0),
        WireWhat::Http(ask) => (ask.path.len(), ask.body.as_ref().map_or(0, String::len)),
        WireWhat::Topic(ask) => (ask.topic.len(), 0),
        WireWhat::Publish(publish) => (publish.topic.len(), publish.body.len()),
        WireWhat::Message(message) => (0, message.text.len()),
    };
    if ask.wire.len() + place > MOST_PLACE || body > MOST_BODY {
        let why = format!("a path or a topic has {MOST_PLACE} bytes at most, and what is sent {MOST_BODY}");
        return Err(Fault::new(FaultClass::GuestError, why));
    }
    Ok(place + body)
}

async fn heard(ask: &WireAsk, wires: &dyn Wires) -> Result<WireAnswer, Fault> {
    let heard = match &ask.what {
        WireWhat::Read(read) => wires.read(&ask.wire, *read).await.map(WireAnswer::Words),
        WireWhat::Write(write) => wires.write(&ask.wire, write).await.map(|()| WireAnswer::Done),
        WireWhat::Http(request) => wires.http(&ask.wire, request).await.map(WireAnswer::Text),
        WireWhat::Topic(topic) => wires.topic(&ask.wire, topic).await.map(WireAnswer::Text),
        WireWhat::Publish(publish) => wires.publish(&ask.wire, publish).await.map(|()| WireAnswer::Done),
        WireWhat::Message(message) => wires.message(&ask.wire, message).await.map(WireAnswer::Text),
    };
    match heard {
        Ok(answer) => Ok(answer),
        Err(WireProblem { is_refusal: true, why, .. }) => Ok(WireAnswer::Refused(why)),
        Err(problem) => Err(Fault::new(FaultClass::HostIo, problem.why)),
    }
}
