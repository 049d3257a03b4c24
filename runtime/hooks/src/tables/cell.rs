//! What stands in a table's cell.

use std::cmp::Ordering;
use std::fmt;

use amprule_domain::plain;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{ColumnKind, MAX_CELL};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A date too.
    Text(Box<str>),
    Number(Decimal),
    Flag(bool),
    Moment(Timestamp),
}

impl Cell {
    /// The error says what is wrong with the text and how it must be.
    pub(super) fn read(text: &str, kind: ColumnKind) -> Result<Self, String> {
        match kind {
            _ if text.len() > MAX_CELL => Err(format!("a cell has {} bytes; at most {MAX_CELL} are read", text.len())),
            ColumnKind::Text => legible(text).map(|text| Self::Text(text.into())),
            ColumnKind::Token => legible(text).map(|text| Self::Text(text.to_ascii_lowercase().into())),
            ColumnKind::Decimal => decimal(text).map(Self::Number),
            ColumnKind::Boolean if text.eq_ignore_ascii_case("true") => Ok(Self::Flag(true)),
            ColumnKind::Boolean if text.eq_ignore_ascii_case("false") => Ok(Self::Flag(false)),
            ColumnKind::Boolean => Err(format!("{text:?} is neither true nor false")),
            ColumnKind::Moment => moment(text).map(Self::Moment),
            ColumnKind::Date => date(text).map(|date| Self::Text(date.to_string().into())),
        }
    }

    /// Of the same kind, in the order of a table's keys. `None`: they cannot be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) => Some(one.cmp(other)),
            (Self::Flag(one), Self::Flag(other)) => Some(one.cmp(other)),
            (Self::Moment(one), Self::Moment(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Moment(_) => "a moment",
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Moment(at) => at.fmt(f),
        }
    }
}

/// Refuses numbers that a spreadsheet has rewritten (1.2E+10), and characters that are not seen: no question has them.
fn legible(text: &str) -> Result<&str, String> {
    if text.contains(plain::is_unseen) {
        return Err(format!("{text:?} has a character that nobody sees"));
    }
    let is_rewritten = text.split_once("E+").is_some_and(|(digits, exponent)| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(&digits.replace(['.', ','], "")) && is_number(exponent)
    });
    match is_rewritten {
        true => Err(format!("{text:?} is what a spreadsheet makes of a long number; format the column as text")),
        false => Ok(text),
    }
}

/// A comma may stand before the decimals or between the thousands: nobody guesses.
fn decimal(text: &str) -> Result<Decimal, String> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let number = is_plain.then(|| Decimal::from_str_exact(text).ok()).flatten();
    // A plugin gets a coefficient of 64 bits.
    let number = number.filter(|number| i64::try_from(number.mantissa()).is_ok());
    number.ok_or_else(|| match text.contains(',') {
        true => format!("{text:?} is no number; write it with a point, and without separators of thousands"),
        false => format!("{text:?} is no number of at most 18 digits"),
    })
}

/// Without an offset, the hour that comes twice in autumn would be guessed.
fn moment(text: &str) -> Result<Timestamp, String> {
    let at: Timestamp = text.parse().map_err(|_| {
        format!("{text:?} is no point in time with its offset, as 2026-11-21T08:15:00+01:00 or 2026-11-21T07:15:00Z is")
    })?;
    // A plugin gets milliseconds.
    match at.subsec_nanosecond() % 1_000_000 {
        0 => Ok(at),
        _ => Err(format!("{text:?} has parts of a millisecond")),
    }
}

fn date(text: &str) -> Result<Date, String> {
    let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| format!("{text:?} is no date, as 2026-11-21 is"))
}
