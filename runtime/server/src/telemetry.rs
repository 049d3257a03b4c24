//! The log, on standard error.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// `AMPRULE_LOG` wins over the configuration.
pub(crate) fn start(log: &Log) -> Result<()> {
    let filter = std::env::var("AMPRULE_LOG").ok().or_else(|| log.filter.clone()).unwrap_or_else(|| "info".to_owned());
    let filter =
        EnvFilter::try_new(&filter).with_context(|| format!("{filter:?} is not a log filter; try \"info\""))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if log.json {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
    Ok(())
}
