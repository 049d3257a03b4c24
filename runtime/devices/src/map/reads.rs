//! What is read at a turn: registers in blocks, and the answers of requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_hooks::driver::{HttpAsk, HttpMethod, Message, ModbusRead, Publish, TopicAsk, WireProblem, Wires};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::document::{Map, TEXTS};
use super::point::Point;
use super::value::Value;

/// How long an optional read that was refused is not asked for.
const REST: SignedDuration = SignedDuration::from_secs(60);

pub(super) type Values = BTreeMap<String, Value>;

/// Reads that cover all points.
pub(super) struct Reads {
    map: Arc<Map>,
    reads: Vec<Read>,
    /// In the last turn.
    lacking: Lacking,
}

/// Points that must be there and were not, and why.
type Lacking = BTreeMap<String, String>;

struct Read {
    wire: String,
    what: What,
    points: Vec<String>,
    is_optional: bool,
    /// When it was refused last.
    refused_at: Option<Timestamp>,
}

/// What was refused: the points that are read by themselves since, and those that are not asked for now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refused {
    single: Vec<String>,
    resting: Vec<(String, Timestamp)>,
}

enum What {
    Registers(ModbusRead),
    Request(HttpAsk),
    /// Of a stream.
    Message(Message),
    /// Its answer comes by a topic.
    Publish(Publish),
    Topic(TopicAsk),
}

impl Reads {
    pub(super) fn new(map: &Arc<Map>) -> Self {
        let reads = blocks(map).into_iter().chain(requests(map)).chain(topics(map)).collect();
        Self { map: Arc::clone(map), reads, lacking: Lacking::new() }
    }

    /// In words for people: those that the bill or the state hangs on, or all of a meter's.
    pub(super) fn lacking(&self) -> impl Iterator<Item = String> {
        let counts = |name: &str| {
            let is_of_state = || self.map.state.iter().any(|rule| rule.when.contains_key(name));
            self.map.is_meter() || ["energy_wh", "session_wh"].contains(&name) || is_of_state()
        };
        let lacking = self.lacking.iter().filter(move |(name, _)| counts(name));
        lacking.map(|(name, why)| format!("{name} is not there: {why}"))
    }

    /// Before anything is said: what is answered by a topic is heard.
    pub(super) async fn listen(&self, wires: &dyn Wires) -> Result<(), WireProblem> {
        let mut topics: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for read in &self.reads {
            if let What::Topic(ask) = &read.what {
                topics.entry(&read.wire).or_default().push(ask.topic.clone());
            }
        }
        for (wire, topics) in topics {
            wires.listen(wire, &topics).await?;
        }
        Ok(())
    }

    /// What the device refuses costs its own value and no other: a block that is refused is asked for point by point from then on,
    /// and an optional read that is refused not for a while.
    pub(super) async fn values(&mut self, now: Timestamp, wires: &dyn Wires) -> Result<Values, WireProblem> {
        let mut values = Values::new();
        self.lacking.clear();
        let mut asked = std::mem::take(&mut self.reads);
        self.reads.reserve_exact(asked.len());
        asked.reverse();
        while let Some(read) = asked.pop() {
            if read.refused_at.is_some_and(|at| !is_over(at, REST, now)) {
                self.reads.push(read);
                continue;
            }
            match read.ask(wires, &self.map, &mut values, &mut self.lacking).await {
                Ok(()) => self.reads.push(read),
                Err(problem) if problem.is_refusal && read.is_block() => {
                    asked.extend(read.points.iter().rev().filter_map(|name| Read::of(name, &self.map)));
                }
                // It cannot now, or not all at once: what it can is read in this turn.
                Err(problem) if problem.is_passing() && read.is_block() => {
                    let came = self.point_by_point(&read, wires, &mut values).await;
                    self.reads.push(read);
                    if let Err(problem) = came {
                        self.reads.extend(asked.into_iter().rev());
                        return Err(problem);
                    }
                }
                Err(problem) if problem.is_passing() && read.is_optional && read.is_of_registers() => {
                    self.reads.push(Read { refused_at: Some(now), ..read });
                }
                // A request that is refused is a fault: all that is known of such a device may come from it.
                Err(problem) if problem.is_refusal && (read.is_optional || read.is_of_registers()) => {
                    let refused_at = read.is_optional.then_some(now);
                    let needed = read.points.iter().filter(|_| !read.is_optional);
                    self.lacking.extend(needed.map(|name| (name.clone(), problem.why.clone())));
                    self.reads.push(Read { refused_at, ..read });
                }
                // Of one that may be left out nothing was heard: it is looked for again at once, which costs nothing.
                Err(problem) if problem.is_refusal && read.is_optional_topic() => self.reads.push(read),
                Err(problem) => {
                    let is_refusal = problem.is_refusal && !matches!(read.what, What::Topic(_));
                    let problem = WireProblem { is_refusal, ..problem };
                    self.reads.push(read);
                    self.reads.extend(asked.into_iter().rev());
                    return Err(problem);
                }
            }
        }
        self.add_up(&mut values);
        Ok(values)
    }

