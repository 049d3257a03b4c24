//! What of the file cannot be though it can be read, and where it stands.

use toml::Spanned;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misplaced {
    /// A place in the file's text.
    pub(super) at: usize,
    pub(super) why: String,
}

impl Misplaced {
    pub(super) fn of<T>(written: &Spanned<T>, why: impl ToString) -> Self {
        Self { at: written.span().start, why: why.to_string() }
    }
}
