//! Rules about what stands in the files.

use amprule_tests::folders;

use super::{File, none, repository};

const TOP_LEVEL: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "README.md", "plugin-sdk", "plugins", "runtime", "scripts", "tests"];

/// Made by builds and demos, ignored by git.
const PRODUCED: [&str; 2] = ["target", "amprule-data"];

const MAX_LINES: usize = 600;

#[test]
fn the_top_level_holds_only_what_was_agreed() {
    let entries = std::fs::read_dir(folders::root()).expect("read the repository");
    let surplus: Vec<String> = entries
        .map(|entry| entry.expect("read a folder's entry").file_name().to_string_lossy().into_owned())
        .filter(|name| {
            !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()) && !PRODUCED.contains(&name.as_str())
        })
        .collect();
    none(&surplus, "put it below runtime, plugin-sdk, plugins, scripts or tests, or make it a dot-file:");
}

#[test]
fn no_source_file_grows_without_end() {
    let long: Vec<String> = repository(&["rs", "py", "rhai", "wit"])
        .iter()
        .filter(|file| file.text.lines().count() > MAX_LINES)
        .map(|file| format!("{} has {} lines", file.path, file.text.lines().count()))
        .collect();
    none(&long, &format!("a file tells one thing; split what is over {MAX_LINES} lines by topic:"));
}

#[test]
fn the_domain_knows_no_async_no_outside_world_and_no_present_moment() {
    let words = [
        "async fn",
        ".await",
        "tokio",
        "std::fs",
        "std::net",
        "std::thread",
        "std::time",
        "Timestamp::now",
        "Zoned::now",
        "println!",
        "tracing::",
    ];
    let found = mentions(&repository(&["rs"]), &["runtime/domain/src/"], &[], &words);
    none(&found, "the domain is plain functions; pass in `now` and data, and do the rest in the engine or above:");
}

#[test]
fn only_the_adapters_know_that_there_are_versions_of_ocpp() {
    // The simulator is a station: it speaks a version. The server configures and labels them.
    let elsewhere =
        ["runtime/ocpp/", "runtime/gateway/", "runtime/simulator/", "runtime/bench/", "runtime/server/src/config"];
    let sources = repository(&["rs"]);
    let found: Vec<String> = sources
        .iter()
        .filter(|file| file.is_below(&["runtime/"]) && !file.is_below(&elsewhere))
        .flat_map(words_of_versions)
        .collect();
    none(&found, "decode and encode in runtime/ocpp; everything above it speaks the domain's words:");
}

#[test]
fn each_heavy_crate_is_used_by_its_owner_alone() {
    let owners: [(&str, &[&str]); 7] = [
        ("wasmtime::", &["runtime/wasm/"]),
        ("rhai::", &["runtime/script/"]),
        ("notify::", &["runtime/reload/"]),
        ("rusqlite::", &["runtime/store/"]),
        ("ed25519_dalek::", &["runtime/trust/"]),
        ("axum::", &["runtime/api/"]),
        (
            "tokio_tungstenite::",
            &[
                "runtime/gateway/",
                "runtime/forward/",
                "runtime/simulator/",
                "runtime/wires/",
                "runtime/bench/",
                "tests/",
            ],
        ),
    ];
    let sources = repository(&["rs"]);
    for (crate_name, owner) in owners {
        let elsewhere = [owner, &["tests/it/tidy"]].concat();
        let found = paths(&sources, &elsewhere, crate_name);
        none(&found, &format!("{crate_name} belongs to {owner:?}; ask it for what is needed through its interface:"));
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_never_switched_off() {
    let allow = ["#[al", "low("].concat();
    let allow_all = ["#![al", "low("].concat();
    let found = mentions(&repository(&["rs"]), &[""], &[], &[&allow, &allow_all]);
    none(&found, "use `#[expect(…, reason = \"…\")]`, which goes away when it is no longer true:");
}

#[test]
fn nothing_is_left_for_later_in_silence() {
    let words = [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["FIX", "ME"].concat()];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let found = mentions(&repository(&["rs", "py", "rhai"]), &[""], &["/testing/"], &words);
    none(&found, "finish it, or refuse it with an error that says so:");
}

#[test]
fn nothing_names_the_folders_of_one_machine() {
    let places =
        [["/ho", "me/"].concat(), ["/ro", "ot/"].concat(), ["/Us", "ers/"].concat(), ["C:", "\\Users"].concat()];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let found = mentions(&repository(&["rs", "md", "toml", "py", "rhai", "wit", "json", "txt"]), &[""], &[], &places);
    none(&found, "use a path relative to the repository, or one that the caller gives:");
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<String> = repository(&["rs"])
        .iter()
        .filter(|file| !file.text.starts_with("//!") && !file.path.contains("/tests/"))
        .map(|file| file.path.clone())
        .collect();
    none(&silent, "begin the file with a `//!` sentence: what it is, and what it must never know:");
}

/// Where one of the words stands, in code below `within` and not at a path that contains one of `except`.
fn mentions(files: &[File], within: &[&str], except: &[&str], words: &[&str]) -> Vec<String> {
    let searched =
        files.iter().filter(|file| file.is_below(within) && !except.iter().any(|part| file.path.contains(part)));
    let lines = searched.flat_map(|file| file.text.lines().enumerate().map(move |(at, line)| (file, at, line)));
    lines
        .filter(|(file, _, line)| !is_comment(line) && !file.path.starts_with("tests/it/tidy"))
        .filter_map(|(file, at, line)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{}: {word}", file.path, at + 1))
        })
        .collect()
}

/// Where a crate's path begins, as a word of its own.
fn paths(files: &[File], except: &[&str], crate_name: &str) -> Vec<String> {
    let begins = |line: &str| {
        line.match_indices(crate_name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
    };
    files
        .iter()
        .filter(|file| !file.is_below(except))
        .flat_map(|file| file.text.lines().enumerate().map(move |(at, line)| (file, at, line)))
        .filter(|(_, _, line)| !is_comment(line) && begins(line))
        .map(|(file, at, _)| format!("{}:{}", file.path, at + 1))
        .collect()
}

fn words_of_versions(file: &File) -> Vec<String> {
    let is_version = |word: &str| matches!(word, "v16" | "v201" | "v21");
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| !is_comment(line))
        .filter(|(_, line)| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_version))
        .map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim()))
        .collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}
