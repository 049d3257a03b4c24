//! A TOML text that keeps its places, so that every complaint can point at its cause. It must never know what the
//! keys mean.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Diagnostic;

/// Complaints about one file that are kept. One more says that there are others.
const MOST: usize = 20;

/// A file's text and what was found wrong in it.
pub(super) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) found: Vec<Diagnostic>,
    /// Stands in for a complaint that is not kept.
    unkept: Diagnostic,
}

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct SpannedValue<'v, 'i> {
    pub(super) value: &'v DeValue<'i>,
    pub(super) span: Range<usize>,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new(), unkept: Diagnostic::default() }
    }

    /// `None` when it is no TOML; the complaint is kept.
    pub(super) fn read(&mut self) -> Option<DeTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.complain(&span, "manifest", format!("not valid TOML: {}", error.message().replace('\n', ", ")));
                None
            }
        }
    }

    /// Keeps a complaint about a place and returns it for a hint.
    pub(super) fn complain(
        &mut self,
        span: &Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        if self.overflows() {
            return &mut self.unkept;
        }
        self.found.push_mut(Diagnostic::new(code, message).in_file(self.file).at_byte(self.text, span.start))
    }

    /// Keeps a complaint about the file as a whole.
    pub(super) fn miss(&mut self, message: impl Into<String>) -> &mut Diagnostic {
        if self.overflows() {
            return &mut self.unkept;
        }
        self.found.push_mut(Diagnostic::new("manifest", message).in_file(self.file))
    }

    /// So much is wrong that more would help nobody: whoever goes through many things may stop.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() > MOST
    }

    fn overflows(&mut self) -> bool {
        if self.found.len() == MOST {
            let more = format!("more is wrong than these {MOST} findings; put them right first");
            self.found.push(Diagnostic::new("manifest", more).in_file(self.file));
        }
        self.is_full()
    }

    /// Complains of every key that is not among the known ones.
    pub(super) fn only(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        for key in table.keys() {
            if self.is_full() {
                return;
            }
            if !known.contains(&key.get_ref().as_ref()) {
                let hint = nearest(key.get_ref(), known.iter().copied());
                self.complain(&key.span(), "manifest", format!("{of} has no key {:?}", key.get_ref())).hint =
                    Some(hint);
            }
        }
    }

    pub(super) fn text_of(&mut self, placed: &SpannedValue<'_, '_>, key: &str) -> Option<String> {
        if let Some(text) = placed.value.as_str() {
            return Some(text.to_owned());
        }
        self.wrong_type(placed, key, "a text in quotes");
        None
    }

    pub(super) fn whole(&mut self, placed: &SpannedValue<'_, '_>, key: &str) -> Option<u64> {
        let number = integer(placed.value).and_then(|number| u64::try_from(number).ok());
        if number.is_none() {
            self.wrong_type(placed, key, "a whole number from 0");
        }
        number
    }

    pub(super) fn flag(&mut self, placed: &SpannedValue<'_, '_>, key: &str) -> Option<bool> {
        let flag = placed.value.as_bool();
        if flag.is_none() {
            self.wrong_type(placed, key, "true or false");
        }
        flag
    }

    pub(super) fn table_of<'v, 'i>(&mut self, placed: &SpannedValue<'v, 'i>, key: &str) -> Option<&'v DeTable<'i>> {
        let table = placed.value.as_table();
        if table.is_none() {
            self.wrong_type(placed, key, "a table");
        }
        table
    }

    /// A list of texts, each with its place.
    pub(super) fn texts<'v, 'i>(&mut self, placed: &SpannedValue<'v, 'i>, key: &str) -> Vec<(&'v str, Range<usize>)> {
        let Some(array) = placed.value.as_array() else {
            self.wrong_type(placed, key, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array.iter() {
            if self.is_full() {
                break;
            }
            match item.get_ref().as_str() {
                Some(text) => texts.push((text, item.span())),
                None => {
                    self.wrong_type(&SpannedValue { value: item.get_ref(), span: item.span() }, key, "texts in quotes");
                }
            }
        }
        texts
    }

    fn wrong_type(&mut self, placed: &SpannedValue<'_, '_>, key: &str, wanted: &str) {
        let got = placed.value.type_str();
        self.complain(&placed.span, "manifest", format!("{key} must be {wanted}; this is of TOML's type {got}"));
    }
}

pub(super) fn get<'v, 'i>(table: &'v DeTable<'i>, key: &str) -> Option<SpannedValue<'v, 'i>> {
    entries(table).find(|(name, _)| name.get_ref() == key).map(|(_, placed)| placed)
}

pub(super) fn entries<'v, 'i>(
    table: &'v DeTable<'i>,
) -> impl Iterator<Item = (&'v Spanned<std::borrow::Cow<'i, str>>, SpannedValue<'v, 'i>)> {
    table.iter().map(|(key, value)| (key, SpannedValue { value: value.get_ref(), span: value.span() }))
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Bytes of a word for which a neighbour is looked for.
const MAX_WORD: usize = 64;

/// What is likely meant; else what there is.
pub fn nearest<'n>(word: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match likely(word, known.clone()) {
        _ if known.clone().next().is_none() => "there are none".to_owned(),
        Some(name) => format!("did you mean {name:?}?"),
        None => format!("known are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The one that is so near that it is likely meant.
pub(super) fn likely<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let word = word[..word.floor_char_boundary(MAX_WORD)].to_lowercase();
    let best = known.map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name));
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.8).map(|(_, name)| name)
}
