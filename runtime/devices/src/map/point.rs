//! A value of the device, and where it stands: in a register, or in the JSON that a request is answered with.

use amprule_hooks::driver::ModbusFunction;
use amprule_wires::topic;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use schemars::JsonSchema;
use serde::Deserialize;

use super::form::Form;
use super::value::Value;

const MOST_WORDS: u16 = 64;

/// A value, and where it stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    { "required": ["register"] }, { "required": ["request"] }, { "required": ["topic"] },
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
    /// Of a topic: a message that is older counts as none; 0: none is too old. It goes before the `stale_s` of `[device]`.
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
            return self.topic_complaint(topic);
        }
        let why = match self.register {
            None if !is_in_json => {
                "say the register, the topic, or the request and the pointer into its answer, that it stands in"
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

    fn topic_complaint(&self, topic: &str) -> Option<String> {
        let is_elsewhere = self.register.is_some() || self.request.is_some() || self.words.is_some() || self.swap;
        let pointer = self.pointer.as_ref().filter(|pointer| !pointer.starts_with('/'));
        if let Some(why) = topic::complaint(topic) {
            return Some(format!("the topic {topic:?}: {why}"));
        }
        if is_elsewhere {
            return Some("it stands in a topic's message, and has no register, request, words and swap".to_owned());
        }
        pointer.map(|_| "a pointer begins with / and has a / before each member (RFC 6901)".to_owned())
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

    /// Of a topic's message: JSON where a pointer leads into it, and as it is where none does.
    pub(super) fn of_message(&self, message: &str, is_text: bool) -> Option<Value> {
        let json = match self.pointer {
            Some(_) => serde_json::from_str(message).ok()?,
            None => serde_json::Value::String(message.to_owned()),
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
