//! The port of whoever decides which units are let in.

use crate::{Diagnostic, Source};

/// Asked when a unit's manifest is checked, before any of its code is compiled. Calls may read a file; they are rare.
///
/// A refusal is not remembered: the files are checked again at the next scan, because its cause (a key, a revision) may lie
/// outside of them.
pub trait Gate: Send + Sync {
    /// Whether somebody answers for these files. Asked on its own when an archived version is to take over by itself:
    /// that is no way around a signature, and may well be an older revision.
    fn vouch(&self, source: &Source) -> Result<(), Vec<Diagnostic>>;

    /// The name of the key that signed them, for people.
    fn signer(&self, source: &Source) -> Option<String> {
        let _ = source;
        None
    }

    /// Whether the unit may take its place: vouched for, and not older than it may be.
    fn admit(&self, source: &Source) -> Result<(), Vec<Diagnostic>>;

    /// The unit has passed every step and becomes active now, unless this fails.
    fn admitted(&self, source: &Source) -> Result<(), Vec<Diagnostic>>;
}

/// Lets everything in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Gate for Open {
    fn vouch(&self, _: &Source) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }

    fn admit(&self, _: &Source) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }

    fn admitted(&self, _: &Source) -> Result<(), Vec<Diagnostic>> {
        Ok(())
    }
}
