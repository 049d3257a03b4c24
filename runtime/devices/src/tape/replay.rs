//! A tape, asked again: each turn with the answers that it had. What is asked or comes out otherwise is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_hooks::Version;
use amprule_hooks::driver::{self, Guest, Shall};
use futures_util::FutureExt as _;
use serde_json::{Map, Value};

use super::player::Player;
use super::said::{Answer, Ask};
use super::{Turn, Veil};

/// A turn that this driver makes otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Of the tape.
    pub line: usize,
    pub at: Timestamp,
    pub shall: Shall,
    /// `- ` what was there and is not, `+ ` what is new.
    pub what: Vec<String>,
}

/// The turns that differ. A tape may begin in the midst of things: the driver then knows what the one on the tape knew.
///
/// # Errors
/// The unit is no driver, or cannot be opened.
pub fn replay(version: &Arc<Version>, turns: &[(usize, Turn)]) -> Result<Vec<Differing>, Fault> {
    let driver = driver::of(version).ok_or_else(|| Fault::new(FaultClass::NotLoaded, "the unit drives no hardware"))?;
    let open = |inherited: Option<&str>| driver.open(&version.parameters, inherited);
    let veil = Veil::default().and_of(version, &Map::new());
    let mut guest = open(None)?;
    let mut differing = Vec::new();
    for (at, (line, turn)) in turns.iter().enumerate() {
        if at == 0 {
            guest.stand(turn.standing());
        } else if turn.fresh && !guest.standing().is_fresh {
            // Another version took over there, or a turn did not end.
            guest = open(guest.hand_over().as_deref())?;
        }
        let what = difference(guest.as_mut(), turn, &veil);
        if !what.is_empty() {
            differing.push(Differing { line: *line, at: turn.at, shall: turn.shall(), what });
        }
    }
    Ok(differing)
}

fn difference(guest: &mut dyn Guest, turn: &Turn, veil: &Veil) -> Vec<String> {
    let player = Player::of(turn, veil);
    let came = guest.turn(turn.shall(), turn.at, &player).now_or_never();
    let asked = player.asked();
    let on_tape: Vec<(String, Ask)> = turn.said.iter().map(|said| (said.wire.clone(), said.ask.clone())).collect();
    let mut what = asks(&on_tape, &asked);
    match came {
        Some(Ok(seen)) => what.extend(outcomes(turn, &veil.json(guest.shown(&seen)), None)),
        Some(Err(fault)) => what.extend(outcomes(turn, &Value::Null, Some(&veil.why(&fault.message)))),
        // Neither does it on the tape, where a wire did not answer to the end.
        None if turn.said.iter().any(|said| said.answer == Answer::Nothing) => {}
        None => what.push("+ the turn waits for something, and does not end".to_owned()),
    }
    what
}

/// What is asked no more, and what is asked now, in its order.
fn asks(before: &[(String, Ask)], now: &[(String, Ask)]) -> Vec<String> {
    let alike = before.iter().zip(now).take_while(|(before, now)| before == now).count();
    let (before, now) = (&before[alike..], &now[alike..]);
    let alike = before.iter().rev().zip(now.iter().rev()).take_while(|(before, now)| before == now).count();
    let (before, now) = (&before[..before.len() - alike], &now[..now.len() - alike]);
    let line = |sign: char, (wire, ask): &(String, Ask)| match ask.is_write() {
        true => format!("{sign} {wire}: writes {ask}"),
        false => format!("{sign} {wire}: {ask}"),
    };
    let mut left: Vec<&(String, Ask)> = now.iter().collect();
    let mut gone = Vec::new();
    for asked in before {
        match left.iter().position(|other| *other == asked) {
            Some(at) => drop(left.remove(at)),
            None => gone.push(line('-', asked)),
        }
    }
    let new: Vec<String> = left.into_iter().map(|asked| line('+', asked)).collect();
    match (gone.is_empty() && new.is_empty(), before) {
        (true, []) => Vec::new(),
        // The same things in another order, which matters where one switches.
        (true, _) if before.iter().chain(now).any(|(_, ask)| ask.is_write()) => {
            let of = |sign, asked: &[(String, Ask)]| asked.iter().map(|ask| line(sign, ask)).collect::<Vec<_>>();
            [of('-', before), of('+', now)].concat()
        }
        (true, _) => Vec::new(),
        (false, _) => gone.into_iter().chain(new).collect(),
    }
}

/// Those that say something, each reading of a meter by itself.
fn members(seen: Option<&Value>) -> BTreeMap<&String, &Value> {
    let members = seen.and_then(Value::as_object).into_iter().flatten();
    let single = members.flat_map(|(name, value)| match value {
        Value::Object(readings) => readings.iter().collect(),
        _ => vec![(name, value)],
    });
    single.filter(|(_, value)| !value.is_null()).collect()
}

fn outcomes(turn: &Turn, seen: &Value, fault: Option<&str>) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (before, now) = (members(turn.seen.as_ref()), members(Some(seen)));
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).copied().collect();
    let mut what = Vec::new();
    for name in names {
        let member = |of: &BTreeMap<&String, &Value>| of.get(name).map(|value| text(value));
        let (before, now) = (member(&before), member(&now));
        if before != now {
            what.extend(before.map(|before| format!("- {name} {before}")));
            what.extend(now.map(|now| format!("+ {name} {now}")));
        }
    }
    if turn.fault.as_deref() != fault {
        what.extend(turn.fault.iter().map(|why| format!("- fails: {why}")));
        what.extend(fault.map(|why| format!("+ fails: {why}")));
    }
    what
}
