//! Memory per connection that is open, booted and silent.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::measured::{Measured, Ready};
use crate::ratio::serve;
use crate::traffic::Traffic;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Idle {
    pub(crate) at_1000: f64,
    pub(crate) at_5000: f64,
}

pub(crate) fn measure(amprule: &Path, folder: &Path) -> Result<Idle> {
    let server = serve(amprule, folder)?;
    drop(Ready::load(&server.url, Traffic::Idle, 50, 0.0, "warm")?);
    let empty = settled_kib(&server)?;
    let first = Ready::load(&server.url, Traffic::Idle, 1000, 0.0, "idle-a")?;
    let at_1000 = (settled_kib(&server)? - empty) / 1000.0;
    let second = Ready::load(&server.url, Traffic::Idle, 4000, 0.0, "idle-b")?;
    let at_5000 = (settled_kib(&server)? - empty) / 5000.0;
    drop((first, second));
    Ok(Idle { at_1000, at_5000 })
}

/// Resident memory once it no longer changes.
fn settled_kib(server: &Measured) -> Result<f64> {
    let mut last = server.resident_kib()?;
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(250));
        let now = server.resident_kib()?;
        if (now - last).abs() < 64.0 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}
