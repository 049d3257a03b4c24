//! A value of the device, and where it stands: in a register, in what a request is answered with, or in what comes by itself.

use amprule_hooks::driver::ModbusFunction;
use amprule_wires::topic;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use schemars::JsonSchema;
use serde::Deserialize;

use super::document::{MODBUS, MQTT, STREAM};
use super::form::Form;
use super::value::Value;

const MOST_WORDS: u16 = 64;

/// A value, and where it stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["register"] }, { "required": ["request"] }, { "required": ["topic"] }, { "required": ["message"] },
]))]
pub(super) struct Point {
    /// As on the wire: a manual that counts from 40001 means 0 by it.
    pub(super) register: Option<u16>,
    /// Where the register is: holding without it.
    #[serde(default)]
    pub(super) function: ModbusFunction,
    /// The request whose answer has it …
    pub(super) request: Option<String>,
    /// Or the topic whose last message has it.
    pub(super) topic: Option<String>,
    /// Or what the last message of a stream contains that has it …
    pub(super) message: Option<String>,
    /// … up to this, from behind that text on. Without it and without a pointer it is the rest of the message.
    until: Option<String>,
    /// … and where in its JSON (RFC 6901). Without one it is all of the answer.
    #[schemars(regex(pattern = "^/"))]
    pub(super) pointer: Option<String>,
    /// Where it is read, when that is not the wire of `[device]`.
    pub(super) wire: Option<String>,
    /// How its words are read: u16 without it.
    #[serde(default, rename = "type")]
    form: Form,
    /// The low word first.
    #[serde(default)]
    swap: bool,
    /// Words of a text.
    #[schemars(range(min = 1, max = 64))]
    words: Option<u16>,
    /// Of the raw value: first the mask, then shifted right.
    mask: Option<u64>,
    /// Bits to the right, behind the mask.
    #[serde(default)]
    #[schemars(range(max = 63))]
    shift: u8,
    /// Then it is multiplied, and the offset added.
    #[serde(default = "one")]
    scale: Decimal,
    /// Behind the scale.
    #[serde(default)]
    offset: Decimal,
    /// Raw values that mean that there is none.
    #[serde(default)]
    none: Vec<u64>,
    /// Other points that are added to it, as they were read. One that is missing makes this one missing.
    #[serde(default)]
    pub(super) plus: Vec<String>,
    /// Other points that are taken away from it.
    #[serde(default)]
    pub(super) minus: Vec<String>,
    /// Of a topic, or of a stream: a message that is older counts as none; 0: none is too old. It goes before the `stale_s` of `[device]`.
    pub(super) stale_s: Option<u32>,
    /// One that the device refuses is not there, and costs nothing else.
    #[serde(default)]
    pub(super) optional: bool,
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl Point {
    /// Registers.
    pub(super) fn count(&self) -> u16 {
        self.form.words().or(self.words).unwrap_or(1)
    }

    pub(super) fn complaint(&self) -> Option<String> {
        let is_in_json = self.request.is_some();
        if let Some(topic) = &self.topic {
            let why = topic::complaint(topic).map(|why| format!("the topic {topic:?}: {why}"));
            return why.or_else(|| self.heard_complaint());
        }
        if let Some(text) = &self.message {
            let is_text = (1..=200).contains(&text.len()) && !text.contains(char::is_control);
            let why = (!is_text).then(|| format!("the message {text:?}: it is a text of 1 to 200 bytes in one line"));
            return why.or_else(|| self.heard_complaint());
        }
        if self.until.is_some() {
            return Some("until is for what stands in a message".to_owned());
        }
        let why = match self.register {
            None if !is_in_json => {
                "say the register, the topic, the message, or the request and the pointer into its answer, that it stands in"
            }
            Some(_) if is_in_json => "it stands in a register, or in a request's answer, and not in both",
            Some(_) if self.pointer.is_some() => "a register has no pointer",
            None if self.words.is_some() || self.swap || self.wire.is_some() => {
                "words, swap and wire are for registers; a request has a wire of its own"
            }
            None if self.pointer.as_ref().is_some_and(|pointer| !pointer.starts_with('/')) => {
                "a pointer begins with / and has a / before each member (RFC 6901): \"/nrg/11\""
            }
            None => return self.shift_complaint(),
            Some(_) if self.form.is_text() != self.words.is_some() => {
                "a text says how many `words` it has, and nothing else does"
            }
            Some(_) if self.words.is_some_and(|words| !(1..=MOST_WORDS).contains(&words)) => "a text has 1 to 64 words",
            Some(register) if register.checked_add(self.count() - 1).is_none() => "it reaches beyond register 65535",
            Some(_) => return self.shift_complaint(),
        };
        Some(why.to_owned())
    }

    fn heard_complaint(&self) -> Option<String> {
        let is_elsewhere = self.register.is_some() || self.request.is_some() || self.words.is_some() || self.swap;
        let pointer = self.pointer.as_ref().filter(|pointer| !pointer.starts_with('/'));
        let why = if is_elsewhere {
            "it stands in a topic's message or in a stream's, and has no register, request, words and swap"
        } else if self.topic.is_some() && (self.message.is_some() || self.until.is_some()) {
            "message and until are for streams, and a topic is for MQTT"
        } else if self.until.as_ref().is_some_and(String::is_empty) {
            "until is what stands behind the value; without it the value is the rest of the message"
        } else if self.until.is_some() && self.pointer.is_some() {
            "until is for a text, and a pointer for JSON"
        } else {
            let why = pointer.map(|_| "a pointer begins with / and has a / before each member (RFC 6901)".to_owned());
            return why.or_else(|| self.shift_complaint());
        };
        Some(why.to_owned())
    }

    /// Of the wire that it is read over, where that is not a request's.
    pub(super) const fn kind(&self) -> &'static str {
        match (&self.topic, &self.message) {
            (Some(_), _) => MQTT,
            (None, Some(_)) => STREAM,
            (None, None) => MODBUS,
        }
    }

