//! The devices that the API has bound, on disk: one file, whole or as it was, for its owner's eyes (addresses may hold passwords).

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::config::Device;

/// None where there is no file yet.
pub(super) fn read(file: &Path) -> Result<Vec<Device>> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened.with_context(|| format!("read {}", file.display()))?,
    };
    serde_json::from_reader(BufReader::new(opened)).with_context(|| {
        format!("read the devices of the API in {}; remove the file if they may be forgotten", file.display())
    })
}

pub(super) fn write<'d>(file: &Path, devices: impl Iterator<Item = &'d Device>) -> io::Result<()> {
    let beside = file.with_extension("new");
    if let Err(error) = fs::remove_file(&beside)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut written = BufWriter::new(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?);
    serde_json::to_writer_pretty(&mut written, &devices.collect::<Vec<_>>())?;
    written.flush()?;
    written.get_ref().sync_all()?;
    fs::rename(&beside, file)?;
    File::open(file.parent().unwrap_or(file))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_only_its_owner_may_read_it() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("devices-bound.json");
        assert_eq!(read(&file).unwrap(), []);
        let device: Device =
            toml::from_str("id = \"garage\"\nunit = \"box\"\nwires = { main = \"modbus-tcp://a\" }").unwrap();
        write(&file, [&device].into_iter()).unwrap();
        write(&file, [&device].into_iter()).unwrap();
        assert_eq!(read(&file).unwrap(), [device]);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "[").unwrap();
        assert!(format!("{:#}", read(&file).unwrap_err()).contains("remove the file if they may be forgotten"));
    }
}
