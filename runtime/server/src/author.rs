//! The author's commands: units without a server, on the production engine. One file for each command.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod dev;
pub(crate) mod device;
pub(crate) mod editor;
pub(crate) mod new;
pub(crate) mod offer;
mod record;
pub(crate) mod test;

use std::path::Path;

use amprule_reload::{Opened, Opener};
use anyhow::{Context, Result};

use crate::compilers::{self, Patience};

fn opener(patience: Patience) -> Result<Opener> {
    Opener::new(compilers::usual(patience)?).context("start the compiler's thread")
}

/// The unit as it runs, whatever its cases say.
pub(crate) fn open(path: &Path, patience: Patience) -> Result<Opened> {
    Ok(opener(patience)?.open(path, false)?)
}