    /// In this turn alone: the next one asks for the block again.
    async fn point_by_point(
        &mut self,
        block: &Read,
        wires: &dyn Wires,
        values: &mut Values,
    ) -> Result<(), WireProblem> {
        for single in block.points.iter().filter_map(|name| Read::of(name, &self.map)) {
            match single.ask(wires, &self.map, values, &mut self.lacking).await {
                Err(problem) if !(problem.is_there && single.is_optional) => return Err(problem),
                _ => {}
            }
        }
        Ok(())
    }

    /// What is added and taken away is so of values as they were read.
    fn add_up(&self, values: &mut Values) {
        let number = |name: &String| values.get(name).and_then(Value::number);
        let sum = |name: &String, point: &Point| {
            let added = point.plus.iter().try_fold(number(name)?, |sum, term| sum.checked_add(number(term)?))?;
            point.minus.iter().try_fold(added, |sum, term| sum.checked_sub(number(term)?))
        };
        let is_sum = |(_, point): &(&String, &Point)| !point.plus.is_empty() || !point.minus.is_empty();
        let sums = self.map.points.iter().filter(is_sum).map(|(name, point)| (name, sum(name, point)));
        for (name, sum) in sums.collect::<Vec<_>>() {
            match sum {
                Some(sum) => drop(values.insert(name.clone(), Value::Number(sum))),
                None => drop(values.remove(name)),
            }
        }
    }

    pub(super) fn refused(&self) -> Refused {
        let alone = Self::new(&self.map);
        let is_block = |name: &&String| alone.reads.iter().any(|read| read.is_block() && read.points.contains(name));
        let single = self.reads.iter().filter(|read| read.is_of_registers() && !read.is_block());
        let resting = self.reads.iter().filter_map(|read| Some((read.name()?, read.refused_at?)));
        Refused {
            single: single.flat_map(|read| &read.points).filter(is_block).cloned().collect(),
            resting: resting.collect(),
        }
    }

    /// As it was when this was refused.
    pub(super) fn refuse(&mut self, refused: &Refused) {
        let is_split = |read: &Read| read.is_block() && read.points.iter().any(|name| refused.single.contains(name));
        let read = |read: Read| match is_split(&read) {
            true => read.points.iter().filter_map(|name| Read::of(name, &self.map)).collect(),
            false => vec![read],
        };
        self.reads = std::mem::take(&mut self.reads).into_iter().flat_map(read).collect();
        for read in &mut self.reads {
            let rest = refused.resting.iter().find(|(name, _)| read.name().as_ref() == Some(name));
            read.refused_at = rest.map(|(_, at)| *at);
        }
    }
}

/// Also where the clock was set back: what is due is done rather once more.
pub(super) fn is_over(since: Timestamp, lasts: SignedDuration, now: Timestamp) -> bool {
    now < since || now.duration_since(since) >= lasts
}

