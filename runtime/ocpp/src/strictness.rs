//! What is done with a message that says almost, but not quite, what the standard wants.
//!
//! Each oddity has one line in one table: the mark that a repair leaves, and the error that a strict answer carries.

use amprule_domain::Mark;
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_domain::signed::SignedValue;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// How a station's mistakes are taken. Set per vendor, model and firmware by the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// Answers the standard's error.
    Reject,
    /// Repairs what has a clear meaning and marks it; refuses the rest.
    #[default]
    Repair,
    /// Repairs as above, and takes an empty value for what has no clear meaning: only a payload that is not JSON is refused.
    Raw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odd {
    BlanksInNumber,
    ConnectorZero,
    EmptyText,
    JsonMended,
    Missing,
    NumberForText,
    OtherCase,
    ReadingsCut,
    Shape,
    SignedTooLong,
    TextForNumber,
    TextTooLong,
    TimeAmbiguous,
    TimeImpossible,
    TimeMissing,
    TimeWithoutOffset,
    TransactionUnclear,
    UnitOfOtherKind,
    UnknownMeasurand,
    UnknownUnit,
    UnknownWord,
    Unreadable,
    ValuesForValue,
}

impl Odd {
    /// Mark, code of the strict answer, and what is wrong.
    const fn row(self) -> (&'static str, RefusalCode, &'static str) {
        use RefusalCode as Code;
        match self {
            Self::BlanksInNumber => {
                ("blanks-in-number", Code::PropertyConstraintViolation, "has blanks around or in it")
            }
            Self::ConnectorZero => ("connector-zero", Code::PropertyConstraintViolation, "is 0"),
            Self::EmptyText => ("empty-text", Code::PropertyConstraintViolation, "is empty"),
            Self::JsonMended => ("json-repaired", Code::FormatViolation, "has a comma too many"),
            Self::Missing => ("member-missing", Code::OccurrenceConstraintViolation, "is missing"),
            Self::NumberForText => ("number-for-text", Code::TypeConstraintViolation, "is not text"),
            Self::OtherCase => ("other-case", Code::PropertyConstraintViolation, "is spelled in another case"),
            Self::ReadingsCut => ("readings-cut", Code::OccurrenceConstraintViolation, "has too many values"),
            Self::Shape => ("shape-repaired", Code::TypeConstraintViolation, "has another shape"),
            Self::SignedTooLong => {
                ("signed-value-too-long", Code::PropertyConstraintViolation, "is too long to be kept")
            }
            Self::TextForNumber => ("text-for-number", Code::TypeConstraintViolation, "is not a number"),
            Self::TextTooLong => ("text-too-long", Code::PropertyConstraintViolation, "is too long"),
            Self::TimeAmbiguous => {
                ("time-ambiguous", Code::PropertyConstraintViolation, "is in an hour that happens twice, or never")
            }
            Self::TimeImpossible => ("time-repaired", Code::PropertyConstraintViolation, "is not a possible time"),
            Self::TimeMissing => ("time-repaired", Code::OccurrenceConstraintViolation, "is missing"),
            Self::TimeWithoutOffset => {
                ("time-without-offset", Code::PropertyConstraintViolation, "has no offset from UTC")
            }
            Self::TransactionUnclear => {
                ("transaction-id-unclear", Code::PropertyConstraintViolation, "names no transaction")
            }
            Self::UnitOfOtherKind => ("unit-repaired", Code::PropertyConstraintViolation, "does not fit the measurand"),
            Self::UnknownMeasurand => {
                ("measurand-unknown", Code::PropertyConstraintViolation, "is not one of the standard's")
            }
            Self::UnknownUnit => ("unit-unknown", Code::PropertyConstraintViolation, "is not a unit of this measurand"),
            Self::UnknownWord => {
                ("word-unknown", Code::PropertyConstraintViolation, "is not one of the standard's words")
            }
            Self::Unreadable => ("value-unreadable", Code::TypeConstraintViolation, "cannot be read"),
            Self::ValuesForValue => ("values-for-value", Code::FormatViolation, "is not a member here"),
        }
    }

    pub(crate) fn refusal(self, member: &str) -> Refusal {
        let (_, code, fault) = self.row();
        Refusal::new(code, format!("{member} {fault}"))
    }
}

/// The strictness at work on one message, and what it had to repair so far.
pub(crate) struct Repairs {
    pub(crate) strictness: Strictness,
    /// The station's: times without an offset are its local times.
    pub(crate) zone: TimeZone,
    pub(crate) marks: Vec<Mark>,
    /// What meters have signed goes past all that is read, and is kept.
    pub(crate) signed: Vec<SignedValue>,
    /// Why the value that was looked at last came to nothing.
    blame: Option<(Odd, &'static str)>,
}

impl Repairs {
    pub(crate) fn new(strictness: Strictness, zone: TimeZone) -> Self {
        Self { strictness, zone, marks: Vec::new(), signed: Vec::new(), blame: None }
    }

    /// Marks an oddity, or refuses the message for it.
    pub(crate) fn note(&mut self, odd: Odd, member: &'static str) -> Result<(), Refusal> {
        self.blame = Some((odd, member));
        if self.strictness == Strictness::Reject {
            return Err(odd.refusal(member));
        }
        let (word, ..) = odd.row();
        if !self.marks.iter().any(|mark| mark.as_str() == word) {
            self.marks.push(Mark::new(word));
        }
        Ok(())
    }

    /// A value that is none, which is a fault only where one is required.
    pub(crate) fn nothing<T>(&mut self, odd: Odd, member: &'static str) -> Option<T> {
        self.blame = Some((odd, member));
        None
    }

    /// A required member whose absence is bearable.
    pub(crate) fn wanted<T>(&mut self, member: &'static str, value: Option<T>) -> Result<Option<T>, Refusal> {
        if value.is_none() {
            self.note(self.absence(member), member)?;
        }
        Ok(value)
    }

    /// A required member without which the message says nothing.
    pub(crate) fn needed<T: Default>(&mut self, member: &'static str, value: Option<T>) -> Result<T, Refusal> {
        match (value, self.strictness) {
            (Some(value), _) => Ok(value),
            (None, Strictness::Raw) => self.note(self.absence(member), member).map(|()| T::default()),
            (None, _) => Err(self.absence(member).refusal(member)),
        }
    }

    fn absence(&self, member: &str) -> Odd {
        self.blame.filter(|(_, blamed)| *blamed == member).map_or(Odd::Missing, |(odd, _)| odd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repair_leaves_a_mark_that_is_known_by_its_word() {
        let (table, _) = include_str!("strictness.rs").split_once("#[cfg(test)]").expect("these tests");
        let rows = table.split("(\"").filter_map(|row| row.split_once("\", Code::"));
        let words: Vec<&str> = rows.map(|(word, _)| word).collect();
        assert!(words.len() > 20, "{words:?}");
        for word in words {
            assert!(Mark::words().any(|known| known == word), "{word} is missing in Mark::REPAIRS");
        }
    }
}
