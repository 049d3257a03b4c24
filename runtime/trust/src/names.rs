//! Which names a package may hold: those that mean one file, and the same one, on every system.

use std::collections::BTreeSet;

/// Of a whole name; it is what a tar header holds without extensions.
const MAX_NAME: usize = 100;
const MAX_DEPTH: usize = 5;
/// Names that are devices on Windows, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Why a name is refused.
pub(crate) fn complaint(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Some("a name has 1 to 100 bytes");
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)) {
        return Some("a name has letters from a to z, digits, dots, hyphens and underscores only");
    }
    if name.split('/').count() > MAX_DEPTH {
        return Some("it lies more than four folders deep");
    }
    name.split('/').find_map(part_complaint)
}

/// The first name that another one would overwrite somewhere: the same but for capitals, or a folder and a file.
pub(crate) fn collision<'n>(names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let (mut files, mut folders) = (BTreeSet::new(), BTreeSet::new());
    for name in names {
        let plain = name.to_ascii_lowercase();
        let above: Vec<String> = plain.match_indices('/').map(|(at, _)| plain[..at].to_owned()).collect();
        if folders.contains(&plain) || above.iter().any(|folder| files.contains(folder)) || !files.insert(plain) {
            return Some(name);
        }
        folders.extend(above);
    }
    None
}

fn part_complaint(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        return Some("it begins or ends with a slash, or has two in a row");
    }
    if part.starts_with('.') || part.ends_with('.') {
        return Some("no part of a name may begin or end with a dot");
    }
    let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_port = numbered.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()));
    (is_port || DEVICES.contains(&stem.as_str())).then_some("it is the name of a device on Windows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_something_else_somewhere_are_refused() {
        let good = ["main.rhai", "cases/an-hour.json", "cases/a/b/c/d.json", "A_1.json", "console.rhai", "com10.rhai"];
        for name in good {
            assert_eq!(complaint(name), None, "{name}");
        }
        let bad = [
            "",
            "/main.rhai",
            "../main.rhai",
            "cases/../../x.json",
            "cases//x.json",
            "cases/",
            "./main.rhai",
            ".hidden",
            "a\\b.rhai",
            "C:main.rhai",
            "nul",
            "NUL.json",
            "cases/com1.json",
            "lpt9",
            "é.json",
            "a b.json",
            "a\0b",
            "main.rhai.",
            "a/b/c/d/e/f.json",
        ];
        for name in bad {
            assert!(complaint(name).is_some(), "{name:?}");
        }
        assert!(complaint(&"a".repeat(101)).is_some());
    }

    #[test]
    fn two_names_for_one_file_collide() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["a.json", "b.json"], None),
            (&["a.json", "A.json"], Some("A.json")),
            (&["a.json", "a.json"], Some("a.json")),
            (&["cases", "cases/x.json"], Some("cases/x.json")),
            (&["Cases/x.json", "cases"], Some("cases")),
        ];
        for (names, expect) in cases {
            assert_eq!(collision(names.iter().copied()), expect, "{names:?}");
        }
    }
}
