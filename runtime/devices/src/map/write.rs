//! What is said to a device so that it does something.

use amprule_hooks::driver::{HttpAsk, HttpMethod, Message, ModbusWrite, Publish, WireProblem, Wires};
use amprule_wires::topic;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::document::{HTTP, MODBUS, MQTT, STREAM};
use super::form::Form;

/// What stands for the number in a path or a body.
const NUMBER: &str = "{value}";

/// To a register or a coil, or as a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["register"] }, { "required": ["get"] }, { "required": ["post"] }, { "required": ["put"] },
    { "required": ["publish"] }, { "required": ["send"] },
]))]
pub(super) struct Write {
    /// As on the wire.
    pub(super) register: Option<u16>,
    /// A register, a number: what it is.
    pub(super) value: Option<Decimal>,
    /// Amperes are multiplied by it, and rounded down.
    #[serde(default = "one")]
    pub(super) scale: Decimal,
    /// How the number is written: u16 without it.
    #[serde(default, rename = "type")]
    form: Form,
    /// The low word first.
    #[serde(default)]
    swap: bool,
    /// Function 16 also for one word.
    #[serde(default)]
    multiple: bool,
    /// Function 5.
    #[serde(default)]
    coil: bool,
    /// A path, in which `{value}` stands for the number.
    #[schemars(regex(pattern = "^/"))]
    get: Option<String>,
    /// A path.
    #[schemars(regex(pattern = "^/"))]
    post: Option<String>,
    /// A path.
    #[schemars(regex(pattern = "^/"))]
    put: Option<String>,
    /// A topic.
    publish: Option<String>,
    /// A message of a stream, in which `{value}` stands for the number.
    send: Option<String>,
    /// The broker keeps what is published for whoever listens later.
    #[serde(default)]
    retain: bool,
    /// JSON, or what is published, in which `{value}` stands for the number.
    body: Option<String>,
    /// What the answer contains when it was done: some boxes say no with status 200.
    expect: Option<String>,
    /// Where it is said, when that is not the wire of `[device]`.
    pub(super) wire: Option<String>,
    /// A device that refuses it does without.
    #[serde(default)]
    optional: bool,
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl Write {
    /// As one of a command, where `numbers` are the least and the most that it is said with.
    pub(super) fn complaint(&self, numbers: &[Decimal]) -> Option<String> {
        let asks = [&self.get, &self.post, &self.put, &self.publish, &self.send].into_iter().flatten().count();
        if usize::from(self.register.is_some()) + asks != 1 {
            return Some("a write has one of register, get, post, put, publish and send".to_owned());
        }
        if self.retain && self.publish.is_none() {
            return Some("retain is for what is published".to_owned());
        }
        if let Some(topic) = &self.publish {
            let why =
                self.expect.as_ref().map(|_| "a broker answers nothing to expect").or_else(|| topic::complaint(topic));
            return why.map(|why| format!("the topic {topic:?}: {why}"));
        }
        if self.send.is_some() {
            return self.body.as_ref().map(|_| "what is sent is its own body".to_owned());
        }
        let Some(register) = self.register else {
            return self
                .path()
                .filter(|path| !path.starts_with('/'))
                .map(|path| format!("the path {path:?} begins with no /"));
        };
        if self.body.is_some() || self.expect.is_some() {
            return Some(format!("register {register}: body and expect are for requests"));
        }
        if self.coil {
            return None;
        }
        let unfit =
            numbers.iter().find_map(|number| self.form.words_of(self.swap, number.checked_mul(self.factor())?).err());
        unfit.map(|why| format!("register {register}: {why}"))
    }

    /// A value that is written down is what is said.
    fn factor(&self) -> Decimal {
        if self.value.is_some() { Decimal::ONE } else { self.scale }
    }

    /// Of the wire that it is said over.
    pub(super) fn kind(&self) -> &'static str {
        match (self.register, &self.publish, &self.send) {
            (Some(_), _, _) => MODBUS,
            (None, Some(_), _) => MQTT,
            (None, None, Some(_)) => STREAM,
            (None, None, None) => HTTP,
        }
    }

    fn path(&self) -> Option<&String> {
        self.get.as_ref().or(self.post.as_ref()).or(self.put.as_ref())
    }

    /// Whether it is said with the number of a limit.
    pub(super) fn has_number(&self) -> bool {
        let texts = [self.path(), self.body.as_ref(), self.send.as_ref()];
        match self.register {
            Some(_) => self.value.is_none(),
            None => self.value.is_none() && texts.into_iter().flatten().any(|text| text.contains(NUMBER)),
        }
    }

    /// Whether it lacks what it is to say.
    pub(super) fn is_empty(&self) -> bool {
        self.value.is_none() && (self.register.is_some() || self.has_number())
    }

    /// `amperes` where it has no value of its own.
    pub(super) async fn say(&self, wires: &dyn Wires, usual: &str, amperes: Decimal) -> Result<(), WireProblem> {
        let wire = self.wire.as_deref().unwrap_or(usual);
        let number = self.value.or_else(|| amperes.checked_mul(self.scale));
        let number = number.ok_or_else(|| unsayable("the number is too large".to_owned()))?;
        let said = match (self.register, &self.publish, &self.send) {
            (Some(address), _, _) => wires.write(wire, &self.modbus(address, number)?).await,
            (None, Some(topic), _) => wires.publish(wire, &self.published(topic, number)).await,
            (None, None, Some(text)) => {
                let text = text.replace(NUMBER, &self.spelt(number));
                wires.message(wire, &Message { text, fits: self.expect.clone(), switches: true }).await.map(drop)
            }
            (None, None, None) => self.ask(wires, wire, number).await,
        };
        said.or_else(|problem| if problem.is_refusal && self.optional { Ok(()) } else { Err(problem) })
    }

    fn modbus(&self, address: u16, number: Decimal) -> Result<ModbusWrite, WireProblem> {
        if self.coil {
            return Ok(ModbusWrite::Coil { address, is_on: !number.is_zero() });
        }
        let words = self.form.words_of(self.swap, number).map_err(unsayable)?;
        Ok(match words[..] {
            [word] if !self.multiple => ModbusWrite::Register { address, word },
            _ => ModbusWrite::Registers { address, words },
        })
    }

    fn published(&self, topic: &str, number: Decimal) -> Publish {
        let body = self.body.as_deref().unwrap_or_default().replace(NUMBER, &self.spelt(number));
        Publish { topic: topic.to_owned(), body, retain: self.retain, switches: true }
    }

    async fn ask(&self, wires: &dyn Wires, wire: &str, number: Decimal) -> Result<(), WireProblem> {
        let number = self.spelt(number);
        let filled = |text: &String| text.replace(NUMBER, &number);
        let path = self.path().map(filled).unwrap_or_default();
        let method = match (&self.post, &self.put) {
            (Some(_), _) => HttpMethod::Post,
            (_, Some(_)) => HttpMethod::Put,
            _ => HttpMethod::Get,
        };
        let (body, expect) = (self.body.as_ref().map(filled), self.expect.clone());
        let ask = HttpAsk { method, path, body, switches: true, expect };
        wires.http(wire, &ask).await.map(drop)
    }

    /// Whole, and rounded down, unless its type has places: a limit is never said higher than it is.
    fn spelt(&self, number: Decimal) -> String {
        match self.form {
            Form::F32 | Form::F64 => number.normalize().to_string(),
            _ => number.floor().normalize().to_string(),
        }
    }
}

fn unsayable(why: String) -> WireProblem {
    WireProblem { is_refusal: true, is_there: true, why }
}
