//! `[dialect]` of a manifest: whose messages a dialect is asked about.

use amprule_domain::Mark;
use amprule_domain::dialect::{ACTIONS, DialectFacts, ModelPattern};
use toml::de::DeTable;

use super::document::{Document, get, likely};
use super::keys::{DIALECT_KEYS, MODEL_KEYS, names};

const MAX_STATIONS: usize = 64;
const MAX_WORDS: usize = 64;

pub(super) fn declared(doc: &mut Document<'_>, table: &DeTable<'_>) -> DialectFacts {
    doc.only(table, &names(&DIALECT_KEYS), "[dialect]");
    let stations = match get(table, "stations") {
        Some(placed) => stations(doc, &placed),
        None => {
            doc.miss("[dialect] does not say whose messages it is for").hint =
                Some("stations = [{ vendor = \"Acme\", model = \"Wall*\" }]".to_owned());
            Vec::new()
        }
    };
    let actions = words(doc, table, &ACTIONS_KEY);
    let removes = words(doc, table, &REMOVES_KEY);
    DialectFacts { stations, actions, removes }
}

fn stations(doc: &mut Document<'_>, placed: &super::document::SpannedValue<'_, '_>) -> Vec<ModelPattern> {
    let wanted = "stations is a list like [{ vendor = \"Acme\", model = \"Wall*\" }]";
    let Some(list) = placed.value.as_array().filter(|list| (1..=MAX_STATIONS).contains(&list.len())) else {
        doc.complain(&placed.span, "manifest", format!("{wanted}, of 1 to {MAX_STATIONS}"));
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for item in list.iter() {
        match item.get_ref().as_table() {
            Some(table) => patterns.push(pattern(doc, table)),
            None => drop(doc.complain(&item.span(), "manifest", wanted)),
        }
    }
    patterns
}

fn pattern(doc: &mut Document<'_>, table: &DeTable<'_>) -> ModelPattern {
    doc.only(table, &names(&MODEL_KEYS), "a station of [dialect]");
    let mut of = |key: &str| {
        let text = get(table, key).and_then(|placed| doc.text_of(&placed, key));
        text.unwrap_or_else(|| "*".to_owned())
    };
    ModelPattern { vendor: of("vendor"), model: of("model"), firmware: of("firmware") }
}

/// A list of words that mean something.
struct WordsKey {
    key: &'static str,
    /// What one of them is called.
    what: &'static str,
    is_known: fn(&str) -> bool,
    likely: fn(&str) -> Option<&'static str>,
    /// What to write where nothing is near.
    advice: &'static str,
}

const ACTIONS_KEY: WordsKey = WordsKey {
    key: "actions",
    what: "message",
    is_known: |word| actions().any(|known| known == word),
    likely: |word| likely(word, actions()),
    advice: "actions are OCPP's names of requests, like \"StartTransaction\", and \"malformed\"",
};

const REMOVES_KEY: WordsKey = WordsKey {
    key: "removes",
    what: "mark",
    is_known: |word| Mark::words().any(|known| known == word),
    likely: |word| likely(word, Mark::words()),
    advice: "`GET /api/v1/quirks` shows the marks that stations earn, runtime/docs/marks.md what they say",
};

fn actions() -> impl Iterator<Item = &'static str> {
    ACTIONS.into_iter().chain([DialectFacts::MALFORMED])
}

fn words(doc: &mut Document<'_>, table: &DeTable<'_>, of: &WordsKey) -> Vec<String> {
    let WordsKey { key, what, .. } = of;
    let Some(placed) = get(table, key) else { return Vec::new() };
    let words = doc.texts(&placed, key);
    if words.len() > MAX_WORDS {
        doc.complain(&placed.span, "manifest", format!("{key} has more than {MAX_WORDS} words"));
    }
    for (word, span) in words.iter().filter(|(word, _)| !(of.is_known)(word)) {
        let likely = (of.likely)(word).map(|name| format!("did you mean {name:?}?"));
        let hint = likely.unwrap_or_else(|| of.advice.to_owned());
        doc.complain(span, "manifest", format!("there is no {what} {word:?}")).hint = Some(hint);
    }
    words.into_iter().map(|(word, _)| word.to_owned()).collect()
}
