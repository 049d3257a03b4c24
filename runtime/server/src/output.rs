//! What the command line prints. Texts of others are made plain on their way: a unit's or a station's words steer no
//! terminal.

use std::borrow::Cow;
use std::io::Write as _;

use amprule_domain::plain;
use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

/// One line of output for people or scripts. Whoever has stopped reading, as `head` does, is no reason to complain.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{}", plain::lines(&line.to_string()));
}

/// What a program may read, for people too: everything that is not seen is escaped, and stays what it is.
pub(crate) fn say_json(content: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(content).context("write JSON")?;
    let _ = writeln!(std::io::stdout(), "{}", escaped(&text));
    Ok(())
}

/// A time of the API for people: to the second.
pub(crate) fn to_the_second(time: &Value) -> Cow<'_, str> {
    match time.as_str().map(|time| (time, time.split_once('.'))) {
        None => "-".into(),
        Some((_, Some((whole, _)))) => format!("{whole}Z").into(),
        Some((time, None)) => time.into(),
    }
}

/// Unseen characters stand within texts only, but for the line breaks of the layout.
fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(|c| c != '\n' && plain::is_unseen(c)) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if c != '\n' && plain::is_unseen(c) {
            let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            escaped.push_str(&units);
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// The whole chain of an error, each cause on its line.
#[expect(clippy::print_stderr, reason = "this is the command line's voice")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {}", plain::lines(&error.to_string()));
    for cause in error.chain().skip(1) {
        eprintln!("  because: {}", plain::lines(&cause.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_has_no_fractions_for_people() {
        let shown = ["2026-01-02T03:04:05.678901234Z", "2026-01-02T03:04:05Z"]
            .map(|time| to_the_second(&json!(time)).into_owned());
        assert_eq!(shown, ["2026-01-02T03:04:05Z"; 2]);
        assert_eq!(to_the_second(&Value::Null), "-");
    }

    #[test]
    fn what_is_printed_for_programs_is_what_was_said_and_steers_no_terminal() {
        let said = json!({ "vendor": "A\u{202e}B\u{e0041}\u{9b}2J", "line": "a\nb", "joined": "می\u{200c}خواهم" });
        let text = serde_json::to_string_pretty(&said).expect("it is JSON");
        let printed = escaped(&text);
        assert!(!printed.contains(|c| c != '\n' && plain::is_unseen(c)), "{printed}");
        assert_eq!(serde_json::from_str::<Value>(&printed).expect("it is JSON still"), said);
    }
}
