//! A map at one device: a turn reads its points, brings about what shall be so, and says what it saw.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::Energy;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::ports::BoxFuture;
use amprule_hooks::driver::{DeviceState, Guest, ModbusRead, ModbusWrite, Observed, Shall, WireProblem, Wires};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::document::{Condition, Map, Range, Rule, Write};
use super::register::{Value, words_of};

pub(super) struct MapGuest {
    map: Arc<Map>,
    /// Reads that cover all points, each with the points that it covers.
    reads: Vec<Block>,
    /// What was brought about last, and when.
    done: Option<(Shall, Instant)>,
    fed: Vec<Instant>,
}

struct Block {
    read: ModbusRead,
    points: Vec<String>,
    is_optional: bool,
    /// It was refused.
    rests_until: Option<Instant>,
}

/// How long an optional point that was refused is not asked for.
const REST: Duration = Duration::from_secs(60);

impl Block {
    /// Of one point alone.
    fn of(name: &str, map: &Map) -> Self {
        let point = &map.points[name];
        let read = ModbusRead { function: point.function, address: point.register, count: point.count() };
        Self { read, points: vec![name.to_owned()], is_optional: point.optional, rests_until: None }
    }
}

type Values = BTreeMap<String, Value>;

impl MapGuest {
    pub(super) fn new(map: Arc<Map>) -> Self {
        let reads = blocks(&map);
        Self { map, reads, done: None, fed: Vec::new() }
    }

    /// What the device refuses costs its own value and no other: a block that is refused is asked for point by point from then on,
    /// and an optional point that is refused not for a while.
    async fn read(&mut self, wires: &dyn Wires) -> Result<Values, WireProblem> {
        let mut values = Values::new();
        let mut asked = std::mem::take(&mut self.reads);
        asked.reverse();
        while let Some(block) = asked.pop() {
            if block.rests_until.is_some_and(|until| Instant::now() < until) {
                self.reads.push(block);
                continue;
            }
            match wires.read(&self.map.device.wire, block.read).await {
                Ok(words) => {
                    values.extend(block.points.iter().filter_map(|name| self.value(name, &block, &words)));
                    self.reads.push(block);
                }
                Err(problem) if problem.is_refusal && block.points.len() > 1 => {
                    asked.extend(block.points.iter().rev().map(|name| Block::of(name, &self.map)));
                }
                Err(problem) if problem.is_refusal => {
                    let rests_until = block.is_optional.then(|| Instant::now() + REST);
                    self.reads.push(Block { rests_until, ..block });
                }
                Err(problem) => {
                    self.reads.push(block);
                    self.reads.extend(asked.into_iter().rev());
                    return Err(problem);
                }
            }
        }
        Ok(values)
    }

    fn value(&self, name: &String, block: &Block, words: &[u16]) -> Option<(String, Value)> {
        let point = &self.map.points[name];
        let from = usize::from(point.register - block.read.address);
        let value = point.value(words.get(from..from + usize::from(point.count()))?)?;
        Some((name.clone(), value))
    }

    /// Once, when it changes, and again when a setpoint's life is over.
    async fn bring_about(&mut self, shall: Shall, wires: &dyn Wires) -> Result<(), WireProblem> {
        let again = self.map.commands.again_s.map(|seconds| Duration::from_secs(seconds.into()));
        let is_done =
            self.done.is_some_and(|(done, at)| done == shall && again.is_none_or(|again| at.elapsed() < again));
        if !is_done {
            // Until all of it is said, nobody knows what counts.
            self.done = None;
            let map = Arc::clone(&self.map);
            let amperes = limit(&map, shall);
            let limits = map
                .commands
                .limit
                .iter()
                .map(|write| (write, write.value.or_else(|| amperes.checked_mul(write.scale))));
            let switch = if shall.be_on { &map.commands.on } else { &map.commands.off };
            let switched = switch.iter().map(|write| (write, write.value));
            // A limit first: what is switched on then begins with it. What is switched off is so at once.
            let mut writes: Vec<(&Write, Option<Decimal>)> = limits.chain(switched).collect();
            if !shall.be_on {
                writes.reverse();
            }
            let mut failed = None;
            for (write, number) in writes {
                let said = say(wires, &map.device.wire, write, number).await;
                failed = failed.or(said.err());
            }
            if let Some(problem) = failed {
                return Err(problem);
            }
            self.done = Some((shall, Instant::now()));
        }
        Ok(())
    }

    async fn feed(&mut self, wires: &dyn Wires) -> Result<(), WireProblem> {
        let map = Arc::clone(&self.map);
        for (at, heartbeat) in map.heartbeat.iter().enumerate() {
            let every = Duration::from_secs(heartbeat.every_s.into());
            if self.fed.get(at).is_none_or(|fed| fed.elapsed() >= every) {
                say(wires, &map.device.wire, &heartbeat.write, heartbeat.write.value).await?;
                match self.fed.get_mut(at) {
                    Some(fed) => *fed = Instant::now(),
                    None => self.fed.push(Instant::now()),
                }
            }
        }
        Ok(())
    }