    /// Whether a stream's message ends as it should.
    pub(super) fn is_in(&self, message: &str) -> bool {
        let behind = self.message.as_ref().and_then(|known_by| Some(message.split_once(known_by)?.1));
        behind.is_none_or(|behind| behind.contains(self.until()))
    }

    /// Nothing, where a value is the rest of its message.
    pub(super) fn until(&self) -> &str {
        self.until.as_deref().unwrap_or_default()
    }

    /// What is listened for.
    pub(super) fn heard_by(&self) -> Option<&String> {
        self.topic.as_ref().or(self.message.as_ref())
    }

    fn shift_complaint(&self) -> Option<String> {
        (self.shift > 63).then(|| "shift is 0 to 63".to_owned())
    }

    /// Of its registers. `None`: the device says that there is no such value.
    pub(super) fn of_words(&self, words: &[u16]) -> Option<Value> {
        if self.form.is_text() {
            return self.form.text(words).map(Value::Text);
        }
        let join = |raw: u64, word: &u16| (raw << 16) | u64::from(*word);
        let raw = if self.swap { words.iter().rev().fold(0, join) } else { words.iter().fold(0, join) };
        if self.none.contains(&raw) {
            return None;
        }
        let bits = (raw & self.mask.unwrap_or(u64::MAX)) >> self.shift;
        let is_unsigned = matches!(self.form, Form::U16 | Form::U32 | Form::U64);
        self.scaled(self.form.number(if is_unsigned { bits } else { raw })?)
    }

    /// Of a message: JSON where a pointer leads into it; where none does, a topic's as it is, and of a stream's what stands behind the
    /// text by which it is known.
    pub(super) fn of_message(&self, message: &str, is_text: bool) -> Option<Value> {
        let json = match (&self.pointer, &self.message) {
            (Some(_), _) => serde_json::from_str(message).ok()?,
            (None, None) => serde_json::Value::String(message.to_owned()),
            (None, Some(known_by)) => {
                let (_, behind) = message.split_once(known_by)?;
                let said = self.until.as_ref().map_or(Some(behind), |until| Some(behind.split_once(until)?.0))?;
                serde_json::Value::String(said.to_owned())
            }
        };
        self.of_json(&json, is_text)
    }

    /// Of an answer's JSON. `is_text`: digits stay what they are written as, since a card may begin with zeros.
    pub(super) fn of_json(&self, answer: &serde_json::Value, is_text: bool) -> Option<Value> {
        let found = self.pointer.as_ref().map_or(Some(answer), |pointer| answer.pointer(pointer))?;
        let number = match found {
            serde_json::Value::Bool(flag) => Decimal::from(u8::from(*flag)),
            serde_json::Value::Number(number) => decimal(&number.to_string())?,
            serde_json::Value::String(text) => match decimal(text).filter(|_| !is_text && !self.form.is_text()) {
                Some(number) => number,
                None => return (!text.trim().is_empty()).then(|| Value::Text(text.trim().to_owned())),
            },
            _ => return None,
        };
        let raw = number.to_u64();
        if raw.is_some_and(|raw| self.none.contains(&raw) && number.fract().is_zero()) {
            return None;
        }
        match self.mask {
            Some(mask) => self.scaled(Decimal::from((raw? & mask) >> self.shift)),
            None => self.scaled(number),
        }
    }

