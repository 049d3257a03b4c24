//! A recorded decision, from a server's data folder or from the server itself, as a case of a unit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amprule_domain::DecisionId;
use amprule_domain::decision::Decision;
use amprule_domain::doors::Archive;
use amprule_hooks::{Diagnostic, Source, cases};
use amprule_reload::read_unit;
use amprule_store::{OpenError, SqliteStore};
use amprule_workbench::record::case;
use anyhow::{Context, Result, anyhow, ensure};

use crate::{given, secrets};

pub(super) fn record(id: &str, unit: &Path, data: &Path, api: &str) -> Result<PathBuf> {
    let id: DecisionId = id.parse().with_context(|| format!("{id:?} is no decision's id"))?;
    ensure!(data.is_dir(), "there is no data folder {}; name the server's with --data", data.display());
    let decision = match SqliteStore::open(data) {
        Ok(store) => {
            let decision = read(&store, id);
            store.close();
            decision?
        }
        Err(OpenError::InUse { .. }) => ask(id, data, api)?,
        Err(error) => return Err(error.into()),
    };
    let decision = decision.with_context(|| format!("there is no decision {id} in {}", data.display()))?;
    let (name, case) = case(&decision);
    let file = unit.join(&name);
    ensure!(!file.exists(), "{} exists already", file.display());
    let text = serde_json::to_string_pretty(&case).context("print the case")? + "\n";
    fits(unit, &name, &text)?;
    given::save_in(unit, &name, text.as_bytes())?;
    Ok(file)
}

/// A case that this unit cannot read is not written: it may have been recorded of another unit, or of other parameters.
fn fits(unit: &Path, name: &str, text: &str) -> Result<()> {
    let source = read_unit(unit).map_err(|found| anyhow!(printed(&found))).context("read the unit")?;
    let files = BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]);
    let (_, broken) = cases::ready(&Source { files, ..source });
    ensure!(broken.is_empty(), "what was recorded is no case of this unit\n{}", printed(&broken));
    Ok(())
}

fn printed(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn read(archive: &dyn Archive, id: DecisionId) -> Result<Option<Decision>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("start the runtime")?;
    runtime.block_on(archive.decision(id)).context("read the decision")
}

/// A server that runs has its folder for itself, and answers for it.
fn ask(id: DecisionId, data: &Path, api: &str) -> Result<Option<Decision>> {
    let token = secrets::api_token(data)?;
    let url = format!("{api}/api/v1/decisions/{id}");
    let answer = ureq::get(&url).header("authorization", format!("Bearer {token}")).call();
    match answer {
        Ok(mut answer) => answer.body_mut().read_json().map(Some).context("read the server's answer"),
        Err(ureq::Error::StatusCode(404)) => Ok(None),
        Err(error) => {
            let data = data.display();
            Err(error).with_context(|| format!("{data} belongs to a running server; ask it at {api} (--api)"))
        }
    }
}
