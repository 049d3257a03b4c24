//! Who is let in: the configuration's word on signatures, and the revisions in the data folder.

use std::path::{Path, PathBuf};

use amprule_trust::{Ledger, SignatureGate};
use anyhow::Result;

use crate::config::{self, Config};

/// The guard of the server that has this configuration and this data folder.
pub(crate) fn open(config: &Config, data: &Path) -> SignatureGate {
    let limits = config.extensions.hook_settings().limits;
    SignatureGate::new(config.extensions.signatures.clone(), limits, Ledger::of(data))
}

/// A configuration file, or what holds without one.
pub(crate) fn configuration(file: Option<&Path>) -> Result<Config> {
    Ok(file.map(config::load).transpose()?.unwrap_or_default())
}

pub(crate) fn data(config: &Config) -> PathBuf {
    config.data.clone().unwrap_or_else(|| PathBuf::from("amprule-data"))
}
