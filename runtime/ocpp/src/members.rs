//! Takes single members over: what a text, a number or a time may look like, and what is made of it.

use amprule_domain::reply::Refusal;
use jiff::Timestamp;

use crate::limits::MAX_TEXT;
use crate::loose::{Loose, Many, Part};
use crate::strictness::{Odd, Repairs};
use crate::written_time::{self, WrittenTime};

impl Repairs {
    /// Text of at most `max` characters; longer text is taken all the same. Empty text is none, and right where none is required.
    pub(crate) fn text(
        &mut self,
        member: &'static str,
        value: Loose<'_>,
        max: usize,
    ) -> Result<Option<String>, Refusal> {
        let text = match value {
            Loose::Absent => return Ok(None),
            Loose::Text(text) => text.into_owned(),
            Loose::Whole(number) => self.note(Odd::NumberForText, member).map(|()| number.to_string())?,
            Loose::Real(number) => self.note(Odd::NumberForText, member).map(|()| number.to_string())?,
            Loose::Truth(truth) => self.note(Odd::NumberForText, member).map(|()| truth.to_string())?,
            Loose::Nested => return self.note(Odd::Shape, member).map(|()| None),
        };
        if text.trim().is_empty() {
            return Ok(self.nothing(Odd::EmptyText, member));
        }
        if text.len() > max && text.chars().count() > max {
            self.note(Odd::TextTooLong, member)?;
            return Ok(Some(text.chars().take(MAX_TEXT).collect()));
        }
        Ok(Some(text))
    }

    /// A whole number. Text is understood; what is no number counts as absent.
    pub(crate) fn whole(&mut self, member: &'static str, value: &Loose<'_>) -> Result<Option<i64>, Refusal> {
        let real = match value {
            Loose::Absent => return Ok(None),
            Loose::Whole(number) => return Ok(Some(*number)),
            Loose::Text(_) => {
                self.note(Odd::TextForNumber, member)?;
                let Some(number) = self.number(member, value)? else { return Ok(None) };
                number
            }
            Loose::Real(number) => *number,
            Loose::Truth(_) | Loose::Nested => return self.note(Odd::Unreadable, member).map(|()| None),
        };
        if real.fract() != 0.0 || real.abs() > 9e15 {
            return self.note(Odd::Unreadable, member).map(|()| None);
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range by the lines above")]
        Ok(Some(real as i64))
    }

    /// A number that names an EVSE, a connector or a place in a sequence.
    pub(crate) fn count(&mut self, member: &'static str, value: &Loose<'_>) -> Result<Option<u32>, Refusal> {
        match self.whole(member, value)?.map(u32::try_from) {
            None => Ok(None),
            Some(Ok(count)) => Ok(Some(count)),
            Some(Err(_)) => self.note(Odd::Unreadable, member).map(|()| None),
        }
    }

    /// Any number, from a number or from text with or without blanks.
    pub(crate) fn number(&mut self, member: &'static str, value: &Loose<'_>) -> Result<Option<f64>, Refusal> {
        #[expect(clippy::cast_precision_loss, reason = "meters stay below 53 bits")]
        let number = match value {
            Loose::Absent => return Ok(None),
            Loose::Whole(number) => Some(*number as f64),
            Loose::Real(number) => Some(*number),
            Loose::Text(text) => return self.number_of_text(member, text),
            Loose::Truth(_) | Loose::Nested => None,
        };
        self.readable(member, number)
    }

    fn number_of_text(&mut self, member: &'static str, text: &str) -> Result<Option<f64>, Refusal> {
        if text.trim().is_empty() {
            return self.note(Odd::EmptyText, member).map(|()| None);
        }
        if !text.bytes().any(|byte| byte.is_ascii_whitespace()) {
            return self.readable(member, text.parse().ok());
        }
        self.note(Odd::BlanksInNumber, member)?;
        let dense: String = text.split_ascii_whitespace().collect();
        self.readable(member, dense.parse().ok())
    }

    fn readable(&mut self, member: &'static str, number: Option<f64>) -> Result<Option<f64>, Refusal> {
        match number.filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => self.note(Odd::Unreadable, member).map(|()| None),
        }
    }

