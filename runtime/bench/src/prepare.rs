//! A data folder as a server left it, written through the store before another server has it.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use amprule_domain::doors::Writer;
use amprule_domain::effect::Effect;
use amprule_store::SqliteStore;
use anyhow::Result;

/// Effects of one commit: so many that the disk is seldom waited for.
const BATCH: usize = 5_000;
/// After so many it is told how far it has come.
const TOLD: usize = 100_000;

/// What comes next is thought of while the store writes what came before. The store closes when it is dropped, with all of it
/// in the database.
pub(crate) fn fill(data: &Path, what: &str, effects: impl Iterator<Item = Effect> + Send) -> Result<()> {
    let store = SqliteStore::open(data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (sender, batches) = sync_channel::<Vec<Effect>>(2);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut effects = effects.peekable();
            // Nobody takes a batch any more once a commit has failed.
            while effects.peek().is_some() && sender.send(effects.by_ref().take(BATCH).collect()).is_ok() {}
        });
        let mut written = 0;
        for batch in batches {
            let before = written;
            written += batch.len();
            runtime.block_on(store.commit(batch))?;
            if written / TOLD > before / TOLD {
                eprintln!("prepared {written} {what} …");
            }
        }
        anyhow::Ok(())
    })
}
