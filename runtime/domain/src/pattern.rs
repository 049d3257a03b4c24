//! Names as operators write them in rules: `*` stands for any text, upper and lower case are the same.

/// Greedy from the left: each part at its first place, the last at the end.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expect) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "x", false),
            ("ACME", "acme", true),
            ("ACME", "ACME Ltd", false),
            ("ACME*", "Acme Ltd", true),
            ("*-22", "Wallbox-22", true),
            ("*-22", "Wallbox-22kW", false),
            ("1.*.3", "1.2.3", true),
            ("1.*.3", "1.3", false),
            ("a*a", "a", false),
            ("*b*b*", "abcb", true),
            ("*b*b*", "abc", false),
            ("Ä*", "ärger", true),
        ] {
            assert_eq!(matches(pattern, text), expect, "{pattern:?} {text:?}");
        }
    }
}
