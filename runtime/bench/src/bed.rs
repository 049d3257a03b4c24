//! A server with a few units, in folders that go away with it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::hooks::Api;
use crate::measured::Measured;
use crate::ratio::serve;
use crate::traffic;

/// What prices and decides in whole visits.
pub(crate) const OPERATOR: [&str; 3] = [FLAT_TARIFF, "scripts/opening-hours", "scripts/token-table"];
pub(crate) const FLAT_TARIFF: &str = "scripts/flat-tariff";

/// Where the server's binary is, and the repository with the units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) amprule: &'a Path,
    pub(crate) root: &'a Path,
}

pub(crate) struct Bed {
    pub(crate) server: Measured,
    pub(crate) api: Api,
    pub(crate) folder: TempDir,
}

impl Ground<'_> {
    pub(crate) fn bed(self, units: &[&str]) -> Result<Bed> {
        let bed = self.bed_with(units, |_| Ok(()))?;
        bed.api.accept(traffic::TOKEN)?;
        Ok(bed)
    }

    /// `fill` is given the place of the data folder, where nothing is yet, before the server has it.
    pub(crate) fn bed_with(self, units: &[&str], fill: impl FnOnce(&Path) -> Result<()>) -> Result<Bed> {
        self.bed_as(units, "", fill)
    }

    /// With this configuration.
    pub(crate) fn bed_as(
        self,
        units: &[&str],
        configuration: &str,
        fill: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Bed> {
        let folder = TempDir::with_prefix("amprule-bench-")?;
        std::fs::write(folder.path().join("amprule.toml"), configuration)?;
        for unit in units {
            install(&self.root.join(unit), &folder.path().join(unit))?;
        }
        let data = folder.path().join("data");
        fill(&data)?;
        let mut server = serve(self.amprule, folder.path())?;
        let api = Api::new(server.address("api")?, &data)?;
        Ok(Bed { server, api, folder })
    }
}

/// The folder of a unit's tables as they are without the operator's.
const DEFAULTS: &str = "defaults";

/// Copies a unit's own files and tables, without sources and build descriptions.
fn install(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let mut copied = 0;
    for entry in std::fs::read_dir(from).with_context(|| format!("read {}", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != "Cargo.toml" {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
            copied += 1;
        } else if entry.file_name() == DEFAULTS {
            install(&entry.path(), &to.join(DEFAULTS))?;
        }
    }
    if copied == 0 {
        bail!("{} has no files", from.display());
    }
    Ok(())
}