    fn observed(&self, values: &Values) -> Observed {
        let number = |name: &str| match values.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        let text = |name: &str| match values.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.normalize().to_string()),
            None => None,
        };
        let (state, error) = self.state(values);
        let about = &self.map.device;
        let currents = ["current_l1_a", "current_l2_a", "current_l3_a"].iter().filter_map(|name| number(name));
        let amperes = currents.fold(None, |sum: Option<Decimal>, next| sum.unwrap_or_default().checked_add(next));
        let thousandths = |number: Decimal| number.checked_mul(Decimal::ONE_THOUSAND)?.round().to_i64();
        Observed {
            state,
            vendor: text("vendor").unwrap_or_else(|| about.vendor.clone()),
            model: text("model").unwrap_or_else(|| about.model.clone()),
            serial: text("serial"),
            firmware: text("firmware"),
            phases: about.phases,
            error: error.or_else(|| text("error").filter(|error| error != "0" && state == DeviceState::Faulted)),
            token: text("token").filter(|token| !token.trim_matches('0').is_empty()),
            register: number("energy_wh").and_then(Energy::from_decimal_wh),
            power_w: number("power_w").and_then(|power| power.round().to_i64()),
            current_ma: amperes.and_then(thousandths),
            limit_deciamperes: number("limit_a").and_then(|limit| limit.checked_mul(Decimal::TEN)?.round().to_u32()),
        }
    }

    fn state(&self, values: &Values) -> (DeviceState, Option<String>) {
        let holds = |rule: &&Rule| rule.when.iter().all(|(name, condition)| condition.holds(values.get(name)));
        match self.map.state.iter().find(holds) {
            Some(rule) => (rule.is, rule.says.clone().filter(|_| rule.is == DeviceState::Faulted)),
            None => (DeviceState::Faulted, Some("no rule of the map says what this state is".to_owned())),
        }
    }
}

impl Guest for MapGuest {
    fn turn<'a>(&'a mut self, shall: Shall, wires: &'a dyn Wires) -> BoxFuture<'a, Result<Observed, Fault>> {
        Box::pin(async move {
            let failed = |problem: WireProblem| Fault::new(FaultClass::HostIo, problem.why);
            // A watchdog that takes no food keeps nobody from switching off.
            let fed = self.feed(wires).await;
            self.bring_about(shall, wires).await.map_err(failed)?;
            fed.map_err(failed)?;
            let values = self.read(wires).await.map_err(failed)?;
            Ok(self.observed(&values))
        })
    }

    /// All that it knows is at the device.
    fn hand_over(&self) -> String {
        String::new()
    }
}

/// Of each phase, as the hardware can; off is 0.
fn limit(map: &Map, shall: Shall) -> Decimal {
    if !shall.be_on {
        return Decimal::ZERO;
    }
    let wanted =
        shall.most_deciamperes.map_or(map.device.max_a, |deciamperes| Decimal::from(deciamperes) / Decimal::TEN);
    // Less than a car can take is nothing: more than what is allowed is never said (IEC 61851-1, 6 A at least).
    if wanted < map.device.min_a { Decimal::ZERO } else { wanted.min(map.device.max_a) }
}

async fn say(wires: &dyn Wires, wire: &str, write: &Write, number: Option<Decimal>) -> Result<(), WireProblem> {
    let unsayable = |why: String| WireProblem { is_refusal: true, why };
    let number = number.ok_or_else(|| unsayable("the number is too large".to_owned()))?;
    let address = write.register;
    let said = if write.coil {
        ModbusWrite::Coil { address, is_on: !number.is_zero() }
    } else {
        let words = words_of(write.form, write.swap, number).map_err(unsayable)?;
        match words[..] {
            [word] if !write.multiple => ModbusWrite::Register { address, word },
            _ => ModbusWrite::Registers { address, words },
        }
    };
    wires.write(wire, &said).await
}

/// Points that lie together are read together, as far as the device bears it.
fn blocks(map: &Map) -> Vec<Block> {
    let mut single: Vec<Block> = map.points.keys().map(|name| Block::of(name, map)).collect();
    single.sort_by_key(|block| (block.read.function, block.read.address));
    let mut blocks: Vec<Block> = Vec::new();
    for next in single {
        let end = u32::from(next.read.address) + u32::from(next.read.count);
        let joins = |block: &&mut Block| {
            let from = u32::from(block.read.address);
            let is_near = u32::from(next.read.address) <= from + u32::from(block.read.count);
            let fits = end.saturating_sub(from) <= u32::from(map.device.block);
            block.read.function == next.read.function && !next.is_optional && !block.is_optional && is_near && fits
        };
        match blocks.last_mut().filter(joins) {
            Some(block) => {
                let whole = end.saturating_sub(block.read.address.into());
                block.read.count = block.read.count.max(u16::try_from(whole).unwrap_or(u16::MAX));
                block.points.extend(next.points);
            }
            None => blocks.push(next),
        }
    }
    blocks
}

impl Condition {
    /// A value that is not there fits nothing.
    fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Number(wanted), Some(Value::Number(number))) => wanted == number,
            (Self::OneOf(wanted), Some(Value::Number(number))) => wanted.contains(number),
            (Self::Text(wanted), Some(Value::Text(text))) => wanted == text,
            (Self::OneOfTexts(wanted), Some(Value::Text(text))) => wanted.contains(text),
            (Self::Range(range), Some(Value::Number(number))) => range.holds(*number),
            _ => false,
        }
    }
}

impl Range {
    fn holds(&self, number: Decimal) -> bool {
        let is_in = self.from.is_none_or(|from| number >= from) && self.until.is_none_or(|until| number < until);
        let has_bits = match (self.mask, number.to_u64()) {
            (Some(mask), Some(bits)) => bits & mask == self.is.unwrap_or(mask),
            (Some(_), None) => false,
            (None, _) => true,
        };
        is_in && has_bits
    }
}
