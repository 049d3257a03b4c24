//! What an operator may say about the versions of a unit. Each order is one step of the reload's own thread.

use std::sync::Arc;

use amprule_hooks::registry::{Checkpoint, Unchanged};
use amprule_hooks::{Absent, Source, Version};

use crate::holding::short;
use crate::loader::Loader;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// This version from now on, whatever the files are, until [`Verb::Unpin`].
    Activate { hash: String },
    /// The version before the active one, held like [`Verb::Activate`].
    Rollback,
    /// The active version stays, whatever becomes of the files, and if they go.
    Pin,
    /// The files count again.
    Unpin,
    /// Lets this version in, if the files are it: out of quarantine, or although it asks for more than the active one.
    Approve { hash: String },
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
    /// It was begun, and goes on.
    #[error("the order is taken and not done yet; `amprule extensions {0}` shows what came of it")]
    NotYet(String),
    /// Nothing is done now: it was done before, when nobody waited for it any longer.
    #[error(
        "the order that was given before has been followed meanwhile; `amprule extensions {0}` shows what came of it. \
         Give it again to have it followed once more"
    )]
    Followed(String),
}

impl Loader {
    pub(crate) fn follow(&mut self, order: &Order) -> Result<(), Refused> {
        let id = &order.id;
        self.progress.turns_to(format_args!("an order about {id}"));
        match &order.verb {
            Verb::Activate { hash } => {
                let (path, place) = self.checkpoint_of(id)?;
                self.put(id, hash, &place.hash, &path)
            }
            Verb::Rollback => match self.checkpoint_of(id)? {
                (path, Checkpoint { previous: Some(previous), hash, .. }) => self.put(id, &previous, &hash, &path),
                _ => impossible(format!("there is no version of {id} before the active one")),
            },
            Verb::Pin => {
                let (_, place) = self.checkpoint_of(id)?;
                self.active.hold(id, &place.hash);
                Ok(())
            }
            Verb::Unpin => self.unpin(id),
            Verb::Approve { hash } => self.approve(id, hash),
        }
    }

    fn checkpoint_of(&self, id: &str) -> Result<(String, Checkpoint), Refused> {
        self.registry.checkpoint_of(id).ok_or_else(|| Refused::Unknown(id.to_owned()))
    }

    fn unpin(&mut self, id: &str) -> Result<(), Refused> {
        if !self.active.release(id) {
            self.checkpoint_of(id)?;
            return impossible(format!("{id} is not pinned: its files count already"));
        }
        // Its files may wait at another place than those that it is held from.
        let units = self.registry.units().into_iter().filter(|unit| unit.id == *id);
        units.for_each(|unit| self.judge_again(&unit.path));
        Ok(())
    }

    /// In place of the version that was active when the order was begun; the registry may go back by itself meanwhile.
    fn put(&mut self, id: &str, hash: &str, active: &str, path: &str) -> Result<(), Refused> {
        let version = self.version(id, hash)?;
        match self.registry.replace(active, version, path) {
            Ok(()) => {
                self.active.hold(id, hash);
                self.remember();
                Ok(())
            }
            Err(Unchanged::KeptOut) => self.not_quarantined(hash),
            Err(Unchanged::Overtaken) => {
                let (was, now) = (short(active), self.registry.active(id).map(|active| active.hash.clone()));
                let now = now.as_deref().map_or("none", short);
                impossible(format!("{id} has changed meanwhile, from {was} to {now}; look at it and say it again"))
            }
        }
    }

    fn version(&self, id: &str, hash: &str) -> Result<Arc<Version>, Refused> {
        self.not_quarantined(hash)?;
        let source = self.vouched(hash)?;
        match self.archived(hash) {
            Ok(version) if version.id() == id => {
                version.signed_by(self.gate.signer(&source));
                Ok(version)
            }
            Ok(version) => impossible(format!("that is a version of {}", version.id())),
            Err(Absent::Lost) => impossible(format!("there is no version {hash} in the archive; give the whole hash")),
            Err(Absent::Busy) => impossible("the compilers are busy with other versions; try again".to_owned()),
        }
    }

    fn not_quarantined(&self, hash: &str) -> Result<(), Refused> {
        match self.registry.quarantined(hash) {
            Some(entry) => impossible(format!("this version is quarantined since {}: {}", entry.at, entry.reason)),
            None => Ok(()),
        }
    }

    /// An archived version must still be signed as the operator wants it.
    fn vouched(&self, hash: &str) -> Result<Source, Refused> {
        let Some(source) = self.archive.source(hash) else {
            return impossible(format!("there is no version {hash} in the archive; give the whole hash"));
        };
        match self.gate.vouch(&source) {
            Ok(()) => Ok(source),
            Err(why) => impossible(why.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }
}

pub(crate) fn impossible<T>(why: String) -> Result<T, Refused> {
    Err(Refused::Impossible(why))
}
