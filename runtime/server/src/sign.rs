//! `amprule sign`: by signing, somebody answers for every byte of a unit but the operator's parameters.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_trust::contents::{CONTENTS, SIGNATURE};
use amprule_trust::{Contents, SecretKey, Signature};
use anyhow::Result;
use clap::Args;

use crate::given::{self, Refused};
use crate::key;
use crate::output::say;

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// A package, which then holds the signature, or a unit's folder, which gets contents.json and signature.json
    #[arg(value_name = "PACKAGE|DIR")]
    unit: PathBuf,
    /// The private key, as `amprule key new` wrote it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(crate) fn run(options: &Sign) -> Result<ExitCode> {
    let key = key::read(&options.key)?;
    let contents = if options.unit.is_dir() { folder(&options.unit, &key)? } else { package(&options.unit, &key)? };
    say(format_args!(
        "signed {} {} revision {} with the key {} ({})",
        contents.unit,
        contents.version,
        contents.revision,
        key.name(),
        key.public()
    ));
    if contents.revision == 0 {
        say(
            "it has no revision: whoever can write to a server's folder may bring an older signed version of it back, and servers that require signatures refuse it. Put `revision = 1` into plugin.toml, one more with every release, and sign it again",
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn folder(path: &Path, key: &SecretKey) -> Result<Contents> {
    let source = given::folder(path)?;
    let contents = Contents::of(&source).map_err(|found| Refused::new(path.display(), found))?;
    let bytes = contents.encode();
    given::save(&path.join(CONTENTS), &bytes)?;
    given::save(&path.join(SIGNATURE), &Signature::sign(key, &bytes).encode())?;
    Ok(contents)
}

fn package(path: &Path, key: &SecretKey) -> Result<Contents> {
    let mut package = given::package(path)?;
    package.sign(key);
    given::save(path, &package.encode())?;
    Ok(package.contents)
}
