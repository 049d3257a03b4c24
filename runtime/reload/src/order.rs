//! What an operator may say about the versions of a unit. Each order is one step of the reload's own thread.

use std::sync::Arc;

use amprule_hooks::{Archive, Change, Version};

use crate::loader::Loader;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// This version from now on, whatever the files are, until [`Verb::Unpin`].
    Activate { hash: String },
    /// The version before the active one, held like [`Verb::Activate`].
    Rollback,
    /// The active version stays, whatever becomes of the files.
    Pin,
    /// The files count again.
    Unpin,
    /// Lets the version that the files are out of quarantine.
    Approve,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: String,
    pub verb: Verb,
}

/// Why an order was not followed; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no unit {0} with an active version")]
    Unknown(String),
    #[error("{0}")]
    Impossible(String),
}

impl Loader {
    pub(crate) fn follow(&mut self, order: &Order) -> Result<(), Refused> {
        let id = &order.id;
        let (path, place) = self.registry.standing_of(id).ok_or_else(|| Refused::Unknown(id.clone()))?;
        match &order.verb {
            Verb::Activate { hash } => self.put(id, hash, &path),
            Verb::Rollback => match &place.previous {
                Some(previous) => self.put(id, previous, &path),
                None => impossible(format!("there is no version of {id} before the active one")),
            },
            Verb::Pin => {
                self.active.hold(id, &place.hash);
                Ok(())
            }
            Verb::Unpin if self.active.release(id) => {
                self.judge_again(&path);
                Ok(())
            }
            Verb::Unpin => impossible(format!("{id} is not pinned: its files count already")),
            Verb::Approve => self.approve(id, &path),
        }
    }

    fn put(&mut self, id: &str, hash: &str, path: &str) -> Result<(), Refused> {
        let version = self.version(id, hash)?;
        self.active.hold(id, &version.hash);
        self.registry.apply(vec![Change::Activate { version, path: path.to_owned() }]);
        self.remember();
        Ok(())
    }

    fn version(&self, id: &str, hash: &str) -> Result<Arc<Version>, Refused> {
        if let Some(entry) = self.registry.quarantined(hash) {
            return impossible(format!("this version is quarantined since {}: {}", entry.at, entry.reason));
        }
        self.vouched(hash)?;
        let version = self.registry.loaded(hash).or_else(|| self.archive.load(hash));
        match version {
            Some(version) if version.id() == id => Ok(version),
            Some(version) => impossible(format!("that is a version of {}", version.id())),
            None => impossible(format!("there is no version {hash} in the archive; give the whole hash")),
        }
    }

    /// The archive is no way around the signatures.
    fn vouched(&self, hash: &str) -> Result<(), Refused> {
        let Some(source) = self.archive.source(hash) else {
            return impossible(format!("there is no version {hash} in the archive; give the whole hash"));
        };
        self.gate
            .vouch(&source)
            .map_err(|why| Refused::Impossible(why.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
    }

    fn approve(&mut self, id: &str, path: &str) -> Result<(), Refused> {
        let Some(hash) = self.hash_of_files(path).filter(|hash| self.registry.lift_quarantine(hash)) else {
            return impossible(format!("the files of {id} are not in quarantine"));
        };
        tracing::info!(extension = id, hash, "an operator lets the version in again");
        self.judge_again(path);
        Ok(())
    }
}

fn impossible<T>(why: String) -> Result<T, Refused> {
    Err(Refused::Impossible(why))
}