    fn scaled(&self, number: Decimal) -> Option<Value> {
        number.checked_mul(self.scale)?.checked_add(self.offset).map(Value::Number)
    }
}

/// Also with an exponent, as JSON may have it.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn point(text: &str) -> Point {
        toml::from_str(text).expect(text)
    }

    fn number(text: &str) -> Option<Value> {
        Some(Value::Number(text.parse().expect("a number")))
    }

    fn text(text: &str) -> Option<Value> {
        Some(Value::Text(text.to_owned()))
    }

    #[test]
    fn words_are_read_as_the_map_says() {
        for (of, words, expect) in [
            ("", &[17_u16][..], number("17")),
            ("type = \"i16\"", &[0xffff], number("-1")),
            ("type = \"u32\"", &[1, 2], number("65538")),
            ("type = \"u32\"\nswap = true", &[2, 1], number("65538")),
            ("type = \"u32\"\nscale = \"0.1\"", &[0, 12_345], number("1234.5")),
            ("type = \"i32\"\nscale = \"0.001\"\noffset = 5", &[0xffff, 0xfc18], number("4")),
            ("type = \"f32\"", &[0x41c8, 0], number("25")),
            ("type = \"f64\"", &[0x4059, 0, 0, 0], number("100")),
            ("type = \"u32\"\nmask = 0x7f00\nshift = 8", &[0x1111, 0x8412], number("4")),
            ("none = [0xffff]", &[0xffff], None),
            ("type = \"f32\"", &[0x7fc0, 0], None),
            ("type = \"text\"\nwords = 4", &[0x4142, 0x4300, 0x4444, 0], text("ABC")),
            ("type = \"text\"\nwords = 1", &[0], None),
            ("type = \"utf16\"\nwords = 4", &[0x41, 0x42, 0, 0x43], text("AB")),
        ] {
            assert_eq!(point(&format!("register = 1\n{of}")).of_words(words), expect, "{of}");
        }
    }

    #[test]
    fn a_message_of_a_stream_is_read_behind_what_it_is_known_by() {
        for (of, message, expect) in [
            ("message = \"1.7.0(\"\nuntil = \"*kW\"\nscale = 1000", "1-0:1.7.0(00.424*kW)", number("424")),
            ("message = \"1.7.0(\"\nuntil = \"*kW\"", "1-0:1.7.0(00.424*W)", None),
            ("message = \"1.7.0(\"\nuntil = \")\"", "1-0:2.7.0(00.424)", None),
            ("message = \"power=\"", "U=230 power=-7.5 ", number("-7.5")),
            ("message = \"\\\"topic\\\":\\\"m\\\"\"\npointer = \"/p/0\"", r#"{"topic":"m","p":[7.5]}"#, number("7.5")),
        ] {
            assert_eq!(point(of).of_message(message, false), expect, "{of}");
        }
    }

    #[test]
    fn json_is_read_where_the_pointer_leads() {
        let answer = json!({ "car": 2, "nrg": [0, 0, 11_042.5], "alw": true, "trx": null, "sse": "0012", "wh": "1e3" });
        for (of, is_text, expect) in [
            ("pointer = \"/car\"", false, number("2")),
            ("pointer = \"/nrg/2\"", false, number("11042.5")),
            ("pointer = \"/nrg/2\"\nscale = 0.001", false, number("11.0425")),
            ("pointer = \"/alw\"", false, number("1")),
            ("pointer = \"/trx\"", false, None),
            ("pointer = \"/no/such\"", false, None),
            ("pointer = \"/car\"\nnone = [2]", false, None),
            ("pointer = \"/sse\"", false, number("12")),
            ("pointer = \"/sse\"", true, text("0012")),
            ("pointer = \"/wh\"", false, number("1000")),
        ] {
            let found = point(&format!("request = \"status\"\n{of}")).of_json(&answer, is_text);
            assert_eq!(found, expect, "{of}");
        }
    }
}
