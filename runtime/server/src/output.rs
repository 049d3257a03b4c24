//! What the command line prints.

use std::io::Write as _;

/// One line of output for people or scripts. Whoever has stopped reading, as `head` does, is no reason to complain.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The whole chain of an error, each cause on its line.
#[expect(clippy::print_stderr, reason = "this is the command line's voice")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}