    /// A truth value; absent and unreadable mean `false`.
    pub(crate) fn truth(&mut self, member: &'static str, value: &Loose<'_>) -> Result<bool, Refusal> {
        match value {
            Loose::Absent => Ok(false),
            Loose::Truth(truth) => Ok(*truth),
            Loose::Whole(number @ (0 | 1)) => self.note(Odd::Shape, member).map(|()| *number == 1),
            Loose::Text(text) => {
                let truth = text.eq_ignore_ascii_case("true");
                let odd = if truth || text.eq_ignore_ascii_case("false") { Odd::Shape } else { Odd::Unreadable };
                self.note(odd, member).map(|()| truth)
            }
            _ => self.note(Odd::Unreadable, member).map(|()| false),
        }
    }

    /// A required time. `None`, and a mark, when it is missing or impossible: the time of receipt is taken.
    pub(crate) fn time(&mut self, member: &'static str, value: &Loose<'_>) -> Result<Option<Timestamp>, Refusal> {
        if value.is_absent() {
            return self.note(Odd::TimeMissing, member).map(|()| None);
        }
        self.optional_time(member, value)
    }

    pub(crate) fn optional_time(
        &mut self,
        member: &'static str,
        value: &Loose<'_>,
    ) -> Result<Option<Timestamp>, Refusal> {
        if value.is_absent() {
            return Ok(None);
        }
        match value.word().map_or(WrittenTime::Impossible, |text| written_time::read(text, &self.zone)) {
            WrittenTime::Known(at) => Ok(Some(at)),
            WrittenTime::WithoutOffset(at) => self.note(Odd::TimeWithoutOffset, member).map(|()| Some(at)),
            WrittenTime::Ambiguous(at) => {
                self.note(Odd::TimeWithoutOffset, member)?;
                self.note(Odd::TimeAmbiguous, member).map(|()| Some(at))
            }
            WrittenTime::Impossible => self.note(Odd::TimeImpossible, member).map(|()| None),
        }
    }

    /// One of the standard's words. Another case is repaired; a word that is not among them is `None`.
    pub(crate) fn word<T: Copy>(
        &mut self,
        member: &'static str,
        value: &Loose<'_>,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(word) = value.word() else {
            let odd = if value.is_absent() { Ok(()) } else { self.note(Odd::UnknownWord, member) };
            return odd.map(|()| None);
        };
        if let Some((_, meaning)) = words.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*meaning));
        }
        let same = |(known, _): &&(&str, T)| known.eq_ignore_ascii_case(word.trim());
        let found = words.iter().find(same).map(|(_, meaning)| *meaning);
        let odd = if found.is_some() { Odd::OtherCase } else { Odd::UnknownWord };
        self.note(odd, member).map(|()| found)
    }

    /// Keeps a word of an open set as it stands, and marks one that the standard does not list.
    pub(crate) fn open_word(
        &mut self,
        member: &'static str,
        value: Loose<'_>,
        words: &[&str],
    ) -> Result<Option<String>, Refusal> {
        if value.word().is_some_and(|word| words.contains(&word)) {
            return Ok(value.word().map(str::to_owned));
        }
        let Some(text) = self.text(member, value, MAX_TEXT)? else { return Ok(None) };
        let trimmed = text.trim();
        match words.iter().find(|word| word.eq_ignore_ascii_case(trimmed)) {
            Some(word) => self.note(Odd::OtherCase, member).map(|()| Some((*word).to_owned())),
            None => self.note(Odd::UnknownWord, member).map(|()| Some(text)),
        }
    }

    pub(crate) fn list<T>(&mut self, member: &'static str, many: Many<T>) -> Result<Vec<T>, Refusal> {
        if many.odd {
            self.note(Odd::Shape, member)?;
        }
        Ok(many.items)
    }

    /// An object. `plain` says what a bare value in its place means.
    pub(crate) fn object<'a, T>(
        &mut self,
        member: &'static str,
        part: Part<'a, T>,
        plain: impl FnOnce(Loose<'a>) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        match part {
            Part::Object(object) => Ok(Some(object)),
            Part::Plain(Loose::Absent) => Ok(None),
            Part::Plain(value) => self.note(Odd::Shape, member).map(|()| plain(value)),
        }
    }
}