impl Read {
    /// By which it is found again: that of its first point.
    fn name(&self) -> Option<String> {
        self.points.first().cloned()
    }

    /// Of one point alone, if it stands in a register.
    fn of(name: &str, map: &Map) -> Option<Self> {
        let point = &map.points[name];
        let read = ModbusRead { function: point.function, address: point.register?, count: point.count() };
        let wire = point.wire.clone().unwrap_or_else(|| map.device.wire.clone());
        let (what, points) = (What::Registers(read), vec![name.to_owned()]);
        Some(Self { wire, what, points, is_optional: point.optional, refused_at: None })
    }

    fn is_optional_topic(&self) -> bool {
        self.is_optional && matches!(self.what, What::Topic(_))
    }

    fn is_of_registers(&self) -> bool {
        matches!(self.what, What::Registers(_))
    }

    fn is_block(&self) -> bool {
        self.is_of_registers() && self.points.len() > 1
    }

    async fn ask(
        &self,
        wires: &dyn Wires,
        map: &Map,
        values: &mut Values,
        lacking: &mut Lacking,
    ) -> Result<(), WireProblem> {
        match &self.what {
            What::Registers(read) => {
                let words = wires.read(&self.wire, *read).await?;
                let value = |name: &String| {
                    let point = &map.points[name];
                    let from = usize::from(point.register? - read.address);
                    Some((name.clone(), point.of_words(words.get(from..from + usize::from(point.count()))?)?))
                };
                values.extend(self.points.iter().filter_map(value));
            }
            What::Request(ask) => {
                let answer = wires.http(&self.wire, ask).await?;
                self.take_json(&answer, &ask.to_string(), map, values, lacking)?;
            }
            What::Message(ask) => {
                let answer = wires.message(&self.wire, ask).await?;
                self.take_json(&answer, &ask.text, map, values, lacking)?;
            }
            What::Publish(publish) => wires.publish(&self.wire, publish).await?,
            What::Topic(ask) => {
                let message = wires.topic(&self.wire, ask).await?;
                self.fits(&message, map)?;
                let is_text = |name: &String| TEXTS.contains(&name.as_str());
                let value = |name: &String| Some((name.clone(), map.points[name].of_message(&message, is_text(name))?));
                values.extend(self.points.iter().filter_map(value));
            }
        }
        Ok(())
    }

    /// Where a text is not as the map says, the map is wrong, or another box is there.
    fn fits(&self, message: &str, map: &Map) -> Result<(), WireProblem> {
        let unfit = |name: &&String| !map.points[*name].optional && !map.points[*name].is_in(message);
        let Some(name) = self.points.iter().find(unfit) else { return Ok(()) };
        let shown: String = message.chars().take(80).collect();
        let why = format!("points.{name}: {shown:?} has no {:?} behind it", map.points[name].until());
        Err(WireProblem { is_refusal: false, is_there: false, why })
    }

    fn take_json(
        &self,
        answer: &str,
        asked: &str,
        map: &Map,
        values: &mut Values,
        lacking: &mut Lacking,
    ) -> Result<(), WireProblem> {
        let answer: serde_json::Value = serde_json::from_str(answer).map_err(|error| WireProblem {
            is_refusal: false,
            is_there: true,
            why: format!(
                "{asked} is answered with something else than JSON: {error}; look whether its API is switched on, and read other texts by code"
            ),
        })?;
        let missed = |name: &String| {
            let pointer = map.points[name].pointer.as_ref().filter(|pointer| answer.pointer(pointer).is_none())?;
            Some((name.clone(), format!("nothing stands at {pointer} in the answer to {asked}")))
        };
        lacking.extend(self.points.iter().filter(|name| !map.points[*name].optional).filter_map(missed));
        let is_text = |name: &String| TEXTS.contains(&name.as_str());
        let value = |name: &String| Some((name.clone(), map.points[name].of_json(&answer, is_text(name))?));
        values.extend(self.points.iter().filter_map(value));
        Ok(())
    }

