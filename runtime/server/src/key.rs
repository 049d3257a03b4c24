//! `amprule key`: making keys, and showing the public half of one.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_reload::read_file;
use amprule_trust::SecretKey;
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use crate::output::say;
use crate::secrets;

/// Of a private key's file, which has some 300.
const MAX_BYTES: u64 = 64 << 10;

#[derive(Debug, Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key pair: the private half into a file for your eyes only, the public half printed as configuration
    New {
        /// What the key is called, in the configuration and in messages
        #[arg(value_name = "NAME")]
        name: String,
        /// Where the private half is written; an existing file is never replaced [default: NAME.key]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print the public half of a private key, as configuration for those who trust it
    Show {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(crate) fn run(options: Key) -> Result<ExitCode> {
    match options.command {
        KeyCommand::New { name, out } => new(&name, out)?,
        KeyCommand::Show { file } => say(as_configuration(&read(&file)?)),
    }
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with the file is told without a letter of it.
pub(crate) fn read(file: &Path) -> Result<SecretKey> {
    let reading = || format!("read the private key {}", file.display());
    let bytes = read_file(file, MAX_BYTES).with_context(reading)?;
    SecretKey::parse(&String::from_utf8_lossy(&bytes)).with_context(reading)
}

fn new(name: &str, out: Option<PathBuf>) -> Result<()> {
    ensure!(SecretKey::is_name(name), "a key's name has letters, digits, dots, hyphens and underscores, at most 64");
    let key = SecretKey::new(name, &secrets::random()?);
    let out = out.unwrap_or_else(|| PathBuf::from(format!("{name}.key")));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&out);
    let mut file = file.with_context(|| format!("make {}", out.display()))?;
    file.write_all(key.print().as_bytes()).and_then(|()| file.sync_all()).context("write the private key")?;
    say(format_args!("# The private key is in {}. Sign with it: amprule sign UNIT --key {0}", out.display()));
    say("# For the configuration of those who trust it:");
    say(as_configuration(&key));
    Ok(())
}

/// To be pasted.
fn as_configuration(key: &SecretKey) -> String {
    let (name, public) = (key.name(), key.public());
    format!("[[extensions.signatures.keys]]\nname = \"{name}\"\npublic = \"{public}\"\nunits = [\"*\"]")
}
