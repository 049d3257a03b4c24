//! Lookups of the configuration file: whom policies may ask.

use std::sync::Arc;

use amprule_domain::ports::Clock as _;
use amprule_lookups::{Lookups, Now};
use anyhow::{Context as _, Result};

use crate::config::{self, Config};
use crate::environment::SystemClock;

/// With their secrets, certificates and keys read. Nobody is asked yet. Without any in the configuration, every lookup is
/// answered with what to write there.
pub(crate) fn bound(config: &Config) -> Result<Arc<Lookups>> {
    let bindings = config.lookups.iter().map(config::Lookup::bound).collect::<Result<Vec<_>>>()?;
    let now: Now = Arc::new(|| SystemClock.now());
    Lookups::new(bindings, &now).map(Arc::new).context("[[lookups]] of the configuration")
}
