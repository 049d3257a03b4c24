//! Trust: who answers for a unit, and may it take an older one's place.
//!
//! `contents.json` names every file of a unit with its hash; `signature.json` holds an Ed25519 signature over exactly
//! those bytes; a package is both and the files in one. [`Policy`] is the operator's: which keys there are and what each
//! may sign. [`SignatureGate`] asks all of it before a unit is compiled, in the server and on the command line alike.
//!
//! This crate must never know how a unit runs or where the watched folders are, and never decides by a file's presence
//! whether a signature is needed.

pub mod contents;
mod digits;
pub mod key;
mod ledger;
mod names;
mod package;
mod policy;
mod revisions;
mod scope;
mod signature;
mod signature_gate;
mod swap;
mod tar;
mod unit_folder;
mod verify;

pub use contents::Contents;
pub use key::{KeyError, PublicKey, SecretKey};
pub use ledger::Ledger;
pub use package::{MAX_PACKAGE, Package};
pub use policy::{KnownKey, Pattern, Policy};
pub use revisions::Revisions;
pub use signature::Signature;
pub use signature_gate::SignatureGate;
pub use swap::StagedFolder;
pub use unit_folder::UnitFolder;
pub use verify::{SignatureStatus, verify};
