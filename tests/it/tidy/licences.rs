//! Where every dependency comes from, and under which licence. `.deny.toml` says the same to cargo-deny.

use super::dependencies::METADATA;
use super::none;

const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MPL-2.0+",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn every_dependency_may_be_used_as_we_use_it() {
    let packages = METADATA["packages"].as_array().expect("cargo metadata lists packages");
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_allowed))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    none(&refused, "use another crate, or allow its licence here and in .deny.toml after reading it:");
}

#[test]
fn every_dependency_comes_from_the_registry_or_from_here() {
    let packages = METADATA["packages"].as_array().expect("cargo metadata lists packages");
    let foreign: Vec<String> = packages
        .iter()
        .filter(|package| package["source"].as_str().is_some_and(|source| source != REGISTRY))
        .map(|package| format!("{}: {}", package["name"], package["source"]))
        .collect();
    none(&foreign, "use a released version; a git dependency may change or vanish:");
}

/// An SPDX expression holds when one of its alternatives is allowed as a whole.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " OR ").iter().any(|alternative| {
        let parts = split(alternative, " AND ");
        match parts.as_slice() {
            [single] => match single.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
                Some(inner) => is_allowed(inner),
                None => ALLOWED.contains(single),
            },
            parts => parts.iter().all(|part| is_allowed(part)),
        }
    })
}

/// Splits where no bracket is open.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let is_outside = |at: usize| text[..at].matches('(').count() == text[..at].matches(')').count();
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(word).filter(|(at, _)| is_outside(*at)) {
        parts.push(text[begin..at].trim());
        begin = at + word.len();
    }
    parts.push(text[begin..].trim());
    parts
}

#[test]
fn licences_are_read_as_they_are_written() {
    for (expression, allowed) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("(MIT AND GPL-3.0) OR (Zlib)", true),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
}
