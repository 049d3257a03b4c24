//! Where things stand in the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where the value of a key begins: `forwards.1.allow.0`, where a number is a place in a list. What is not there has the place of what
/// it would stand in.
pub(super) fn place(text: &str, path: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 0 };
    let mut steps = path.split('.');
    let Some(mut here) = steps.next().and_then(|first| table.get_ref().get(first)) else { return 0 };
    for step in steps {
        match within(here, step) {
            Some(inner) => here = inner,
            None => break,
        }
    }
    here.span().start
}

/// Texts below a key, `*` for each of a list, with their places. A list of texts in the place of one is each of them.
pub(super) fn texts(text: &str, pattern: &str) -> Vec<(usize, String)> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let (first, rest) = pattern.split_once('.').unwrap_or((pattern, ""));
    let mut found: Vec<&Spanned<DeValue<'_>>> = table.get_ref().get(first).into_iter().collect();
    for step in rest.split('.').filter(|step| !step.is_empty()) {
        found = found.into_iter().flat_map(|value| each_within(value, step)).collect();
    }
    let of_one = |value: &&Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::Array(items) => items.iter().filter_map(told).collect(),
        _ => told(value).into_iter().collect::<Vec<_>>(),
    };
    found.iter().flat_map(of_one).collect()
}

fn within<'a, 'i>(value: &'a Spanned<DeValue<'i>>, step: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    match value.get_ref() {
        DeValue::Table(table) => table.get(step),
        DeValue::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn each_within<'a, 'i>(value: &'a Spanned<DeValue<'i>>, step: &str) -> Vec<&'a Spanned<DeValue<'i>>> {
    match value.get_ref() {
        DeValue::Array(items) if step == "*" => items.iter().collect(),
        _ => within(value, step).into_iter().collect(),
    }
}

fn told(value: &Spanned<DeValue<'_>>) -> Option<(usize, String)> {
    match value.get_ref() {
        DeValue::String(text) => Some((value.span().start, text.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "data = \"d\"\n[[forwards]]\nname = \"a\"\nallow = [\"Reset\", \"Rest\"]\n[[forwards]]\nname = \"b\"\n";

    #[test]
    fn a_value_is_found_by_its_key_and_what_is_not_there_by_what_it_would_stand_in() {
        for (path, begins) in [
            ("data", "\"d\""),
            ("forwards.0.allow.1", "\"Rest\""),
            ("forwards.1.name", "\"b\""),
            ("forwards.1.to", "[[forwards]]\nname = \"b\""),
            ("nothing", "data"),
        ] {
            assert!(TEXT[place(TEXT, path)..].starts_with(begins), "{path}: {}", &TEXT[place(TEXT, path)..]);
        }
    }

    #[test]
    fn texts_are_told_one_by_one() {
        let told = |pattern: &str| texts(TEXT, pattern).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(told("data"), ["d"]);
        assert_eq!(told("forwards.*.name"), ["a", "b"]);
        assert_eq!(told("forwards.*.allow"), ["Reset", "Rest"]);
        assert!(told("forwards.*.roots").is_empty());
    }
}
