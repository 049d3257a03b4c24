//! A script's text before it runs: tokens, the shape of a file, and what can be said without running it.

mod answers;
mod calls;
mod chained;
mod chains;
pub(crate) mod check;
mod comparing;
mod dropped;
pub(crate) mod elsewhere;
pub(crate) mod flow;
pub(crate) mod known;
pub(crate) mod layout;
pub(crate) mod lexer;
pub(crate) mod names;
mod switching;
