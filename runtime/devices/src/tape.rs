//! A tape: what a driver asked its wires in each turn, what they answered, and what came of it. A text, one turn in a line.
//!
//! Code never waits, so the same answers make the same turn (ADR 037): a tape of a customer's box is asked again of another version
//! of its driver, far from any hardware ([`replay`]), and a turn of it becomes a case. A tape names wires, and never where
//! they lead; what is secret is veiled before it is kept.

mod case;
mod difference;
mod player;
mod recorder;
mod replay;
mod ring;
mod said;
#[cfg(test)]
mod tests;
mod veil;

use amprule_domain::Timestamp;
use amprule_hooks::driver::{Shall, Standing};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use case::case;
pub use replay::{Differing, replay};
pub use said::{Answer, Ask, Said};

pub(crate) use recorder::Recorder;
pub(crate) use ring::{Ring, Room};
pub(crate) use veil::Veil;
pub use veil::is_secret;

/// Of a file; what is longer is not read.
pub const MOST_BYTES: u64 = 64 << 20;
/// Of what one turn may have said, in a file.
const MOST_SAID: usize = 1_000;

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    pub at: Timestamp,
    /// Whose: the unit and its version.
    pub driver: String,
    /// What shall be so.
    #[serde(default)]
    pub on: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_a: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<u8>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub unlock: bool,
    /// What was said before may count no more.
    #[serde(default)]
    pub fresh: bool,
    /// What code has kept of the turn before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Value>,
    /// What a map had said by then, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<Value>,
    /// Nothing of what it wrote came to the hardware.
    #[serde(default, skip_serializing_if = "is_false")]
    pub held: bool,
    #[serde(default)]
    pub said: Vec<Said>,
    /// What came of it, as cases have it …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Value>,
    /// … or why nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What stood before a turn.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    pub(crate) at: Timestamp,
    pub(crate) driver: String,
    pub(crate) shall: Shall,
    pub(crate) standing: Standing,
}

impl Turn {
    /// It was over before the hardware had answered.
    pub(crate) fn waits(&self) -> bool {
        self.said.last().is_some_and(|said| said.answer == Answer::Nothing)
    }

    /// `came`: what came of it, or why nothing did.
    pub(crate) fn of(before: Before, said: Vec<Said>, came: Result<Value, &str>, veil: &Veil) -> Self {
        let Before { at, driver, shall, standing } = before;
        let Standing { is_fresh, kept, map } = standing;
        let kept = kept.map(|kept| serde_json::from_str(&kept).unwrap_or(Value::String(kept)));
        Self {
            at,
            driver,
            on: shall.be_on,
            phases: shall.phases,
            unlock: shall.unlock,
            limit_a: shall.most_deciamperes.map(|deciamperes| Decimal::new(deciamperes.into(), 1).normalize()),
            fresh: is_fresh,
            kept: kept.map(|kept| veil.json(kept)),
            map,
            held: false,
            said,
            fault: came.as_ref().err().map(|why| veil.why(why)),
            seen: came.ok().map(|seen| veil.json(seen)),
        }
    }

    pub(crate) fn shall(&self) -> Shall {
        use rust_decimal::prelude::ToPrimitive as _;
        let deciamperes = |limit: Decimal| limit.checked_mul(Decimal::TEN)?.round().to_u32();
        Shall {
            be_on: self.on,
            most_deciamperes: self.limit_a.and_then(deciamperes),
            phases: self.phases,
            unlock: self.unlock,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let kept = self.kept.as_ref().map(Value::to_string);
        Standing { is_fresh: self.fresh, kept, map: self.map.clone() }
    }

    /// As a line of a tape, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Its turns, with the numbers of their lines.
///
/// # Errors
/// Which line is none, and why.
pub fn read(text: &str) -> Result<Vec<(usize, Turn)>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let turns: Result<Vec<_>, String> = lines.map(|(at, line)| Ok((at + 1, turn(at + 1, line)?))).collect();
    match turns? {
        none if none.is_empty() => Err("it has no turn".to_owned()),
        turns => Ok(turns),
    }
}

fn turn(number: usize, line: &str) -> Result<Turn, String> {
    let turn: Turn =
        serde_json::from_str(line).map_err(|error| format!("line {number} is no turn of a tape: {error}"))?;
    match turn.said.len() {
        said if said > MOST_SAID => {
            Err(format!("line {number}: its turn asks {said} things; at most {MOST_SAID} are read"))
        }
        _ => Ok(turn),
    }
}
