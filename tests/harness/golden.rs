//! The golden frames of the OCPP crate: what stations say and are asked, of every action of every version.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::folders;

/// The folders, and the words by which stations name the version.
pub const VERSIONS: [(&str, &str); 3] = [("v16", "ocpp1.6"), ("v201", "ocpp2.0.1"), ("v21", "ocpp2.1")];

/// One line of a frame file, and the lines that say what came of it.
pub struct Line {
    pub word: String,
    pub payload: Value,
    pub outcome: Vec<String>,
}

impl Line {
    pub fn says(&self, word: &str) -> bool {
        self.outcome.iter().any(|line| line.split(' ').next() == Some(word))
    }
}

/// The actions of this folder alone, with their lines.
pub fn actions(version: &str) -> Vec<(String, Vec<Line>)> {
    let folder = folders::root().join("runtime/ocpp/frames").join(version);
    let entries = fs::read_dir(folder).expect("frames");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let of = |file: PathBuf| {
        let action = file.file_stem().and_then(|stem| stem.to_str()).expect("an action").to_owned();
        (action, lines(&fs::read_to_string(&file).expect("a frame file")))
    };
    files.into_iter().map(of).collect()
}

/// All that a station of this version may say or be asked: 2.1 has all that 2.0.1 has.
pub fn all_actions(version: &str) -> Vec<(String, Vec<Line>)> {
    let before = if version == "v21" { actions("v201") } else { Vec::new() };
    before.into_iter().chain(actions(version)).collect()
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "in" | "ask" | "answer" | "reply" => lines.push(Line {
                word: word.to_owned(),
                payload: serde_json::from_str(rest).unwrap_or_default(),
                outcome: Vec::new(),
            }),
            _ => lines.last_mut().expect("a case").outcome.push(line.to_owned()),
        }
    }
    lines
}
