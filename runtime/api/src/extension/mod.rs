//! Extensions: the loaded scripts and plugins, and why others are not loaded.

pub(crate) mod chains;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod order;
pub(crate) mod shadow;

mod view;
