//! Findings in forms that editors and build servers take: plain JSON, and SARIF 2.1.0 (OASIS), which code hosts show beside
//! the lines.

use std::path::Path;

use amprule_hooks::Diagnostic;
use amprule_hooks::codes::{CODES, code_of};
use amprule_reload::{Report, UnitReport, Verdict};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, with the line and a caret
    Text,
    /// One object with all units and their findings
    Json,
    /// A SARIF 2.1.0 log
    Sarif,
}

pub(super) fn json_of(report: &Report) -> Value {
    json!({ "good": report.is_good(), "units": report.units.iter().map(unit).collect::<Vec<_>>() })
}

fn unit(unit: &UnitReport) -> Value {
    let mut written = json!({
        "path": unit.path.display().to_string(),
        "id": unit.id,
        "verdict": word(&unit.verdict),
        "findings": findings(&unit.verdict).iter().map(finding).collect::<Vec<_>>(),
    });
    if let Verdict::Good { kind, version, hash, hooks, cases, .. } = &unit.verdict {
        let kind = kind.as_str();
        written["version"] = json!(version);
        written["kind"] = json!(kind);
        written["hash"] = json!(hash);
        written["hooks"] = json!(hooks);
        written["casesPassed"] = json!(cases);
    }
    written
}

fn finding(found: &Diagnostic) -> Value {
    json!({
        "code": code_of(found.code),
        "severity": severity(found),
        "message": found.message,
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "hint": found.hint,
    })
}

pub(super) fn sarif_of(report: &Report) -> Value {
    let rules = CODES.iter().map(|known| {
        json!({
            "id": known.code,
            "name": known.word,
            "shortDescription": { "text": known.title },
            "fullDescription": { "text": known.text },
            "help": { "text": known.text },
        })
    });
    let results =
        report.units.iter().flat_map(|unit| findings(&unit.verdict).iter().map(|found| result(&unit.path, found)));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "amprule",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn result(unit: &Path, found: &Diagnostic) -> Value {
    let uri = uri(unit, found.file.as_deref());
    let fingerprint = fingerprint(&uri, found);
    let mut location = json!({ "artifactLocation": { "uri": uri } });
    if let Some(line) = found.line {
        location["region"] = json!({ "startLine": line, "startColumn": found.column.unwrap_or(1) });
    }
    let hint = found.hint.as_ref().map(|hint| format!("\nhelp: {hint}")).unwrap_or_default();
    json!({
        "ruleId": code_of(found.code),
        "level": severity(found),
        "message": { "text": format!("{}{hint}", found.message) },
        "locations": [{ "physicalLocation": location }],
        "partialFingerprints": { "amprule/v1": fingerprint },
    })
}

/// The same finding keeps it when lines above come and go.
fn fingerprint(uri: &str, found: &Diagnostic) -> String {
    let parts = [uri, code_of(found.code), &found.message, found.excerpt.as_deref().unwrap_or_default().trim()];
    let sum = Sha256::digest(parts.join("\0").as_bytes());
    sum.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Relative to the present folder where it lies below it, whatever the path was written like; else a file URI. The unit's folder or
/// single file; its files are named relative to the folder, or to the one that the single file lies in.
fn uri(unit: &Path, file: Option<&str>) -> String {
    let folder = if unit.is_dir() { Some(unit) } else { unit.parent() };
    let path = file.and_then(|file| Some(folder?.join(file))).unwrap_or_else(|| unit.to_owned());
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let below = here.and_then(|here| real.strip_prefix(here).map(Path::to_owned).ok());
    let (mut uri, path) = match below.filter(|below| !below.as_os_str().is_empty()) {
        Some(below) => (String::new(), below),
        None => ("file://".to_owned(), real),
    };
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Good { .. } => "ok",
        Verdict::Waiting(_) => "waiting",
        Verdict::Broken(_) => "broken",
    }
}

fn findings(verdict: &Verdict) -> &[Diagnostic] {
    match verdict {
        Verdict::Good { warnings, .. } => warnings,
        Verdict::Waiting(found) | Verdict::Broken(found) => found,
    }
}

const fn severity(found: &Diagnostic) -> &'static str {
    if found.warning { "warning" } else { "error" }
}
