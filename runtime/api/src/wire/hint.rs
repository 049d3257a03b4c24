//! What was likely meant by a word that is not known.

/// serde names the unknown word and then those that it knows, all in backticks. The nearest one is put first.
pub(crate) fn explain(message: &str) -> String {
    let Some(start) = message.find("unknown field `").or_else(|| message.find("unknown variant `")) else {
        return message.to_owned();
    };
    let mut words = message[start..].split('`').skip(1).step_by(2);
    let given = words.next().unwrap_or_default();
    let known: Vec<&str> = words.collect();
    let listed = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(given, known.iter().copied()) {
        Some(near) => format!("`{given}` is not known here; did you mean `{near}`? Known are {listed}"),
        None => format!("`{given}` is not known here; known are {listed}"),
    }
}

/// The word with the fewest changes, if it is near at all.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |word: &str| strsim::damerau_levenshtein(&given.to_lowercase(), &word.to_lowercase());
    let far = given.chars().count() / 3 + 2;
    known.map(|word| (distance(word), word)).filter(|(distance, _)| *distance < far).min().map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_nearest_known_word_is_proposed() {
        let cases = [
            (
                "unknown field `timezone`, expected one of `timeZone`, `location`",
                "`timezone` is not known here; did you mean `timeZone`? Known are `timeZone`, `location`",
            ),
            (
                "state: unknown variant `actve`, expected `active` or `ended`",
                "`actve` is not known here; did you mean `active`? Known are `active`, `ended`",
            ),
            ("unknown field `x`, expected `limit`", "`x` is not known here; known are `limit`"),
            ("invalid digit", "invalid digit"),
        ];
        for (message, expect) in cases {
            assert_eq!(explain(message), expect);
        }
    }
}
