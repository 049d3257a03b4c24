//! What the command line prints. Texts of others are made plain on their way: a unit's or a station's words steer no
//! terminal.

use std::io::Write as _;

use amprule_domain::plain;

/// One line of output for people or scripts. Whoever has stopped reading, as `head` does, is no reason to complain.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{}", plain::lines(&line.to_string()));
}

/// The whole chain of an error, each cause on its line.
#[expect(clippy::print_stderr, reason = "this is the command line's voice")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {}", plain::lines(&error.to_string()));
    for cause in error.chain().skip(1) {
        eprintln!("  because: {}", plain::lines(&cause.to_string()));
    }
}
