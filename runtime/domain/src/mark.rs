//! Marks: short words on a record that say what was odd about it and what was done.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One word, in kebab case. An open set; the ones this crate sets are constants of [`Mark`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(Cow<'static, str>);

impl Mark {
    /// A person should look at this session before it is billed.
    pub const NEEDS_REVIEW: Self = Self(Cow::Borrowed("needs-review"));
    /// An update or end came, but never a start.
    pub const NO_START: Self = Self(Cow::Borrowed("no-start"));
    /// A later start on the same connector ended this session; the station never did.
    pub const NO_STOP: Self = Self(Cow::Borrowed("no-stop"));
    /// The station spoke of a transaction that we do not know; the only open one was meant.
    pub const TRANSACTION_REPAIRED: Self = Self(Cow::Borrowed("transaction-id-repaired"));
    /// The station used the name of a transaction that had ended for a new one.
    pub const TRANSACTION_REUSED: Self = Self(Cow::Borrowed("transaction-id-reused"));
    /// Started although the token was refused.
    pub const UNAUTHORIZED: Self = Self(Cow::Borrowed("unauthorized"));
    /// The station says that it was offline for a part of this session.
    pub const OFFLINE: Self = Self(Cow::Borrowed("offline"));
    /// The register fell; the fall is not billed.
    pub const REGISTER_FELL: Self = Self(Cow::Borrowed("register-fell"));
    /// The register jumped beyond what hardware can deliver; the jump is not billed.
    pub const REGISTER_JUMPED: Self = Self(Cow::Borrowed("register-jumped"));
    /// A reading came after a later one, or after the end. It is stored; the energy in between was counted already, or
    /// the session was priced anew, or the session needs review too.
    pub const LATE_READING: Self = Self(Cow::Borrowed("late-reading"));
    /// The end came after a later start had ended this session; it counts.
    pub const LATE_STOP: Self = Self(Cow::Borrowed("late-stop"));
    /// A second end came with another meter; the first one counts.
    pub const SECOND_STOP: Self = Self(Cow::Borrowed("second-stop"));
    /// There were more periods than the limit; later ones were folded into the last.
    pub const PERIODS_FOLDED: Self = Self(Cow::Borrowed("periods-folded"));
    /// There were more parked messages than the limit; later ones are only in the journal.
    pub const PARKED_FULL: Self = Self(Cow::Borrowed("parked-full"));
    /// The station's time was missing or impossible; ours was taken.
    pub const TIME_REPAIRED: Self = Self(Cow::Borrowed("time-repaired"));
    /// The pricing hook failed; its declared fallback stands in.
    pub const PRICE_FALLBACK: Self = Self(Cow::Borrowed("price-fallback"));
    /// No price could be found at all.
    pub const UNPRICED: Self = Self(Cow::Borrowed("unpriced"));
    /// A limit of the authorization was reached and the station was told to stop.
    pub const LIMIT_REACHED: Self = Self(Cow::Borrowed("limit-reached"));

    pub fn new(word: impl Into<Cow<'static, str>>) -> Self {
        Self(word.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The marks of one record: each at most once, and no more than [`Marks::MAX`]; what is beyond is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(Vec<Mark>);

impl Marks {
    pub const MAX: usize = 32;

    pub fn add(&mut self, mark: Mark) {
        if self.0.len() < Self::MAX && !self.0.contains(&mark) {
            self.0.push(mark);
        }
    }

    pub fn has(&self, mark: &Mark) -> bool {
        self.0.contains(mark)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Mark> for Marks {
    fn extend<I: IntoIterator<Item = Mark>>(&mut self, marks: I) {
        marks.into_iter().for_each(|mark| self.add(mark));
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut all = Self::default();
        all.extend(marks);
        all
    }
}
