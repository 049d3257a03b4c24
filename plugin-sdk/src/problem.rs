//! Why there is no answer.

use crate::Problem;

impl Problem {
    /// This is not for you to say.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// What you need is not there. You are not blamed for it.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::Missing(what.into())
    }

    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }
}

/// So that `?` takes the errors of parameters and tables.
impl From<String> for Problem {
    fn from(why: String) -> Self {
        Self::Failed(why)
    }
}

impl From<&str> for Problem {
    fn from(why: &str) -> Self {
        Self::Failed(why.to_owned())
    }
}
