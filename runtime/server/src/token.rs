//! `amprule token`

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::cli::Token;
use crate::output::say;
use crate::secrets;

pub(crate) fn run(options: &Token) -> Result<ExitCode> {
    let data = &options.data;
    ensure!(
        data.is_dir(),
        "there is no data folder {}; start `amprule serve` once, or name it with --data",
        data.display()
    );
    say(if options.rotate { secrets::rotate_api_token(data)? } else { secrets::api_token(data)? });
    Ok(ExitCode::SUCCESS)
}
