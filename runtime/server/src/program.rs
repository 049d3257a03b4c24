//! Programs of the operator's that are asked something: the question on their input, the answer on their output.

use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use tokio::io::AsyncWriteExt;

/// Of an answer.
const MAX_OUTPUT: usize = 1 << 20;

/// What it says, if it ends well within the time. `words` is the program with its arguments.
pub(crate) async fn ask(words: &[String], env: &[(&str, &str)], input: &[u8], most: Duration) -> Result<String> {
    let [program, arguments @ ..] = words else { bail!("no program is named") };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| anyhow!("{program} cannot be started: {error}"))?;
    let mut door = child.stdin.take();
    let answered = async {
        if let Some(door) = &mut door {
            // A program that does not read it may have another way to know.
            let _ = door.write_all(input).await;
        }
        drop(door);
        child.wait_with_output().await
    };
    let late = |_| anyhow!("{program} took longer than {} s", most.as_secs());
    let Output { status, stdout, stderr } = tokio::time::timeout(most, answered).await.map_err(late)??;
    if !status.success() || stdout.len() > MAX_OUTPUT {
        let said: String = String::from_utf8_lossy(&stderr).chars().take(300).collect();
        bail!("{program} gave no answer ({status}): {}", said.trim());
    }
    Ok(String::from_utf8_lossy(&stdout).trim().to_owned())
}