    /// Whether `next` is read with it: it lies on, or within, what is read, and the device bears as many at once.
    fn takes_in(&mut self, next: &Self, most: u16) -> bool {
        let (What::Registers(read), What::Registers(more)) = (&mut self.what, &next.what) else { return false };
        let (from, at) = (u32::from(read.address), u32::from(more.address));
        let whole = (at + u32::from(more.count)).saturating_sub(from).max(read.count.into());
        let is_alike =
            read.function == more.function && self.wire == next.wire && !next.is_optional && !self.is_optional;
        let takes_in = is_alike && at <= from + u32::from(read.count) && whole <= u32::from(most);
        if takes_in {
            read.count = u16::try_from(whole).unwrap_or(u16::MAX);
            self.points.extend(next.points.iter().cloned());
        }
        takes_in
    }
}

/// Points that lie together are read together, as far as the device bears it.
fn blocks(map: &Map) -> Vec<Read> {
    let mut single: Vec<Read> = map.points.keys().filter_map(|name| Read::of(name, map)).collect();
    single.sort_by(|one, other| one.place().cmp(&other.place()));
    let mut blocks: Vec<Read> = Vec::new();
    for next in single {
        if !blocks.last_mut().is_some_and(|block| block.takes_in(&next, map.device.block)) {
            blocks.push(next);
        }
    }
    blocks
}

impl Read {
    fn place(&self) -> (&str, Option<(amprule_hooks::driver::ModbusFunction, u16)>) {
        let registers = match &self.what {
            What::Registers(read) => Some((read.function, read.address)),
            _ => None,
        };
        (&self.wire, registers)
    }
}

/// A topic that has several points is looked at once; it may be left out if all of them may.
fn topics(map: &Map) -> Vec<Read> {
    let mut topics: BTreeMap<(String, TopicAsk), Vec<String>> = BTreeMap::new();
    for (name, point) in &map.points {
        let Some(topic) = point.heard_by().cloned() else { continue };
        let wire = point.wire.clone().unwrap_or_else(|| map.device.wire.clone());
        let stale_s = point.stale_s.or(map.device.stale_s).filter(|seconds| *seconds > 0);
        topics.entry((wire, TopicAsk { topic, stale_s })).or_default().push(name.clone());
    }
    let read = |((wire, ask), points): (_, Vec<String>)| {
        let is_optional = points.iter().all(|name| map.points[name].optional);
        Read { wire, what: What::Topic(ask), points, is_optional, refused_at: None }
    };
    topics.into_iter().map(read).collect()
}

fn requests(map: &Map) -> impl Iterator<Item = Read> {
    map.requests.iter().map(|(name, request)| {
        let wire = request.wire.clone().unwrap_or_else(|| map.device.wire.clone());
        if let Some(topic) = request.publish.clone() {
            let body = request.body.clone().unwrap_or_default();
            let what = What::Publish(Publish { topic, body, retain: false, switches: false });
            return Read { wire, what, points: Vec::new(), is_optional: request.optional, refused_at: None };
        }
        let is_of = |point: &&String| map.points[*point].request.as_ref() == Some(name);
        let points = map.points.keys().filter(is_of).cloned().collect();
        if let Some(text) = request.ask.clone() {
            let what = What::Message(Message { text, fits: request.fits.clone(), switches: false });
            return Read { wire, what, points, is_optional: request.optional, refused_at: None };
        }
        let (method, path) = match &request.post {
            Some(path) => (HttpMethod::Post, path),
            None => (HttpMethod::Get, request.get.as_ref().unwrap_or(name)),
        };
        let ask = HttpAsk { method, path: path.clone(), body: request.body.clone(), switches: false, expect: None };
        Read { wire, what: What::Request(ask), points, is_optional: request.optional, refused_at: None }
    })
}
