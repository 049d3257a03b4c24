//! From the words of a register to a value, and back.

use amprule_hooks::driver::ModbusFunction;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use serde::Deserialize;

/// How words are read. Big-endian, the high word first, unless `swap` says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    #[default]
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// ASCII, two characters in a word, to the first NUL.
    Text,
}

/// A value of the device, and where it stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) register: u16,
    #[serde(default)]
    pub(super) function: ModbusFunction,
    #[serde(default, rename = "type")]
    pub(super) form: Form,
    /// The low word first.
    #[serde(default)]
    pub(super) swap: bool,
    /// Words of a text.
    pub(super) words: Option<u16>,
    /// Of the raw value: first the mask, then shifted right.
    pub(super) mask: Option<u64>,
    #[serde(default)]
    pub(super) shift: u8,
    /// Then it is multiplied, and the offset added.
    #[serde(default = "one")]
    pub(super) scale: Decimal,
    #[serde(default)]
    pub(super) offset: Decimal,
    /// Raw values that mean that there is none.
    #[serde(default)]
    pub(super) none: Vec<u64>,
    /// One that the device refuses is not there, and costs nothing else.
    #[serde(default)]
    pub(super) optional: bool,
}

/// What a point is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(Decimal),
    Text(String),
}

const fn one() -> Decimal {
    Decimal::ONE
}

impl Form {
    const fn words(self) -> Option<u16> {
        match self {
            Self::U16 | Self::I16 => Some(1),
            Self::U32 | Self::I32 | Self::F32 => Some(2),
            Self::U64 | Self::I64 | Self::F64 => Some(4),
            Self::Text => None,
        }
    }
}

impl Point {
    pub(super) fn count(&self) -> u16 {
        self.form.words().or(self.words).unwrap_or(1)
    }

    pub(super) fn complaint(&self) -> Option<String> {
        match (self.form.words(), self.words) {
            (Some(_), Some(_)) => Some("only a text has `words`".to_owned()),
            (None, None) => Some("a text says how many `words` it has".to_owned()),
            (None, Some(words)) if !(1..=32).contains(&words) => Some("a text has 1 to 32 words".to_owned()),
            _ if self.shift > 63 => Some("shift is 0 to 63".to_owned()),
            _ if self.register.checked_add(self.count() - 1).is_none() => {
                Some("it reaches beyond register 65535".to_owned())
            }
            _ => None,
        }
    }

    /// `None`: the device says that there is no such value.
    pub(super) fn value(&self, words: &[u16]) -> Option<Value> {
        if self.form == Form::Text {
            let bytes: Vec<u8> =
                words.iter().flat_map(|word| word.to_be_bytes()).take_while(|byte| *byte != 0).collect();
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            return (!text.is_empty()).then_some(Value::Text(text));
        }
        let raw = self.raw(words);
        if self.none.contains(&raw) {
            return None;
        }
        let number = match self.form {
            Form::F32 => Decimal::from_f32(f32::from_bits(u32::try_from(raw).ok()?))?,
            Form::F64 => Decimal::from_f64(f64::from_bits(raw))?,
            Form::I16 => Decimal::from(raw as u16 as i16),
            Form::I32 => Decimal::from(raw as u32 as i32),
            Form::I64 => Decimal::from(raw as i64),
            _ => Decimal::from((raw & self.mask.unwrap_or(u64::MAX)) >> self.shift),
        };
        number.checked_mul(self.scale)?.checked_add(self.offset).map(Value::Number)
    }

    fn raw(&self, words: &[u16]) -> u64 {
        let join = |raw: u64, word: &u16| (raw << 16) | u64::from(*word);
        if self.swap { words.iter().rev().fold(0, join) } else { words.iter().fold(0, join) }
    }
}

/// The words that say this number. The error: it does not fit.
pub(super) fn words_of(form: Form, swap: bool, number: Decimal) -> Result<Vec<u16>, String> {
    let unfit = || format!("{number} does not fit a register of type {form:?}").to_lowercase();
    // Rounded down: a limit is never said higher than it is.
    let whole = number.floor();
    let bytes: Vec<u8> = match form {
        Form::U16 => whole.to_u16().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::I16 => whole.to_i16().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::U32 => whole.to_u32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::I32 => whole.to_i32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::U64 => whole.to_u64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::I64 => whole.to_i64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::F32 => number.to_f32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::F64 => number.to_f64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
        Form::Text => return Err("a text is not written".to_owned()),
    };
    let mut words: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    if swap {
        words.reverse();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str) -> Point {
        toml::from_str(&format!("register = 1\n{text}")).expect(text)
    }

    #[test]
    fn words_are_read_as_the_map_says() {
        let number = |text: &str| Some(Value::Number(text.parse().expect("a number")));
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
            ("type = \"text\"\nwords = 4", &[0x4142, 0x4300, 0x4444, 0], Some(Value::Text("ABC".to_owned()))),
            ("type = \"text\"\nwords = 1", &[0], None),
        ] {
            assert_eq!(point(of).value(words), expect, "{of}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_map_says_or_not_at_all() {
        for (form, swap, number, expect) in [
            (Form::U16, false, "16000", Some(vec![16_000])),
            (Form::U16, false, "65536", None),
            (Form::U16, false, "-1", None),
            (Form::I16, false, "-1", Some(vec![0xffff])),
            (Form::U32, false, "65538", Some(vec![1, 2])),
            (Form::U32, true, "65538", Some(vec![2, 1])),
            (Form::F32, false, "16", Some(vec![0x4180, 0])),
        ] {
            let number = number.parse().expect("a number");
            assert_eq!(words_of(form, swap, number).ok(), expect, "{form:?} {number}");
        }
    }
}
